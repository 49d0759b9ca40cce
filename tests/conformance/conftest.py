"""Each test of this folder runs on every backend below, over a store that it finds empty."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from ownid_grpc.repositories.base import AccountRepository
from tests.conformance.backends import Backend, Factory
from tests.conformance.memory_backend import memory
from tests.conformance.sql_backends import mariadb, postgresql, sqlite

BACKENDS: dict[str, Factory] = {
    "memory": memory,
    "sqlite": sqlite,
    "postgresql": postgresql,
    "mariadb": mariadb,
}


class Started:
    """Backends started so far: each once, when a test first asks for it."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._backends: dict[str, Backend] = {}
        self._repositories: dict[str, AccountRepository] = {}

    def backend(self, name: str) -> Backend:
        """Returns the backend, its store empty."""
        if name not in self._backends:
            self._backends[name] = self._stack.enter_context(BACKENDS[name]())
        self._backends[name].clear()
        return self._backends[name]

    def repository(self, name: str) -> AccountRepository:
        """Returns a repository that tests share, none of which closes it."""
        if name not in self._repositories:
            repository = self._backends[name].open()
            self._stack.callback(repository.close)
            self._repositories[name] = repository
        return self._repositories[name]


@pytest.fixture(scope="session")
def started() -> Iterator[Started]:
    """Gives the backends, which end with the session."""
    with ExitStack() as stack:
        yield Started(stack)


@pytest.fixture(
    params=[
        pytest.param(
            name, marks=[getattr(pytest.mark, name)] if name in {"postgresql", "mariadb"} else []
        )
        for name in BACKENDS
    ]
)
def backend_name(request: pytest.FixtureRequest) -> str:
    """Names the backend that a test runs on."""
    return str(request.param)


@pytest.fixture
def backend(started: Started, backend_name: str) -> Backend:
    """Gives a backend with an empty store."""
    return started.backend(backend_name)


@pytest.fixture
def repository(started: Started, backend: Backend, backend_name: str) -> AccountRepository:  # noqa: ARG001 - it empties the store
    """Gives a repository over an empty store; the test must not close it."""
    return started.repository(backend_name)
