"""The reference under its own suite."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

from ownid_grpc.domain.call import Call
from ownid_grpc.domain.source import Capability, SourceDescription
from ownid_grpc.repositories.memory import MemoryAccountRepository, MemoryStore
from ownid_grpc.testing import CHOSEN, DESCRIPTION, PROPERTIES, Backend, Declaration


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


@contextmanager
def bare_memory() -> Iterator[Backend]:
    """Gives a repository that can only read, and has room for little: what nothing may rely on."""
    held = {("email",), ("name",), ("address", "city")}
    properties = tuple(
        dataclasses.replace(each, max_length=None) for each in PROPERTIES if each.path in held
    )
    store = MemoryStore()
    writing = MemoryAccountRepository(
        SourceDescription(properties, frozenset({Capability.INSERT})), store=store
    )
    with Backend(
        open=lambda: MemoryAccountRepository(
            SourceDescription(properties, frozenset()), store=store
        ),
        clear=store.accounts.clear,
        declared=Declaration(
            frozenset(),
            lacking=frozenset(each.path for each in PROPERTIES) - held,
            has_create_time=False,
            has_update_time=False,
            has_limits=False,
        ),
        plant=lambda draft: writing.insert(Call(), draft).key,
    ) as backend:
        yield backend


@contextmanager
def keyed_memory() -> Iterator[Backend]:
    """Gives a repository of standard accounts whose keys the caller chooses."""
    everything = frozenset(Capability)
    description = dataclasses.replace(DESCRIPTION, capabilities=everything)
    store = MemoryStore()
    with Backend(
        open=lambda: MemoryAccountRepository(description, store=store),
        clear=store.accounts.clear,
        declared=Declaration(everything),
    ) as backend:
        yield backend
