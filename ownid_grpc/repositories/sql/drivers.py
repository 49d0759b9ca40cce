"""What each driver needs to connect, to begin a write, and to be stopped in mid-statement."""

import os
import socket
import sqlite3
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.pool import NullPool

from ownid_grpc.domain.login_ids import fold_login_id
from ownid_grpc.domain.mapping import Pool
from ownid_grpc.repositories.sql.dialects.sqlite import BASE64, FOLD

Raw: TypeAlias = Any
"""A driver's own connection."""


@dataclass(frozen=True, slots=True)
class Driver:
    """One kind of database as its driver sees it.

    `stop` ends the statement that a connection runs; `abandon` makes the
    client give up on a server that no longer answers. `streams_in_transaction`
    where rows can be fetched bit by bit only within one. `parameters` is how
    PEP 249 calls the way that a statement names its parameters: by position.
    """

    name: str
    parameters: Literal["qmark", "format"]
    write_isolation: str
    begin: str | None
    streams_in_transaction: bool
    url: Callable[[str], URL]
    connect_arguments: Callable[[Pool], Mapping[str, Any]]
    prepare: Callable[[Raw, Pool], None]
    release: Callable[[Raw], None] | None
    stop: Callable[[Raw, URL], None]
    abandon: Callable[[Raw], None]


def driver_for(backend: str) -> Driver:
    """Returns the driver of a backend name, as URLs begin with it."""
    return BACKENDS[backend]


def url_of(text: str) -> URL:
    """Returns a URL as its driver is given it; raises `ValueError` and others for what is none."""
    return BACKENDS[make_url(text).get_backend_name()].url(text)


def _sqlite_url(text: str) -> URL:
    """Returns a URL that opens an existing file and never makes one."""
    url = make_url(text)
    if url.database in (None, "", ":memory:") or url.query.get("uri"):
        return url
    file = f"file:{url.database}"
    return url.set(database=file).update_query_dict({"mode": "rw", "uri": "true"})


def _prepare_sqlite(raw: sqlite3.Connection, _: Pool) -> None:
    raw.execute("PRAGMA foreign_keys=ON")
    # SQLite takes any bytes for a text; one that is no UTF-8 must not hide an account.
    raw.text_factory = partial(str, encoding="utf-8", errors="replace")
    raw.create_function(FOLD, 1, _fold, deterministic=True)
    raw.create_function(BASE64, 1, _base64, deterministic=True)


def _fold(value: float | str | bytes | None) -> float | str | bytes | None:
    return fold_login_id(value) if isinstance(value, str) else value


def _base64(value: float | str | bytes | None) -> str | None:
    content = str(value).encode() if isinstance(value, int | float | str) else value
    return None if content is None else b64encode(content).decode()


def _stop_sqlite(raw: sqlite3.Connection, _: URL) -> None:
    raw.interrupt()


SQLITE = Driver(
    name="sqlite",
    parameters="qmark",
    write_isolation="SERIALIZABLE",
    # Takes the write lock first: a transaction that reads and then writes could else fail halfway.
    begin="BEGIN IMMEDIATE",
    streams_in_transaction=False,
    url=_sqlite_url,
    connect_arguments=lambda pool: {"timeout": pool.wait_seconds, "check_same_thread": False},
    prepare=_prepare_sqlite,
    release=None,
    stop=_stop_sqlite,
    abandon=lambda raw: raw.interrupt(),
)


def _postgres_url(text: str) -> URL:
    return make_url(text).set(drivername="postgresql+psycopg")


def _prepare_postgres(raw: Raw, pool: Pool) -> None:
    milliseconds = int(pool.statement_seconds * 1000)
    raw.execute(f"SET statement_timeout = {milliseconds}")
    raw.execute(f"SET lock_timeout = {int(pool.wait_seconds * 1000)}")
    raw.execute("SET TimeZone = 'UTC'")
    raw.commit()
    with suppress(raw.Error):  # not every version and system has it
        # Without it, what a process runs goes on for long after that was killed.
        raw.execute("SET client_connection_check_interval = '2s'")
    raw.commit()


