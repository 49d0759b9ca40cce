"""Orders and positions in them, such that the indexes of the database serve where they can."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, or_, tuple_

from ownid_grpc.domain.paging import Position
from ownid_grpc.domain.predicates import Literal, OrderTerm
from ownid_grpc.domain.source import Kind
from ownid_grpc.repositories.sql.bound import BoundField, BoundMapping
from ownid_grpc.repositories.sql.dialects.base import raw


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of an order that one statement yields: which rows, and how they are sorted."""

    conditions: tuple[ColumnElement[bool], ...]
    order: tuple[ColumnElement[object], ...]


def stretches(
    mapping: BoundMapping,
    order: Sequence[OrderTerm],
    after: Position | None,
    key: tuple[object, ...],
) -> list[Stretch]:
    """Returns what remains of an order after a position, absent values first when ascending.

    `key` is the position's key as its columns hold it. Rows that lack what is
    ordered by first, and rows that have it, are apart: an index of the column
    serves the one or the other, and never both as NULLs would have to stand.
    """
    terms = _terms(mapping, order, after)
    if not terms:
        return [_by_key(mapping, after, key)]
    first, rest = terms[0], terms[1:]
    present = _present_first(mapping, first, rest, after, key)
    if first.field.is_always_there:
        return [present]
    has_passed = after is not None and first.value is not None
    absent = _absent_first(mapping, first, rest, None if has_passed else after, key)
    if after is None:
        return [present, absent] if first.is_descending else [absent, present]
    if has_passed:
        return [present, absent] if first.is_descending else [present]
    whole = _present_first(mapping, first, rest, None, key)
    return [absent] if first.is_descending else [absent, whole]


@dataclass(frozen=True, slots=True)
class _Term:
    """One field of an order, and what the position has in it."""

    field: BoundField
    kind: Kind
    is_descending: bool
    value: Literal | None

    @property
    def place(self) -> ColumnElement[object]:
        """What is compared and ordered by, NULL for what is absent."""
        return self.field.codec.comparable(self.field.column, self.kind)

    @property
    def own_place(self) -> ColumnElement[object]:
        """The same, for rows in which it is there."""
        return self.field.codec.sortable(self.field.column, self.kind)

    def sorted(self, mapping: BoundMapping) -> ColumnElement[object]:
        """Returns its part in ORDER BY, absent values first when ascending."""
        ordered = self.place.desc() if self.is_descending else self.place.asc()
        if mapping.dialect.name != "postgresql" or self.field.is_always_there:
            return ordered
        return ordered.nulls_last() if self.is_descending else ordered.nulls_first()


def _terms(
    mapping: BoundMapping, order: Sequence[OrderTerm], after: Position | None
) -> list[_Term]:
    """Returns the terms that order anything: one without a place does not."""
    values = after.values if after is not None else (None,) * len(order)
    return [
        _Term(field, term.kind, term.is_descending, value)
        for term, value in zip(order, values, strict=True)
        if (field := mapping.field_at(term.path)) is not None
    ]


def _by_key(mapping: BoundMapping, after: Position | None, key: tuple[object, ...]) -> Stretch:
    conditions = () if after is None else (_follows(mapping, (), key),)
    return Stretch(conditions, _key_order(mapping))


def _absent_first(
    mapping: BoundMapping,
    first: _Term,
    rest: Sequence[_Term],
    after: Position | None,
    key: tuple[object, ...],
) -> Stretch:
    conditions: list[ColumnElement[bool]] = [first.place.is_(None)]
    if after is not None:
        conditions.append(_follows(mapping, rest, key))
    order = (*(term.sorted(mapping) for term in rest), *_key_order(mapping))
    return Stretch(tuple(conditions), order)


def _present_first(
    mapping: BoundMapping,
    first: _Term,
    rest: Sequence[_Term],
    after: Position | None,
    key: tuple[object, ...],
) -> Stretch:
    place = first.own_place
    conditions: list[ColumnElement[bool]] = []
    if not first.field.is_always_there:
        conditions.append(first.place.is_not(None))
    if after is not None and first.value is not None:
        literal = first.field.codec.literal(first.value)
        is_beyond = place < literal if first.is_descending else place > literal
        # Said twice: no database makes a range of its index out of the second half alone.
        is_near = place <= literal if first.is_descending else place >= literal
        conditions.append(is_near)
        conditions.append(or_(is_beyond, and_(place == literal, _follows(mapping, rest, key))))
    own = place.desc() if first.is_descending else place.asc()
    order = (own, *(term.sorted(mapping) for term in rest), *_key_order(mapping))
    return Stretch(tuple(conditions), order)


def _key_order(mapping: BoundMapping) -> tuple[ColumnElement[object], ...]:
    return tuple(field.column.asc() for field in mapping.key)


def _follows(
    mapping: BoundMapping, terms: Sequence[_Term], key: tuple[object, ...]
) -> ColumnElement[bool]:
    """Returns the condition under which a row comes after a position by these terms and the key."""
    if not terms and len(key) > 1 and mapping.dialect.compares_rows:
        return tuple_(*(field.column for field in mapping.key)) > tuple_(*map(raw, key))
    alternatives: list[ColumnElement[bool]] = []
    ties: list[ColumnElement[bool]] = []
    for term in terms:
        alternatives.append(and_(*ties, _beyond(term)))
        ties.append(_equal(term))
    for field, part in zip(mapping.key, key, strict=True):
        alternatives.append(and_(*ties, field.column > raw(part)))
        ties.append(field.column == raw(part))
    return or_(*alternatives)


def _beyond(term: _Term) -> ColumnElement[bool]:
    if term.value is None:
        return false() if term.is_descending else term.place.is_not(None)
    literal = term.field.codec.literal(term.value)
    if not term.is_descending:
        return term.place > literal
    lower = term.place < literal
    return lower if term.field.is_always_there else or_(lower, term.place.is_(None))


def _equal(term: _Term) -> ColumnElement[bool]:
    place = term.place
    return place.is_(None) if term.value is None else place == term.field.codec.literal(term.value)
