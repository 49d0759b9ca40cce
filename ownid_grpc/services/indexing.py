"""Which of the searches that a schema allows no index of the database serves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from ownid_grpc.domain.account import PROFILE, FieldPath
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.fields import FieldType
from ownid_grpc.domain.predicates import (
    EVERYTHING,
    Compare,
    Contains,
    Literal,
    Match,
    Operator,
    OrderTerm,
    Predicate,
    Query,
)
from ownid_grpc.domain.serving import Gap, Use
from ownid_grpc.domain.source import Kind, PropertyDescription
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.in_force import SchemaInForce, SchemasInForce

_RANGED = {Kind.INTEGER, Kind.NUMBER, Kind.TIMESTAMP, Kind.DATE}
_SAMPLES: dict[Kind, Literal] = {
    Kind.TEXT: "YQ==",
    Kind.INTEGER: 1,
    Kind.NUMBER: 1,
    Kind.BOOLEAN: True,
    Kind.TIMESTAMP: datetime(2000, 1, 1, tzinfo=UTC),
    Kind.DATE: date(2000, 1, 1),
}
"""A value of each kind, that a column of any type could hold: what it is does not matter."""
_UUID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class PropertyGaps:
    """What of one field no index serves: how it is asked for, and what would serve it.

    `hopeless` are the uses that no index of this database could serve.
    """

    name: str
    uses: tuple[Use, ...]
    hopeless: tuple[Use, ...]
    rows: int
    statements: tuple[str, ...]


class IndexChecks:
    """Checks of the indexes of all apps."""

    def __init__(self, apps: Apps, schemas: SchemasInForce) -> None:
        self._apps = apps
        self._schemas = schemas

    def check(self, call: Call, app: str, rows: int) -> list[PropertyGaps]:
        """Returns what no index serves in tables of more than `rows`, login ids first.

        What has few values is left out: an index would find half of the table.
        """
        in_force = self._schemas.for_reading(app)
        repository = self._apps.repository(app)
        gaps = [*repository.unserved_login_ids(call, in_force.schema.login_ids)]
        for query in _queries(in_force):
            gaps += repository.unserved(call, query)
        return _by_property(gap for gap in gaps if gap.rows is not None and gap.rows > rows)


def _by_property(gaps: Iterator[Gap]) -> list[PropertyGaps]:
    found: dict[FieldPath, list[Gap]] = {}
    for gap in gaps:
        found.setdefault(gap.path, []).append(gap)
    return [_joined(each) for each in found.values()]


def _joined(gaps: Sequence[Gap]) -> PropertyGaps:
    statements = dict.fromkeys(each for gap in gaps for each in gap.statements)
    return PropertyGaps(
        gaps[0].name,
        tuple(dict.fromkeys(gap.use for gap in gaps)),
        tuple(dict.fromkeys(gap.use for gap in gaps if not gap.statements)),
        max(gap.rows or 0 for gap in gaps),
        tuple(statements),
    )


def _queries(in_force: SchemaInForce) -> Iterator[Query]:
    described = {(PROFILE, *each.path): each for each in in_force.source.properties}
    for path, field in in_force.fields.items():
        source = described.get(path)
        has_few = field.kind is Kind.BOOLEAN or (source is not None and source.choices is not None)
        if not field.is_searchable or has_few:
            continue
        yield from map(Query, _comparisons(path, field, source))
        if field.kind in _RANGED or field.kind is Kind.TEXT:
            yield Query(EVERYTHING, (OrderTerm(path, kind=field.kind),))


def _comparisons(
    path: FieldPath, field: FieldType, source: PropertyDescription | None
) -> Iterator[Predicate]:
    if field.kind is Kind.ARRAY and field.item_kind in _SAMPLES:
        yield Contains(path, _SAMPLES[field.item_kind])
    if field.kind not in _SAMPLES:
        return
    is_uuid = source is not None and source.format == "uuid"
    value = _UUID if is_uuid else _SAMPLES[field.kind]
    yield Compare(path, Operator.EQ, value)
    if field.kind is Kind.TEXT:
        yield Match(path, ("a", ""))
    if field.kind in _RANGED:
        yield Compare(path, Operator.GE, value)