def _stop_postgres(raw: Raw, _: URL) -> None:
    try:
        raw.cancel_safe(timeout=2)
    except Exception:  # noqa: BLE001 - whatever went wrong, nobody waits for this connection
        _shut_down(raw.fileno)


def _shut_down(descriptor: Callable[[], int]) -> None:
    """Ends a connection under a thread that waits on it, which then sees it closed."""
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor())) as duplicate:
        duplicate.shutdown(socket.SHUT_RDWR)


POSTGRES = Driver(
    name="postgresql",
    parameters="format",
    write_isolation="READ COMMITTED",
    begin=None,
    streams_in_transaction=True,
    url=_postgres_url,
    connect_arguments=lambda pool: {
        "connect_timeout": max(2, int(pool.connect_seconds)),
        "application_name": "ownid-grpc",
    },
    prepare=_prepare_postgres,
    release=None,
    stop=_stop_postgres,
    abandon=lambda raw: _shut_down(raw.fileno),
)


def _mariadb_url(text: str) -> URL:
    url = make_url(text)
    return url.set(drivername=f"{url.get_backend_name()}+pymysql")


def _prepare_mariadb(raw: Raw, pool: Pool) -> None:
    with raw.cursor() as cursor:
        # Strict: a value that does not fit is an error, never cut to fit.
        cursor.execute("SET sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')")
        cursor.execute("SET time_zone = '+00:00'")
        # JSON_ARRAYAGG cuts what is longer; no more memory is taken than an array needs.
        cursor.execute(f"SET group_concat_max_len = {2**30}")
        cursor.execute(f"SET innodb_lock_wait_timeout = {max(1, int(pool.wait_seconds))}")
        with suppress(raw.OperationalError):  # MySQL has no such variable
            cursor.execute(f"SET max_statement_time = {float(pool.statement_seconds)}")
    # So far it was for connecting, which knows no other limit to the server's silence.
    raw._read_timeout = None  # noqa: SLF001 - PyMySQL has no public way to change it


def _release_mariadb(raw: Raw) -> None:
    """Gives back named locks, which outlive a transaction here."""
    with suppress(raw.Error), raw.cursor() as cursor:
        cursor.execute("SELECT RELEASE_ALL_LOCKS()")


def _stop_mariadb(raw: Raw, url: URL) -> None:
    limits = {"connect_timeout": 2, "read_timeout": 2}
    control = create_engine(url, poolclass=NullPool, connect_args=limits)
    try:
        with control.connect() as connection:
            connection.exec_driver_sql(f"KILL QUERY {int(raw.thread_id())}")
    except Exception:  # noqa: BLE001 - whatever went wrong, nobody waits for this connection
        _abandon_mariadb(raw)
    finally:
        control.dispose()


def _abandon_mariadb(raw: Raw) -> None:
    if raw._sock is not None:  # noqa: SLF001 - PyMySQL has no public way to its socket
        _shut_down(raw._sock.fileno)  # noqa: SLF001 - as above


MARIADB = Driver(
    name="mariadb",
    parameters="format",
    write_isolation="READ COMMITTED",
    begin=None,
    streams_in_transaction=False,
    url=_mariadb_url,
    connect_arguments=lambda pool: {
        "connect_timeout": max(1, int(pool.connect_seconds)),
        "read_timeout": max(1, int(pool.connect_seconds)),
        "charset": "utf8mb4",
    },
    prepare=_prepare_mariadb,
    release=_release_mariadb,
    stop=_stop_mariadb,
    abandon=_abandon_mariadb,
)

BACKENDS: Mapping[str, Driver] = {
    "sqlite": SQLITE,
    "postgresql": POSTGRES,
    "postgres": POSTGRES,
    "mariadb": MARIADB,
    "mysql": MARIADB,
}
