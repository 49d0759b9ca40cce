"""The store on each database that it may live in, empty for every test."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

from ownid_grpc.state.base import StateStore
from ownid_grpc.state.sql import SqlStateStore
from tests.support.clock import Clock
from tests.support.mariadb import mariadb_database
from tests.support.postgres import postgres_database
from tests.support.shop import SECRET

DATABASES = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.postgresql),
    pytest.param("mariadb", marks=pytest.mark.mariadb),
]


@pytest.fixture
def clock() -> Clock:
    """Returns the clock of the store."""
    return Clock(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """Gives the URL of a database on PostgreSQL."""
    with postgres_database() as url:
        yield url


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """Gives the URL of a database on MariaDB."""
    with mariadb_database() as url:
        yield url


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Returns the URL of a database that has none of our tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.db'}"
    url: str = request.getfixturevalue(f"{request.param}_url")
    _drop_tables(url)
    return url


@pytest.fixture
def store(url: str, clock: Clock) -> Iterator[SqlStateStore]:
    """Gives a store that is ready."""
    store = SqlStateStore(url, SECRET, clock)
    port: StateStore = store
    port.migrate()
    yield store
    store.close()


def _drop_tables(url: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        for table in inspect(connection).get_table_names():
            if table.startswith("ownid_"):
                connection.exec_driver_sql(f"DROP TABLE {table}")
