"""What a condition finds rows by: the expressions in it that an index may have."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnClause, ColumnElement, Select
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, Grouping, Null
from sqlalchemy.sql.selectable import SelectStatementGrouping
from sqlalchemy.sql.visitors import iterate

from ownid_grpc.domain.serving import Use
from ownid_grpc.repositories.sql.bound import BoundMapping, Table
from ownid_grpc.repositories.sql.dialects.base import Place
from ownid_grpc.repositories.sql.indexes.index import IndexPart
from ownid_grpc.repositories.sql.indexes.spelling import normal, parted, spelled
from ownid_grpc.repositories.sql.indexes.sqlite import own_collation
from ownid_grpc.repositories.sql.reflect import ColumnShape

_RANGES = {operators.lt, operators.le, operators.gt, operators.ge}


@dataclass(frozen=True, slots=True)
class Sought:
    """An expression over one table that a condition finds rows by, in normal spelling."""

    table: Table
    place: Place
    use: Use
    is_null: bool = False

    def part(self, dialect: str) -> IndexPart:
        """Returns the part of an index that would serve it."""
        bare, collation = parted(self.place)
        text = normal(spelled(bare, dialect))
        if dialect == "sqlite":
            own = own_collation(shape_of(self.table, text))
            collation = collation or own
            return IndexPart(text, collation, is_own=collation == own)
        return IndexPart(text, collation, is_own=collation is None)


def sought_by(mapping: BoundMapping, condition: ColumnElement[bool]) -> Sought | None:
    """Returns what a single comparison finds rows by, None where no index could help it."""
    condition = opened(condition)
    if not isinstance(condition, BinaryExpression) or [*_columns(condition.right)]:
        return None
    how: Any = condition.operator
    if how is operators.is_ and isinstance(condition.right, Null):
        found = sought_at(mapping, condition.left, Use.EQUALITY)
        return None if found is None else Sought(found.table, found.place, found.use, is_null=True)
    if how in (operators.eq, operators.in_op):
        return sought_at(mapping, condition.left, Use.EQUALITY)
    if how in _RANGES:
        return sought_at(mapping, condition.left, Use.RANGE)
    is_pattern = how is operators.like_op or getattr(how, "opstring", "") == "GLOB"
    if is_pattern and _has_beginning(condition.right, mapping.dialect.name):
        return sought_at(mapping, condition.left, Use.PREFIX)
    return None


def comparisons(mapping: BoundMapping, condition: ColumnElement[bool]) -> Iterator[Sought]:
    """Yields everything that a condition finds rows by, be it within subselects."""
    condition = opened(condition)
    if isinstance(condition, BooleanClauseList):
        for each in condition.clauses:
            yield from comparisons(mapping, each)
    elif (inner := membership(condition)) is not None:
        if inner[1].whereclause is not None:
            yield from comparisons(mapping, inner[1].whereclause)
    elif (sought := sought_by(mapping, condition)) is not None:
        yield sought


def membership(condition: Any) -> tuple[Place, Select[Any]] | None:
    """Returns what is to be among some rows, and these; None for any other condition."""
    if not isinstance(condition, BinaryExpression) or condition.operator is not operators.in_op:
        return None
    rows: Any = condition.right
    while isinstance(rows, SelectStatementGrouping | Grouping):
        rows = rows.element
    rows = getattr(rows, "element", rows)
    return (condition.left, rows) if isinstance(rows, Select) else None


def sought_at(mapping: BoundMapping, place: Place, use: Use) -> Sought | None:
    """Returns the place with its table, None where it is of several or of none that is known."""
    sources = {each.table for each in _columns(place)}
    if len(sources) != 1:
        return None
    (source,) = sources
    table = next((each for each in mapping.tables if each.source is source), None)
    return None if table is None else Sought(table, place, use)


def _columns(element: Any) -> Iterator[Any]:
    return (
        each
        for each in iterate(element)
        if isinstance(each, ColumnClause) and each.table is not None
    )


def opened(condition: Any) -> Any:
    """Returns a condition without the parentheses around it."""
    while isinstance(condition, Grouping):
        condition = condition.element
    return condition


def _has_beginning(pattern: Any, dialect: str) -> bool:
    """Whether a pattern begins with a text that an index can find.

    One that may be a number is none to SQLite, which compares numbers with
    what follows, and one that is escaped begins with a bracket there.
    """
    text = pattern.value if isinstance(pattern, BindParameter) else None
    if not isinstance(text, str) or not text:
        return False
    if dialect == "sqlite":
        return text[0] not in "*+-./0123456789 ["
    return text[0] != "%"


def shape_of(table: Table, text: str) -> ColumnShape | None:
    """Returns the column that an expression is, None for any other expression."""
    shapes = table.shape.columns.items()
    return next((shape for name, shape in shapes if normal(name) == text), None)
