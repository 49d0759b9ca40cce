"""Holds the looks at what is watched to few statements, and to going on whatever happens."""

import queue
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event as sqlalchemy_event
from structlog.testing import capture_logs
from structlog.typing import EventDict

from ownid_grpc.config import SessionSettings
from ownid_grpc.domain.account import AccountKey
from ownid_grpc.domain.call import Call
from ownid_grpc.repositories.sql import open_repository
from ownid_grpc.repositories.sql.accounts import SqlAccountRepository
from ownid_grpc.services.services import Services
from ownid_grpc.services.sessions import NewSession
from ownid_grpc.services.telling import AccountChanged, Event, Heartbeat
from ownid_grpc.state.sql import SqlStateStore
from tests.support.shop import SECRET

SECONDS = 10.0
SECONDS_OF_OTHERS = 4.0
"""Less than the five for which a look waits for a file that is locked."""

APPS = ("shop", "club")
CALL = Call("backoffice")


class Clock:
    """A clock that may be broken."""

    def __init__(self) -> None:
        self.is_broken = False
        self.asked_while_broken = threading.Semaphore(0)

    def __call__(self) -> datetime:
        """Returns the time."""
        if self.is_broken:
            self.asked_while_broken.release()
            raise ArithmeticError
        return datetime.now(UTC)


@dataclass(frozen=True)
class Watched:
    """Two apps whose accounts are watched, each over a file of its own."""

    folder: Path
    services: Services
    clock: Clock
    repositories: dict[str, SqlAccountRepository]

    def watch(self, app: str, number: int) -> "queue.Queue[Event | None]":
        """Signs an account in and watches it; returns what the page is told."""
        sessions = self.services.sessions
        key = AccountKey((str(number),))
        opened = sessions.administration.create(CALL, app, key, NewSession())
        told: queue.Queue[Event | None] = queue.Queue()
        sessions.watches.add(opened.session, told.put, lambda: None)
        assert told.get(timeout=SECONDS) == Heartbeat()
        return told

    def change(self, app: str) -> None:
        """Changes every account of an app behind the service's back."""
        with closing(sqlite3.connect(self.folder / f"{app}.db")) as connection:
            connection.execute("UPDATE people SET name = name || '!'")
            connection.commit()

    @contextmanager
    def locked(self, app: str) -> Iterator[None]:
        """Has the database of an app let nobody read within the block."""
        file = self.folder / f"{app}.db"
        with closing(sqlite3.connect(file, isolation_level=None)) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            yield
            holder.execute("ROLLBACK")


@pytest.fixture
def log() -> Iterator[list[EventDict]]:
    """Gives what is logged meanwhile."""
    with capture_logs() as events:
        yield events


@pytest.fixture
def watched(tmp_path: Path, log: list[EventDict]) -> Iterator[Watched]:
    """Gives two apps with a hundred accounts each."""
    assert log == []
    clock = Clock()
    repositories = {app: _repository(tmp_path / f"{app}.db") for app in APPS}
    state = SqlStateStore(f"sqlite:///{tmp_path / 'state.db'}", SECRET, clock)
    state.migrate()
    settings = dict.fromkeys(APPS, SessionSettings(watch_seconds=0.1))
    services = Services.over(repositories, state, SECRET, settings=settings, clock=clock)
    yield Watched(tmp_path, services, clock, repositories)
    services.sessions.watches.close()
    for repository in repositories.values():
        repository.close()
    state.close()


def _repository(file: Path) -> SqlAccountRepository:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT)")
        connection.executemany("INSERT INTO people VALUES (?, 'n')", [(n,) for n in range(1, 101)])
        connection.commit()
    words: dict[object, object] = {"type": "sql", "url": f"sqlite:///{file}", "table": "people"}
    return open_repository(words | {"key": "id", "properties": {"name": "name"}}, Path())


def test_all_watched_accounts_of_an_app_are_read_by_one_query(watched: Watched) -> None:
    """A hundred pages that watch a hundred accounts cost one statement a look."""
    pages = [watched.watch("shop", number) for number in range(1, 101)]
    statements: list[str] = []
    looks = threading.Semaphore(0)

    def note(*said: object) -> None:
        statements.append(str(said[2]))
        looks.release()

    engine = watched.repositories["shop"]._connections._reader
    sqlalchemy_event.listen(engine, "before_cursor_execute", note)
    for _ in range(2):
        assert looks.acquire(timeout=SECONDS)
    watched.change("shop")
    told = [page.get(timeout=SECONDS) for page in pages]

    assert all(isinstance(event, AccountChanged) for event in told)
    assert len(set(statements)) == 1
    assert statements[0].count("?") >= 100


def test_fault_is_logged_once_and_the_looks_go_on(watched: Watched, log: list[EventDict]) -> None:
    """Whatever a look meets, the next one is made in its time and tells what happened."""
    page = watched.watch("shop", 1)
    watched.clock.is_broken = True
    watched.change("shop")
    for _ in range(3):
        assert watched.clock.asked_while_broken.acquire(timeout=SECONDS)
    assert page.empty()
    watched.clock.is_broken = False

    assert isinstance(page.get(timeout=SECONDS), AccountChanged)
    faults = [line for line in log if line["event"] == "session_watch.fault"]
    assert [(line["app"], line["log_level"]) for line in faults] == [("shop", "error")]
    assert isinstance(faults[0]["exc_info"], ArithmeticError)


def test_database_that_hangs_holds_up_no_other_app(watched: Watched) -> None:
    """While the accounts of one app cannot be read, those of another are told in time."""
    hanging, other = watched.watch("shop", 1), watched.watch("club", 1)
    with watched.locked("shop"):
        for _ in range(3):
            watched.change("club")
            assert isinstance(other.get(timeout=SECONDS_OF_OTHERS), AccountChanged)
        assert hanging.empty()

    watched.change("shop")
    assert isinstance(hanging.get(timeout=SECONDS), AccountChanged)
