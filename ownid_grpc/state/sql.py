"""Our store on SQLite, PostgreSQL or MariaDB: the ports of `state.base`."""

import secrets
from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import IntegrityError

from ownid_grpc.state.base import Clock
from ownid_grpc.state.connections import Connections
from ownid_grpc.state.request_ids import SqlRequestIds
from ownid_grpc.state.schema_revisions import SqlSchemaRevisions
from ownid_grpc.state.tables import HEAD, SECRETS, VERSION_TABLE

_SECRET_BYTES = 32


def utc_now() -> datetime:
    """Returns the time."""
    return datetime.now(UTC)


class SqlStateStore:
    """All that is ours in one database, shared by every process and replica.

    Their clocks may differ by some seconds, no more. A connection, a lock or
    an answer is waited for no longer than `wait_seconds`.
    """

    def __init__(self, url: str, clock: Clock = utc_now, wait_seconds: int = 5) -> None:
        self._connections = Connections(url, wait_seconds)
        self.revisions = SqlSchemaRevisions(self._connections, clock)
        self.request_ids = SqlRequestIds(self._connections, clock)
        self.secrets = SqlSecrets(self._connections)

    def migrate(self) -> None:
        """Brings the tables up to date; many processes may do so at once."""
        self._connections.prepare()
        if self._connections.read(_version) == HEAD:
            return
        from ownid_grpc.state.migrate import upgrade  # noqa: PLC0415 - alembic is slow to load

        self._connections.write(upgrade)

    def is_migrated(self) -> bool:
        """Returns whether the tables are there and up to date; makes nothing."""
        return self._connections.has_database() and self._connections.read(_version) == HEAD

    def ping(self) -> None:
        """Asks the store for a constant."""
        self._connections.read(lambda connection: connection.execute(text("SELECT 1")))

    def close(self) -> None:
        """Gives back all connections."""
        self._connections.close()


class SqlSecrets:
    """Random secrets that all replicas share."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def get_or_make(self, name: str) -> bytes:
        """Returns the 32 bytes called `name`."""
        query = select(SECRETS.c.value).where(SECRETS.c.name == name)
        found = self._connections.read(lambda connection: connection.scalar(query))
        if found is not None:
            return bytes(found)
        fresh = SECRETS.insert().values(name=name, value=secrets.token_bytes(_SECRET_BYTES))
        with suppress(IntegrityError):  # another replica was first: its secret is everybody's
            self._connections.write(lambda connection: connection.execute(fresh))
        return bytes(
            self._connections.read(lambda connection: connection.execute(query).scalar_one())
        )


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 - a constant
    return version
