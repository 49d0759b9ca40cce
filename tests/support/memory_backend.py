"""The reference under its own suite."""

from collections.abc import Iterator
from contextlib import contextmanager

from ownid_grpc.repositories.memory import MemoryAccountRepository, MemoryStore
from ownid_grpc.testing import CHOSEN, DESCRIPTION, Backend


@contextmanager
def memory() -> Iterator[Backend]:
    """Gives the reference, over two stores in memory."""
    accounts, chosen = MemoryStore(), MemoryStore()

    def clear() -> None:
        accounts.accounts.clear()
        chosen.accounts.clear()

    with Backend(
        open=lambda: MemoryAccountRepository(DESCRIPTION, store=accounts),
        clear=clear,
        open_chosen=lambda: MemoryAccountRepository(CHOSEN, store=chosen),
        outage=lambda: outage_of(accounts),
    ) as backend:
        yield backend


@contextmanager
def outage_of(store: MemoryStore) -> Iterator[None]:
    """Has a store down within the block."""
    store.is_down = True
    try:
        yield
    finally:
        store.is_down = False
