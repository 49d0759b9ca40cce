"""The revisions of account schemas, in SQL."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping, Select, select
from sqlalchemy.exc import IntegrityError

from ownid_grpc.errors import Aborted, NotFound, Reason
from ownid_grpc.state.base import Clock, RevisionId, SchemaRevision
from ownid_grpc.state.connections import Connections
from ownid_grpc.state.tables import SCHEMA_REVISIONS
from ownid_grpc.state.times import from_micros, to_micros

_TABLE = SCHEMA_REVISIONS
_REVISION_ID = re.compile("[0-9a-f]{8}")
_CURRENT_ID = f"SELECT revision_id FROM {_TABLE.name} WHERE app = ? ORDER BY number DESC LIMIT 1"  # noqa: S608 - a constant


class SqlSchemaRevisions:
    """The revisions of each app's schema.

    What is in force is the highest number; that numbers are a key is what
    lets only one of two writers have the next.
    """

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock
        # A look into a file on this machine takes microseconds, one over a network a call's worth.
        self.may_lag = timedelta(seconds=0 if connections.name == "sqlite" else 1)

    def current_id(self, app: str) -> RevisionId | None:
        """Returns the id of the schema in force."""
        row = self._connections.first_row(_CURRENT_ID, app)
        return None if row is None else RevisionId(row[0])

    def current(self, app: str) -> SchemaRevision | None:
        """Returns the schema in force."""
        found = self.newest(app, before=None, limit=1)
        return found[0] if found else None

    def get(self, app: str, revision_id: str) -> SchemaRevision:
        """Returns a revision."""
        if _REVISION_ID.fullmatch(revision_id):  # else no database need be asked
            found = self._found(_of(app).where(_TABLE.c.revision_id == revision_id))
            if found:
                return found[0]
        raise NotFound(
            Reason.ACCOUNT_SCHEMA_REVISION_NOT_FOUND,
            "The account schema has no such revision.",
            resource_type="ownid.com/AccountSchema",
        )

    def newest(self, app: str, *, before: int | None, limit: int) -> Sequence[SchemaRevision]:
        """Returns revisions, newest first."""
        query = _of(app).order_by(_TABLE.c.number.desc()).limit(limit)
        return self._found(query if before is None else query.where(_TABLE.c.number < before))

    def append(self, app: str, document: str, *, after: SchemaRevision | None) -> SchemaRevision:
        """Puts a new revision in force, in the place of `after`."""
        number = after.number + 1 if after else 1
        revision = self._drawn(app, number, document)
        row = {
            "app": app,
            "number": number,
            "revision_id": revision.id,
            "document": document,
            "etag": revision.etag,
            "create_time": to_micros(revision.create_time),
        }
        try:
            self._connections.write(lambda connection: connection.execute(_TABLE.insert(), row))
        except IntegrityError as error:
            raise Aborted(
                Reason.CONCURRENT_CHANGE,
                "Another revision came into force meanwhile; look at it and try again.",
            ) from error
        return revision

    def _drawn(self, app: str, number: int, document: str) -> SchemaRevision:
        revision_id = RevisionId(secrets.token_hex(4))
        digest = hashlib.sha256(f"{app}/{revision_id}/{document}".encode()).hexdigest()
        return SchemaRevision(number, revision_id, document, self._clock(), f'"{digest[:24]}"')

    def _found(self, query: Select[Any]) -> list[SchemaRevision]:
        rows = self._connections.read(lambda connection: connection.execute(query).mappings().all())
        return [_revision(row) for row in rows]


def _of(app: str) -> Select[Any]:
    return select(_TABLE).where(_TABLE.c.app == app)


def _revision(row: RowMapping) -> SchemaRevision:
    return SchemaRevision(
        number=row["number"],
        id=RevisionId(row["revision_id"]),
        document=row["document"],
        create_time=from_micros(row["create_time"]),
        etag=row["etag"],
    )
