"""Replicas of a service, whose callers are told of by a word."""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from ownid_grpc.config import SessionSettings
from ownid_grpc.errors import OwnIdError
from ownid_grpc.repositories.memory import MemoryAccountRepository
from ownid_grpc.services.services import Services
from ownid_grpc.state.base import Clock, utc_now
from ownid_grpc.state.sql import SqlStateStore
from tests.support.shop import APP, DESCRIPTION, SECRET, schema_of

from .modelled_sessions import OK

Result = TypeVar("Result")

# Keys that are replaced are another test's: what a ring knows is as old as the machine's own time.
SETTINGS = SessionSettings(key_days=3650, idle_seconds=900, lifetime_seconds=5000)


def tried(work: Callable[[], Result]) -> tuple[Result | None, str]:
    """Returns what a call returns, with OK, or nothing, with the reason that it gives."""
    try:
        return work(), OK
    except OwnIdError as error:
        return None, str(error.reason)


def services_over(
    database: MemoryAccountRepository, state: SqlStateStore, clock: Clock
) -> Services:
    """Returns the services of a replica."""
    return Services.over({APP: database}, state, SECRET, settings={APP: SETTINGS}, clock=clock)


@cache
def empty_store() -> bytes:
    """Returns the file of a store that has a schema: making its tables takes longer than a test."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        store = SqlStateStore(f"sqlite:///{path}", SECRET)
        store.migrate()
        services = services_over(MemoryAccountRepository(DESCRIPTION), store, utc_now)
        services.schemas.update(APP, schema_of(), etag="", validate_only=False)
        services.sessions.watches.close()
        store.close()
        return path.read_bytes()
