"""Filters on what hypothesis put into a property."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ownid_grpc.domain.account import FieldPath, JsonValue
from ownid_grpc.domain.predicates import (
    Compare,
    Contains,
    Literal,
    Match,
    Not,
    Operator,
    Predicate,
    Present,
)
from ownid_grpc.domain.source import Kind
from ownid_grpc.domain.times import parse_date, parse_timestamp


def filters(path: FieldPath, value: JsonValue, kind: Kind) -> SearchStrategy[Predicate]:
    """Returns filters that a value of this kind meets, or narrowly does not."""
    asked: list[Predicate] = [Present(path)]
    literal = _literal(value, kind)
    if isinstance(value, list):
        asked += [Contains(path, each) for each in value if isinstance(each, bool | int | str)]
    elif literal is not None:
        # What has no order is asked for equality alone.
        has_order = not isinstance(literal, bool)
        operators = [*Operator] if has_order else [Operator.EQ, Operator.NE]
        asked += [Compare(path, each, literal) for each in operators]
    if isinstance(literal, str):
        half = len(literal) // 2
        asked += [Match(path, (literal[:half], "")), Match(path, ("", literal[half:], ""))]
    return st.sampled_from([*asked, *(Not(each) for each in asked)])


def _literal(value: JsonValue, kind: Kind) -> Literal | None:
    if isinstance(value, list | dict | None):
        return None
    if isinstance(value, str) and kind is Kind.TIMESTAMP:
        return parse_timestamp(value)
    if isinstance(value, str) and kind is Kind.DATE:
        return parse_date(value)
    return value
