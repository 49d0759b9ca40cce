"""The reference under its own suite."""

from collections.abc import Iterator
from contextlib import contextmanager

from ownid_grpc.repositories.base import AccountRepository
from ownid_grpc.repositories.memory import MemoryAccountRepository, MemoryStore
from tests.conformance.backends import Backend, Fault
from tests.support.standard import CHOSEN, DESCRIPTION


class MemoryBackend:
    """Two stores in memory."""

    def __init__(self) -> None:
        self._accounts = MemoryStore()
        self._chosen = MemoryStore()

    @property
    def faults(self) -> frozenset[Fault]:
        """It can be down; nothing in it waits, so that nothing can freeze."""
        return frozenset({Fault.DOWN})

    def open(self, *, is_impatient: bool = False) -> AccountRepository:  # noqa: ARG002 - as above
        """Returns one more repository."""
        return MemoryAccountRepository(DESCRIPTION, store=self._accounts)

    def open_chosen(self) -> AccountRepository:
        """Returns a repository of accounts whose keys the caller chooses."""
        return MemoryAccountRepository(CHOSEN, store=self._chosen)

    def clear(self) -> None:
        """Removes every account."""
        self._accounts.accounts.clear()
        self._chosen.accounts.clear()

    @contextmanager
    def failing(self, fault: Fault) -> Iterator[None]:  # noqa: ARG002 - there is only one
        """Has the store down."""
        self._accounts.is_down = True
        try:
            yield
        finally:
            self._accounts.is_down = False


@contextmanager
def memory() -> Iterator[Backend]:
    """Gives the reference."""
    yield MemoryBackend()
