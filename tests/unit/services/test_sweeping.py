"""Ended sessions are removed in the background, whatever happens to the store meanwhile."""

import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from structlog.testing import capture_logs

from ownid_grpc.domain.session import Session, new_session_id
from ownid_grpc.services import sweeping
from ownid_grpc.services.sweeping import SessionSweep
from ownid_grpc.state.base import utc_now
from ownid_grpc.state.sql import SqlStateStore
from ownid_grpc.telemetry.logs import new_logger
from tests.support.shop import SECRET

REFUSING = """\
CREATE TRIGGER keep BEFORE DELETE ON ownid_sessions BEGIN SELECT raise(ABORT, 'kept'); END"""


@contextmanager
def sweeping_store(folder: Path) -> Iterator[Engine]:
    """Gives a way into a store that is swept, and has a session that ended long ago."""
    url = f"sqlite:///{folder / 'state.db'}"
    store, admin = SqlStateStore(url, SECRET), create_engine(url)
    store.migrate()
    begin = utc_now() - timedelta(days=90)
    end = begin + timedelta(days=1)
    session = Session("shop", new_session_id(), ("1",), begin, begin, end, timedelta(days=1))
    store.sessions.add(session, "digest", end)
    run(admin, REFUSING)
    sweep = SessionSweep(store.sessions, utc_now, new_logger())
    sweep.start()
    try:
        yield admin
    finally:
        sweep.stop()
        admin.dispose()
        store.close()


def run(admin: Engine, statement: str) -> None:
    """Runs a statement on the store."""
    with admin.begin() as connection:
        connection.execute(text(statement))


def await_sweep(admin: Engine) -> None:
    """Returns once no session is left."""
    end = time.monotonic() + 20
    while True:
        with admin.connect() as connection:
            if not connection.scalar(text("SELECT count(*) FROM ownid_sessions")):
                return
        assert time.monotonic() < end, "nothing was swept"
        time.sleep(0.02)


def await_fault(events: list[MutableMapping[str, Any]]) -> None:
    """Returns once a sweep has failed."""
    end = time.monotonic() + 20
    while all(each["event"] != "session_sweep.fault" for each in events):
        assert time.monotonic() < end, "no sweep has failed"
        time.sleep(0.02)


def test_fault_of_the_store_does_not_end_the_sweeping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement that the store refuses is logged, and a later sweep does its work."""
    monkeypatch.setattr(sweeping, "_EVERY_SECONDS", 0.05)
    with capture_logs() as events, sweeping_store(tmp_path) as admin:
        await_fault(events)
        run(admin, "DROP TRIGGER keep")

        await_sweep(admin)
