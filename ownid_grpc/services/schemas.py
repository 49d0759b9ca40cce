"""Setting and reading the schema of an app's accounts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.names import account_schema_name, account_schema_revision_name
from ownid_grpc.domain.paging import Position, TokenSealer, query_fingerprint
from ownid_grpc.domain.schema import AccountSchema, infer_schema
from ownid_grpc.domain.source import SourceDescription
from ownid_grpc.errors import Aborted, InvalidArgument, NotFound, Reason
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.in_force import not_set
from ownid_grpc.services.limits import Limits
from ownid_grpc.state.base import SchemaRevision, SchemaRevisions

_LOOKS = 32
"""How often a writer tries again when others are faster: each time, one of them gets through."""


@dataclass(frozen=True, slots=True)
class SchemaView:
    """A schema as callers see it; only `name` and `document` where it is not a revision (yet)."""

    name: str
    document: Mapping[str, JsonValue]
    revision: SchemaRevision | None = None


@dataclass(frozen=True, slots=True)
class SchemaPage:
    """Revisions, newest first; `next_page_token` is empty at the end."""

    schemas: Sequence[SchemaView]
    next_page_token: str


class AccountSchemas:
    """The account schemas of all apps."""

    def __init__(
        self, apps: Apps, revisions: SchemaRevisions, sealer: TokenSealer, limits: Limits
    ) -> None:
        self._apps = apps
        self._revisions = revisions
        self._sealer = sealer
        self._limits = limits

    def get(self, app: str) -> SchemaView:
        """Returns the schema in force. If none is set, raises `FailedPrecondition`."""
        self._apps.repository(app)
        current = self._revisions.current(app)
        if current is None:
            raise not_set(app)
        return _in_force(app, current)

    def get_revision(self, app: str, revision_id: str) -> SchemaView:
        """Returns a revision. If there is none, raises `NotFound`."""
        self._apps.repository(app)
        return _as_revision(app, self._revision(app, revision_id))

    def update(
        self, app: str, document: dict[str, JsonValue], *, etag: str, validate_only: bool
    ) -> SchemaView:
        """Puts a document in force; with an `etag` only in the place of the revision it is of.

        Without one the last of several writers wins. With `validate_only` all
        is checked and nothing is kept.
        """
        self._apps.repository(app)
        text = self._checked(app, document)
        if validate_only:
            _check_etag(etag, self._revisions.current(app))
            return SchemaView(account_schema_name(app), document)
        return _in_force(app, self._put_in_force(app, text, etag))

    def list_revisions(self, app: str, *, page_size: int, page_token: str) -> SchemaPage:
        """Returns a page of the revisions, newest first."""
        self._apps.repository(app)
        size = self._limits.page_size(page_size)
        fingerprint = query_fingerprint(app, "revisions")
        before = None
        if page_token:
            before = int(self._sealer.open(page_token, fingerprint).key[0])
        found = self._revisions.newest(app, before=before, limit=size + 1)
        page, has_more = found[:size], len(found) > size
        token = ""
        if has_more:
            token = self._sealer.seal(Position((), (str(page[-1].number),)), fingerprint)
        return SchemaPage([_as_revision(app, revision) for revision in page], token)

    def roll_back(self, app: str, revision_id: str) -> SchemaView:
        """Puts the document of an older revision in force, as a new revision."""
        self._apps.repository(app)
        if not revision_id:
            raise InvalidArgument.at(
                Reason.ARGUMENT_INVALID,
                "revision_id",
                "required",
                "No revision_id; name the revision to take the schema from.",
                field="revision_id",
            )
        revision = self._revision(app, revision_id)
        text = self._checked(app, json.loads(revision.document))
        return _in_force(app, self._put_in_force(app, text, etag=""))

    def infer(self, app: str) -> SchemaView:
        """Returns a schema read off the database behind the mapping; sets nothing."""
        source = self._apps.repository(app).describe()
        return SchemaView(account_schema_name(app), infer_schema(source))

    def _checked(self, app: str, document: dict[str, JsonValue]) -> str:
        """Returns the document as text, once it is a schema that fits the mapping."""
        parse_fitting(document, self._apps.repository(app).describe())
        return json.dumps(document, sort_keys=True, separators=(",", ":"))

    def _put_in_force(self, app: str, text: str, etag: str) -> SchemaRevision:
        looks = 0
        while True:
            # Each look tells by the etag what to make of somebody who was faster.
            current = self._revisions.current(app)
            _check_etag(etag, current)
            looks += 1
            try:
                return self._revisions.append(app, text, after=current)
            except Aborted:
                if looks == _LOOKS:
                    raise

    def _revision(self, app: str, revision_id: str) -> SchemaRevision:
        try:
            return self._revisions.get(app, revision_id)
        except NotFound as error:
            error.resource_name = account_schema_revision_name(app, revision_id)
            raise


def parse_fitting(document: Mapping[str, JsonValue], source: SourceDescription) -> AccountSchema:
    """Returns the schema; raises `InvalidArgument` for one that is none or does not fit."""
    schema = AccountSchema.parse(document)
    faults = schema.disagreements(source)
    if faults:
        raise InvalidArgument(
            Reason.ACCOUNT_SCHEMA_INVALID,
            "The account schema does not fit the app's mapping: "
            f"{faults[0].field} {faults[0].description}.",
            {"faults": str(len(faults))},
            tuple(faults),
        )
    return schema


def _check_etag(etag: str, current: SchemaRevision | None) -> None:
    found = current.etag if current else ""
    if etag not in ("", found):
        raise Aborted(
            Reason.ETAG_MISMATCH,
            "The account schema has changed since it was read; read it again and decide again.",
            {"etag": found},
        )


def _in_force(app: str, revision: SchemaRevision) -> SchemaView:
    return SchemaView(account_schema_name(app), json.loads(revision.document), revision)


def _as_revision(app: str, revision: SchemaRevision) -> SchemaView:
    name = account_schema_revision_name(app, revision.id)
    return SchemaView(name, json.loads(revision.document), revision)
