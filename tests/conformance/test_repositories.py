"""Holds our own repositories to the suite that every other one is held to."""

from ownid_grpc.testing import RepositorySuite


class TestRepositories(RepositorySuite):
    """The suite, on each backend of conftest.py."""
