"""What each driver needs so that several processes can share our store and none waits for ever."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

Result = TypeVar("Result")

_POOL_SIZE = 8

_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mariadb": "mariadb+pymysql",
    "mysql": "mysql+pymysql",
}
"""The driver of each kind of database, as URLs begin with it."""


def engine_for(url: URL, wait_seconds: int, *, is_reader: bool) -> Engine:
    """Returns an engine on a `checked_url`; it opens nothing yet.

    On a reader each statement stands alone, else the statements on a
    connection are a transaction. Nothing waits longer than `wait_seconds` for
    a connection, a lock or an answer.
    """
    return _ENGINES[url.get_backend_name()](url, wait_seconds, is_reader)


def checked_url(text: str) -> URL:
    """Returns the URL; raises `ValueError`, which does not quote it, for one that is no good."""
    try:
        url = make_url(text)
        url = url.set(drivername=_DRIVERS[url.get_backend_name()])
        # Finds the words that its driver would refuse, such as a limit that is no number.
        url.get_dialect()().create_connect_args(url)
    except (ArgumentError, KeyError, TypeError, ValueError):
        # What stands there may hold a password, also in a trace.
        raise ValueError("must be a URL of sqlite, postgresql, mariadb or mysql") from None
    return url


class ImpatientConnection(psycopg.Connection[Any]):
    """A connection that gives up on a server which has stopped answering."""

    wait_seconds: float

    def wait(
        self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None
    ) -> Result:
        """Returns what the server says in time, else closes the connection."""
        try:
            return super().wait(gen, interval, timeout or self.wait_seconds)
        except psycopg.errors._WaitTimeout as error:  # noqa: SLF001 - psycopg has no public name
            self.pgconn.finish()
            raise psycopg.OperationalError("the server does not answer") from error


def _engine(url: URL, wait_seconds: int, isolation: str, arguments: Mapping[str, object]) -> Engine:
    return create_engine(
        url,
        isolation_level=isolation,
        poolclass=QueuePool,
        pool_size=_POOL_SIZE,
        max_overflow=0,
        pool_timeout=wait_seconds,
        hide_parameters=True,
        connect_args=dict(arguments),
    )


def _sqlite(url: URL, wait_seconds: int, is_reader: bool) -> Engine:  # noqa: FBT001 - one of a table
    arguments = {"timeout": wait_seconds, "check_same_thread": False}
    isolation = "AUTOCOMMIT" if is_reader else "SERIALIZABLE"
    engine = _engine(url, wait_seconds, isolation, arguments)

    @event.listens_for(engine, "do_connect")
    def make_file(_dialect: object, _record: object, _places: object, _words: object) -> None:
        # It holds the secret that seals page tokens, so it is nobody else's to read.
        file = Path(str(url.database))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # The write lock comes first: a transaction that reads and then writes could fail halfway.
        if not is_reader:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgresql(url: URL, wait_seconds: int, is_reader: bool) -> Engine:  # noqa: FBT001 - as above
    arguments = {
        "connect_timeout": max(2, wait_seconds),  # libpq takes no less
        "application_name": "ownid-grpc",
        "options": f"-c lock_timeout={wait_seconds}s",
    }
    isolation = "AUTOCOMMIT" if is_reader else "READ COMMITTED"
    engine = _engine(url, wait_seconds, isolation, arguments)

    @event.listens_for(engine, "do_connect")
    def connect(
        _dialect: object, _record: object, places: list[Any], words: dict[str, Any]
    ) -> ImpatientConnection:
        connection = ImpatientConnection.connect(*places, **words)
        connection.wait_seconds = wait_seconds
        return connection

    return engine


def _mariadb(url: URL, wait_seconds: int, is_reader: bool) -> Engine:  # noqa: FBT001 - as above
    arguments = {
        "connect_timeout": wait_seconds,
        "read_timeout": wait_seconds,
        "write_timeout": wait_seconds,
        "charset": "utf8mb4",
        "init_command": f"SET innodb_lock_wait_timeout = {wait_seconds}",
    }
    # Its default, REPEATABLE READ, also locks rows that are not there yet.
    isolation = "AUTOCOMMIT" if is_reader else "READ COMMITTED"
    return _engine(url, wait_seconds, isolation, arguments)


_ENGINES: dict[str, Callable[[URL, int, bool], Engine]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "mariadb": _mariadb,
    "mysql": _mariadb,
}
