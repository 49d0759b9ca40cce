"""The suite: a file for each part of what the port promises."""

import pytest

from ownid_grpc.testing.backends import Backend
from ownid_grpc.testing.declared import DeclaredRepository
from ownid_grpc.testing.suite.batches import Batches
from ownid_grpc.testing.suite.capabilities import Capabilities
from ownid_grpc.testing.suite.chosen_keys import ChosenKeys
from ownid_grpc.testing.suite.deleting import Deleting
from ownid_grpc.testing.suite.ending import Ending
from ownid_grpc.testing.suite.login_ids import LoginIds
from ownid_grpc.testing.suite.paging import Paging
from ownid_grpc.testing.suite.queries import Queries
from ownid_grpc.testing.suite.reading import Reading
from ownid_grpc.testing.suite.values import Values
from ownid_grpc.testing.suite.writing import Writing


class RepositorySuite(
    Batches,
    Capabilities,
    ChosenKeys,
    Deleting,
    Ending,
    LoginIds,
    Paging,
    Queries,
    Reading,
    Values,
    Writing,
):
    """Every promise of `AccountRepository`, as tests.

    Subclassed in a test module under a name that starts with `Test`, beside a
    fixture `backend` of any scope that gives a `Backend`. A test that asks for
    what the backend declares to lack is skipped.
    """

    @pytest.fixture
    def repository(self, backend: Backend) -> DeclaredRepository:
        """Gives a repository over an empty store; the test must not close it."""
        backend.clear()
        return DeclaredRepository(backend.shared, backend)
