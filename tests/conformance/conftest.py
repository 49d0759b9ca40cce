"""Each test of this folder runs on every backend below."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack

import pytest

from ownid_grpc.testing import Backend
from tests.support.memory_backend import bare_memory, keyed_memory, memory
from tests.support.sql_backends import mariadb, plain_sqlite, postgresql, sqlite

BACKENDS: dict[str, Callable[[], AbstractContextManager[Backend]]] = {
    "memory": memory,
    "bare memory": bare_memory,
    "keyed memory": keyed_memory,
    "sqlite": sqlite,
    "plain sqlite": plain_sqlite,
    "postgresql": postgresql,
    "mariadb": mariadb,
}


class Started:
    """Backends started so far: each once, when a test first asks for it."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._backends: dict[str, Backend] = {}

    def backend(self, name: str) -> Backend:
        """Returns the backend of this name."""
        if name not in self._backends:
            self._backends[name] = self._stack.enter_context(BACKENDS[name]())
        return self._backends[name]


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
def backend(started: Started, request: pytest.FixtureRequest) -> Backend:
    """Gives the backend that a test runs on."""
    return started.backend(request.param)
