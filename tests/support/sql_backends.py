"""The SQL repository on each of its databases, over tables of its own for the standard account."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy
import yaml

from ownid_grpc.domain.mapping import SqlMapping
from ownid_grpc.repositories.base import AccountRepository
from ownid_grpc.repositories.sql.accounts import SqlAccountRepository
from ownid_grpc.repositories.sql.shapes import CompiledShapes, PlainShapes, Shapes
from ownid_grpc.testing import Backend
from tests.support.mariadb import mariadb_server
from tests.support.postgres import postgres_server
from tests.support.servers import DatabaseServer, stopped

TABLES = """
CREATE TABLE people (
    id {automatic}, email VARCHAR(120){exact} NOT NULL UNIQUE, login VARCHAR(60){folding},
    full_name VARCHAR(400), score INTEGER, big BIGINT, balance DECIMAL(10,2), rating {double},
    active {boolean}, last_seen {timestamp}, birthdate DATE, settings {document}, tags {document},
    is_active SMALLINT NOT NULL DEFAULT 1, created_at {timestamp}, updated_at {timestamp});
CREATE TABLE addresses (person_id {reference} PRIMARY KEY, city VARCHAR(60), zip VARCHAR(20));
CREATE TABLE named (code VARCHAR(200){exact} PRIMARY KEY, name VARCHAR(60));
"""

# `exact` where a unique index must not fold case, `folding` where the column compares too readily.
WORDS = {
    "sqlite": {
        "automatic": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "reference": "INTEGER",
        "exact": "",
        "folding": " COLLATE NOCASE",
        "double": "REAL",
        "boolean": "BOOLEAN",
        "timestamp": "TIMESTAMP",
        "document": "TEXT",
    },
    "postgresql": {
        "automatic": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "reference": "BIGINT",
        "exact": "",
        "folding": "",
        "double": "DOUBLE PRECISION",
        "boolean": "BOOLEAN",
        "timestamp": "TIMESTAMPTZ",
        "document": "JSONB",
    },
    "mariadb": {
        "automatic": "BIGINT AUTO_INCREMENT PRIMARY KEY",
        "reference": "BIGINT",
        "exact": " COLLATE utf8mb4_bin",
        "folding": " COLLATE utf8mb4_general_ci",
        "double": "DOUBLE",
        "boolean": "BOOLEAN",
        "timestamp": "DATETIME(6)",
        "document": "JSON",
    },
}

STANDARD = """
table: people
key: id
joins:
  address: {table: addresses, "on": {person_id: id}}
properties:
  email: email
  username: login
  name: full_name
  score: score
  big: big
  balance: balance
  rating: rating
  active: {column: active, type: boolean}
  last_seen: {column: last_seen, type: timestamp}
  birthdate: {column: birthdate, type: date}
  address.city: {join: address, column: city}
  address.zip: {join: address, column: zip}
  theme: {column: settings, path: [ui, theme], type: text}
  level: {column: settings, path: ["a level.", 0], type: number}
  tags: {column: tags, type: json}
disabled: {column: is_active, values: {true: 0, false: 1}}
create_time: {column: created_at, type: timestamp}
update_time: {column: updated_at, type: timestamp}
delete: {tables: [address]}
on_create: {created_at: now}
on_write: {updated_at: now}
"""

NATURAL = """
table: named
key: {column: code, generate: caller}
properties: {name: name}
"""


# However busy the machine is, no test is to fail for having waited.
PATIENT = {"wait_seconds": 60, "statement_seconds": 60}


class Tables:
    """Tables in one database, and repositories over them."""

    def __init__(self, kind: str, url: str, shapes: Callable[[], Shapes]) -> None:
        self._url = url
        self._shapes = shapes
        # Its connections may have ended with the server in the test before.
        self._engine = sqlalchemy.create_engine(url, pool_pre_ping=True)
        for statement in filter(str.strip, TABLES.format_map(WORDS[kind]).split(";")):
            self._execute(statement)

    def repository(self, words: str) -> AccountRepository:
        """Returns a repository that a mapping describes."""
        mapping: dict[str, Any] = yaml.safe_load(words) | {"url": self._url, "pool": PATIENT}
        return SqlAccountRepository(SqlMapping.model_validate(mapping), self._shapes)

    def clear(self) -> None:
        """Removes every account."""
        for table in ("addresses", "people", "named"):
            self._execute(f"DELETE FROM {table}")

    def close(self) -> None:
        """Gives back their own connections."""
        self._engine.dispose()

    def _execute(self, statement: str) -> None:
        with self._engine.begin() as connection:
            connection.exec_driver_sql(statement)


@contextmanager
def sqlite(shapes: Callable[[], Shapes] = CompiledShapes) -> Iterator[Backend]:
    """Gives SQLite in a file."""
    with tempfile.TemporaryDirectory(prefix="ownid-lite-") as directory:
        path = Path(directory) / "accounts.db"
        path.touch()
        with _backend("sqlite", f"sqlite:///{path}", None, shapes) as backend:
            yield backend


def plain_sqlite() -> AbstractContextManager[Backend]:
    """Gives SQLite by a repository that keeps no statement compiled."""
    return sqlite(PlainShapes)


@contextmanager
def postgresql() -> Iterator[Backend]:
    """Gives PostgreSQL on a server of its own."""
    with postgres_server() as server, _backend("postgresql", server.url, server) as backend:
        yield backend


@contextmanager
def mariadb() -> Iterator[Backend]:
    """Gives MariaDB on a server of its own."""
    with mariadb_server() as server, _backend("mariadb", server.url, server) as backend:
        yield backend


@contextmanager
def _backend(
    kind: str,
    url: str,
    server: DatabaseServer | None,
    shapes: Callable[[], Shapes] = CompiledShapes,
) -> Iterator[Backend]:
    """Gives tables in a database, with outages where there is a server to stop."""
    with closing(Tables(kind, url, shapes)) as tables:
        backend = Backend(
            open=lambda: tables.repository(STANDARD),
            clear=tables.clear,
            open_chosen=lambda: tables.repository(NATURAL),
            outage=None if server is None else partial(stopped, server),
        )
        with backend:
            yield backend
