"""Predicates as conditions of the database; each column's codec knows how its values compare."""

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, true, tuple_

from ownid_grpc.domain.account import FieldPath
from ownid_grpc.domain.paging import Position
from ownid_grpc.domain.predicates import (
    And,
    Compare,
    Contains,
    Literal,
    Match,
    Not,
    Or,
    OrderTerm,
    Predicate,
    Present,
)
from ownid_grpc.repositories.sql.bound import BoundField, BoundMapping, raw


def condition_of(mapping: BoundMapping, predicate: Predicate) -> ColumnElement[bool]:
    """Returns the condition under which a row is an account that `predicate` matches.

    It may be NULL where a value is absent, which counts as false; under a Not
    it is made false first, since NOT NULL would be NULL again.
    """
    match predicate:
        case And(operands):
            return and_(true(), *(condition_of(mapping, each) for each in operands))
        case Or(operands):
            return or_(false(), *(condition_of(mapping, each) for each in operands))
        case Not(operand):
            return not_(func.coalesce(condition_of(mapping, operand), false()))
        case Present(path):
            return _present(mapping, path)
    field = mapping.fields.get(predicate.path)
    if field is None:
        return false()
    match predicate:
        case Compare(_, operator, value):
            return field.codec.compare(field.column, operator, value)
        case Match(_, parts):
            return field.codec.match(field.column, parts)
        case Contains(_, value):
            return field.codec.contains(field.column, value)


def _present(mapping: BoundMapping, path: FieldPath) -> ColumnElement[bool]:
    below = [field for field in mapping.fields.values() if field.path[: len(path)] == path]
    return or_(false(), *(field.codec.present(field.column) for field in below))


def fields_of(mapping: BoundMapping, predicate: Predicate) -> Iterator[BoundField]:
    """Yields the fields that `predicate` looks at."""
    match predicate:
        case And(operands) | Or(operands):
            for each in operands:
                yield from fields_of(mapping, each)
        case Not(operand):
            yield from fields_of(mapping, operand)
        case _:
            path = predicate.path
            for field in mapping.fields.values():
                if field.path[: len(path)] == path:
                    yield field


def order_fields(mapping: BoundMapping, order: Sequence[OrderTerm]) -> list[BoundField]:
    """Returns the fields that an order looks at; a term without a place orders nothing."""
    return [mapping.fields[term.path] for term in order if term.path in mapping.fields]


def order_of(mapping: BoundMapping, order: Sequence[OrderTerm]) -> list[ColumnElement[object]]:
    """Returns the terms of ORDER BY: absent values first when ascending, the key last of all."""
    terms = []
    for term in order:
        field = mapping.fields.get(term.path)
        if field is None:
            continue
        place = field.codec.comparable(field.column, term.kind)
        ordered = place.desc() if term.is_descending else place.asc()
        if mapping.dialect.name == "postgresql" and not field.is_always_there:
            ordered = ordered.nulls_last() if term.is_descending else ordered.nulls_first()
        terms.append(ordered)
    return [*terms, *(field.column.asc() for field in mapping.key)]


def follows(
    mapping: BoundMapping,
    order: Sequence[OrderTerm],
    position: Position,
    key: tuple[object, ...],
) -> ColumnElement[bool]:
    """Returns the condition under which a row comes after `position` in the order.

    `key` is the position's key as its columns hold it.
    """
    if not order and len(key) > 1 and mapping.dialect.compares_rows:
        return tuple_(*(field.column for field in mapping.key)) > tuple_(*map(raw, key))
    alternatives: list[ColumnElement[bool]] = []
    ties: list[ColumnElement[bool]] = []
    for term, value in zip(order, position.values, strict=True):
        field = mapping.fields.get(term.path)
        if field is None:
            continue
        alternatives.append(and_(*ties, _beyond(field, term, value)))
        ties.append(_equal(field, term, value))
    for field, part in zip(mapping.key, key, strict=True):
        alternatives.append(and_(*ties, field.column > raw(part)))
        ties.append(field.column == raw(part))
    return or_(*alternatives)


def _beyond(field: BoundField, term: OrderTerm, value: Literal | None) -> ColumnElement[bool]:
    place = field.codec.comparable(field.column, term.kind)
    if value is None:
        return false() if term.is_descending else place.is_not(None)
    literal = field.codec.literal(value)
    if not term.is_descending:
        return place > literal
    lower = place < literal
    return lower if field.is_always_there else or_(lower, place.is_(None))


def _equal(field: BoundField, term: OrderTerm, value: Literal | None) -> ColumnElement[bool]:
    place = field.codec.comparable(field.column, term.kind)
    return place.is_(None) if value is None else place == field.codec.literal(value)
