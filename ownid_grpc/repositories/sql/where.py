"""Predicates as conditions of the database; each column's codec knows how its values compare."""

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, true

from ownid_grpc.domain.account import FieldPath
from ownid_grpc.domain.predicates import (
    And,
    Compare,
    Contains,
    Match,
    Not,
    Or,
    OrderTerm,
    Predicate,
    Present,
)
from ownid_grpc.repositories.sql.bound import BoundField, BoundMapping


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
    field = mapping.field_at(predicate.path)
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
    fields = _looked_at(mapping, path)
    return or_(false(), *(field.codec.present(field.column) for field in fields))


def fields_of(mapping: BoundMapping, predicate: Predicate) -> Iterator[BoundField]:
    """Yields the fields that `predicate` looks at."""
    match predicate:
        case And(operands) | Or(operands):
            for each in operands:
                yield from fields_of(mapping, each)
        case Not(operand):
            yield from fields_of(mapping, operand)
        case _:
            yield from _looked_at(mapping, predicate.path)


def _looked_at(mapping: BoundMapping, path: FieldPath) -> Iterator[BoundField]:
    """Yields the fields at a path and below, and what of a document around lies there."""
    for field in mapping.fields.values():
        if field.path[: len(path)] == path:
            yield field
    if path not in mapping.fields and (part := mapping.field_at(path)) is not None:
        yield part


def order_fields(mapping: BoundMapping, order: Sequence[OrderTerm]) -> list[BoundField]:
    """Returns the fields that an order looks at; a term without a place orders nothing."""
    found = (mapping.field_at(term.path) for term in order)
    return [field for field in found if field is not None]
