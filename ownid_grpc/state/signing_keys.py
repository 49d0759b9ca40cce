"""What access tokens are signed with, in SQL; private parts lie sealed."""

from collections.abc import Sequence

from sqlalchemy import RowMapping, func, select
from sqlalchemy.exc import IntegrityError

from ownid_grpc.domain.sealing import Sealer
from ownid_grpc.state.base import SigningKey
from ownid_grpc.state.connections import Connections
from ownid_grpc.state.tables import SIGNING_KEYS
from ownid_grpc.state.times import from_micros, to_micros

_TABLE = SIGNING_KEYS


class SqlSigningKeys:
    """The signing keys of all apps; that numbers are a key lets only one replica have the next."""

    def __init__(self, connections: Connections, secret: bytes) -> None:
        self._connections = connections
        self._sealer = Sealer(secret, "signing key")

    def of_app(self, app: str) -> Sequence[SigningKey]:
        """Returns the keys of an app that were sealed with our secret, the oldest first."""
        query = select(_TABLE).where(_TABLE.c.app == app).order_by(_TABLE.c.number)
        rows = self._connections.read(lambda connection: connection.execute(query).mappings().all())
        return [key for row in rows if (key := self._key(row)) is not None]

    def last_number(self, app: str) -> int:
        """Returns the highest number that a key of an app has."""
        query = select(func.max(_TABLE.c.number)).where(_TABLE.c.app == app)
        return self._connections.read(lambda connection: connection.scalar(query)) or 0

    def add(self, key: SigningKey) -> bool:
        """Keeps a new key."""
        row = {
            "app": key.app,
            "number": key.number,
            "key_id": key.key_id,
            "private_key": self._sealer.seal(key.private_key, _context(key.app, key.key_id)),
            "public_key": key.public_key,
            "create_time": to_micros(key.create_time),
            "start_time": to_micros(key.start_time),
        }
        try:
            self._connections.write(lambda connection: connection.execute(_TABLE.insert(), row))
        except IntegrityError:
            return False
        return True

    def remove(self, app: str, *, below: int) -> None:
        """Removes the keys of an app whose numbers are lower."""
        statement = _TABLE.delete().where(_TABLE.c.app == app, _TABLE.c.number < below)
        self._connections.write(lambda connection: connection.execute(statement))

    def _key(self, row: RowMapping) -> SigningKey | None:
        app, key_id = row["app"], row["key_id"]
        try:
            private_key = self._sealer.open(bytes(row["private_key"]), _context(app, key_id))
        except ValueError:
            return None
        return SigningKey(
            app=app,
            number=row["number"],
            key_id=key_id,
            private_key=private_key,
            public_key=bytes(row["public_key"]),
            create_time=from_micros(row["create_time"]),
            start_time=from_micros(row["start_time"]),
        )


def _context(app: str, key_id: str) -> bytes:
    return f"{app} {key_id}".encode()
