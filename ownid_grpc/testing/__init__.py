"""What every repository of accounts is held to, to be run by pytest against one of your own.

`RepositorySuite` is the suite; a fixture called `backend` gives it a `Backend`.
Needs `ownid-grpc[testing]`; the service itself knows nothing of it.
"""

try:
    import pytest
except ImportError as error:
    raise ImportError("ownid_grpc.testing needs pytest: install ownid-grpc[testing]") from error

# Before any of them is imported: else their asserts would say nothing but that they failed.
pytest.register_assert_rewrite("ownid_grpc.testing.suite")

# ruff: noqa: E402 - for that reason
from ownid_grpc.testing.backends import Backend
from ownid_grpc.testing.declaration import NO_CHOSEN_KEYS, Declaration
from ownid_grpc.testing.standard import CHOSEN, DESCRIPTION, PROPERTIES
from ownid_grpc.testing.suite import RepositorySuite

__all__ = [
    "CHOSEN",
    "DESCRIPTION",
    "NO_CHOSEN_KEYS",
    "PROPERTIES",
    "Backend",
    "Declaration",
    "RepositorySuite",
]
