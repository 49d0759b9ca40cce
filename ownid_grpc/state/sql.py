"""Our store on SQLite, PostgreSQL or MariaDB: the ports of `state.base`."""

from sqlalchemy import Connection, inspect, text

from ownid_grpc.state.base import Clock, utc_now
from ownid_grpc.state.connections import Connections
from ownid_grpc.state.request_ids import SqlRequestIds
from ownid_grpc.state.schema_revisions import SqlSchemaRevisions
from ownid_grpc.state.sessions import SqlSessions
from ownid_grpc.state.signing_keys import SqlSigningKeys
from ownid_grpc.state.tables import HEAD, VERSION_TABLE


class SqlStateStore:
    """All that is ours in one database, shared by every process and replica.

    `secret` seals what nobody must read there; all of them have the same.
    Their clocks may differ by some seconds, no more. A connection, a lock or
    an answer is waited for no longer than `wait_seconds`.
    """

    def __init__(
        self, url: str, secret: bytes, clock: Clock = utc_now, wait_seconds: int = 5
    ) -> None:
        self._connections = Connections(url, wait_seconds)
        self.revisions = SqlSchemaRevisions(self._connections, clock)
        self.request_ids = SqlRequestIds(self._connections, clock)
        self.sessions = SqlSessions(self._connections, secret)
        self.signing_keys = SqlSigningKeys(self._connections, secret)

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


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 - a constant
    return version
