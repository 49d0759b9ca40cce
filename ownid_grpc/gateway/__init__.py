"""Envoy as the gateway: its configuration rendered from ours, and its process.

Knows the configuration and the contract, not the server: the two meet only
on the wire.
"""
