"""Every SQL backend under the same suite, each on a real server with a legacy shop in it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy
import yaml

from ownid_grpc.domain.mapping import SqlMapping
from ownid_grpc.repositories.sql.accounts import SqlAccountRepository
from tests.sql.legacy import Database, new_database
from tests.support.mariadb import mariadb_database
from tests.support.postgres import postgres_database

BACKENDS = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.postgresql),
    pytest.param("mariadb", marks=pytest.mark.mariadb),
]

AUTOMATIC = {
    "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "postgresql": "SERIAL PRIMARY KEY",
    "mariadb": "INT AUTO_INCREMENT PRIMARY KEY",
}

TABLES = """
CREATE TABLE countries (id {automatic}, code VARCHAR(2) NOT NULL UNIQUE);
CREATE TABLE customers (
    id {automatic}, email VARCHAR(80) NOT NULL UNIQUE, first_name VARCHAR(40), score BIGINT,
    balance DECIMAL(10,2), status CHAR(1) NOT NULL, last_seen_ms BIGINT, dob DATE,
    settings TEXT, password_hash VARCHAR(40) NOT NULL, country_id INT, row_note VARCHAR(40),
    is_deleted SMALLINT);
CREATE TABLE profiles (customer_id INT PRIMARY KEY, city VARCHAR(30));
INSERT INTO countries (code) VALUES ('DE'), ('UK');
"""

MAPPING = """
table: customers
key: id
joins:
  profile: {table: profiles, "on": {customer_id: id}}
  country: {table: countries, "on": {id: country_id}, lookup: code}
properties:
  email: {column: email, normalize: [trim, lower]}
  given_name: first_name
  score: score
  balance: balance
  active: {column: status, values: {true: A, false: D}}
  last_seen: {column: last_seen_ms, encoding: epoch_millis, null: 0}
  birthdate: {column: dob, type: date}
  address.city: {join: profile, column: city}
  country: {join: country}
  theme: {column: settings, path: [ui, theme]}
delete: {set: {is_deleted: 1}}
on_create: {password_hash: "!", status: A}
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """A legacy database and the repository in front of it."""

    engine: sqlalchemy.Engine
    url: str
    repository: SqlAccountRepository

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """Returns what the database itself answers."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Servers started so far, by kind; each is started once, when first asked for."""
    with ExitStack() as servers:
        yield _Started(servers, tmp_path_factory.mktemp("sqlite"))


class _Started(dict[str, str]):
    def __init__(self, servers: ExitStack, directory: Path) -> None:
        super().__init__()
        self._servers = servers
        self._directory = directory

    def __missing__(self, kind: str) -> str:
        if kind == "sqlite":
            path = self._directory / "shop.db"
            path.touch()
            url = f"sqlite:///{path}"
        else:
            start = postgres_database if kind == "postgresql" else mariadb_database
            url = self._servers.enter_context(start())
        self[kind] = url
        return url


@pytest.fixture(params=BACKENDS)
def database(
    request: pytest.FixtureRequest, databases: dict[str, str], tmp_path: Path
) -> Iterator[Database]:
    """An empty database of each kind in turn."""
    with new_database(request.param, databases[request.param], tmp_path) as database:
        yield database


@pytest.fixture(params=BACKENDS)
def shop(request: pytest.FixtureRequest, databases: dict[str, str]) -> Iterator[Shop]:
    """A shop with its tables made anew."""
    kind = request.param
    url = databases[kind]
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        for name in ("profiles", "customers", "countries"):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
        for statement in TABLES.format(automatic=AUTOMATIC[kind]).split(";"):
            if statement.strip():
                connection.exec_driver_sql(statement)
    words = SqlMapping.model_validate(yaml.safe_load(MAPPING) | {"url": url})
    repository = SqlAccountRepository(words)
    yield Shop(engine, url, repository)
    repository.close()
    engine.dispose()
