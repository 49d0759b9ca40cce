"""The messages and services of the contract, generated from its protos."""
