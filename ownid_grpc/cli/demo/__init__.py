"""`ownid-grpc demo`: an example shop, the service in front of it, and a tour of its calls."""

from ownid_grpc.cli.demo.command import demo

__all__ = ["demo"]
