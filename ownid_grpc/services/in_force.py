"""The schema in force of each app, made ready once a revision."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ownid_grpc.domain.account import CREATE_TIME, DISABLED, PROFILE, UPDATE_TIME, PropertyPath
from ownid_grpc.domain.fields import FieldType, FieldTypes
from ownid_grpc.domain.schema import AccountSchema
from ownid_grpc.domain.schema.self_access import SelfAccess
from ownid_grpc.domain.source import Capability, Kind, SourceDescription
from ownid_grpc.errors import FailedPrecondition, InvalidArgument, Reason, Violation
from ownid_grpc.services.apps import Apps
from ownid_grpc.state.base import RevisionId, SchemaRevisions


@dataclass(frozen=True, slots=True)
class SchemaInForce:
    """What accounts of an app look like, and what their database can do.

    `fields` are those that a filter or an order may name, `unwritable` the
    properties that the mapping only reads, `fixed` those and what the schema
    lets nobody change, `self_access` what the signed-in user may do.
    """

    revision_id: RevisionId
    schema: AccountSchema
    source: SourceDescription
    fields: FieldTypes
    unwritable: tuple[PropertyPath, ...]
    fixed: tuple[PropertyPath, ...]
    self_access: SelfAccess

    @classmethod
    def of(
        cls, revision_id: RevisionId, schema: AccountSchema, source: SourceDescription
    ) -> "SchemaInForce":
        """Returns what follows from a schema over a source that it fits."""
        unwritable = tuple(each.path for each in source.properties if not each.is_writable)
        unchangeable = tuple(
            path
            for path, each in schema.properties.items()
            if each.is_read_only or each.is_immutable
        )
        fields = _fields_of(schema, source)
        fixed = unwritable + unchangeable
        access = SelfAccess.of(schema)
        return cls(revision_id, schema.held_by(source), source, fields, unwritable, fixed, access)


class SchemasInForce:
    """Knows what each app's accounts look like, on every replica the same.

    A write always looks whether another revision came into force; a read may
    trust a look as old as `SchemaRevisions.may_lag` says. So no replica
    accepts what a revision set on another forbids.
    """

    def __init__(
        self,
        apps: Apps,
        revisions: SchemaRevisions,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._apps = apps
        self._revisions = revisions
        self._monotonic = monotonic
        self._may_lag = revisions.may_lag.total_seconds()
        self._known: dict[str, tuple[float, SchemaInForce]] = {}

    def for_reading(self, app: str) -> SchemaInForce:
        """Returns the schema by which accounts are shown."""
        looked_at, known = self._known.get(app, (0.0, None))
        if known is not None and self._monotonic() - looked_at < self._may_lag:
            return known
        return self.for_writing(app)

    def for_writing(self, app: str) -> SchemaInForce:
        """Returns the schema that a write must hold to: the one in force now.

        Raises `FailedPrecondition` while none is set, and for one that does
        not fit the mapping, which the operator has changed since.
        """
        self._apps.repository(app)
        looked_at = self._monotonic()
        revision_id = self._revisions.current_id(app)
        if revision_id is None:
            raise not_set(app)
        _, known = self._known.get(app, (0.0, None))
        if known is None or known.revision_id != revision_id:
            known = self._made_ready(app, revision_id)
        self._known[app] = looked_at, known
        return known

    def _made_ready(self, app: str, revision_id: RevisionId) -> SchemaInForce:
        document = json.loads(self._revisions.get(app, revision_id).document)
        source = self._apps.repository(app).describe()
        try:
            schema = AccountSchema.parse(document)
        except InvalidArgument as error:
            raise _unfit(app, error.violations) from error
        faults = schema.disagreements(source)
        if faults:
            raise _unfit(app, faults)
        return SchemaInForce.of(revision_id, schema, source)


def not_set(app: str) -> FailedPrecondition:
    """Returns the error that an app has no schema yet."""
    return FailedPrecondition(
        Reason.ACCOUNT_SCHEMA_NOT_SET,
        "The app has no account schema yet; set one with UpdateAccountSchema "
        "(InferAccountSchema proposes one).",
        {"app": app},
    )


def _unfit(app: str, faults: Sequence[Violation]) -> FailedPrecondition:
    return FailedPrecondition(
        Reason.MAPPING_FAULTY,
        "The account schema in force does not fit the app's mapping any more; "
        "mend ownid.yaml, or set a schema that fits.",
        {"app": app},
        tuple(faults),
    )


def _fields_of(schema: AccountSchema, source: SourceDescription) -> FieldTypes:
    moments = {
        each.path: each.kind
        for each in source.properties
        if each.kind in {Kind.TIMESTAMP, Kind.DATE}
    }
    fields = {
        # What is a time in the database is compared as one, whether or not the schema says so.
        (PROFILE, *path): FieldType(
            moments.get(path, each.kind), each.item_kind, each.is_searchable
        )
        for path, each in schema.properties.items()
    }
    if Capability.DISABLE in source.capabilities:
        fields[DISABLED] = FieldType(Kind.BOOLEAN)
    if source.has_create_time:
        fields[CREATE_TIME] = FieldType(Kind.TIMESTAMP)
    if source.has_update_time:
        fields[UPDATE_TIME] = FieldType(Kind.TIMESTAMP)
    return fields
