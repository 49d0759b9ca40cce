"""What a bound filter means: `matches` is the reference that every repository is held to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

from ownid_grpc.domain.account import (
    CREATE_TIME,
    DISABLED,
    PROFILE,
    UPDATE_TIME,
    Account,
    FieldPath,
    JsonValue,
    value_at,
)
from ownid_grpc.domain.source import Kind
from ownid_grpc.domain.times import parse_date, parse_timestamp

Literal: TypeAlias = bool | int | float | Decimal | str | datetime | date
"""A value to compare with, already of the field's kind; datetimes are aware, in UTC."""


class Operator(Enum):
    """How a field is compared with a literal."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


FieldValue: TypeAlias = "JsonValue | datetime"
"""What an account has in a field: a profile's value, or a time of its own."""


@dataclass(frozen=True, slots=True)
class Compare:
    """The field is present and stands in this relation; text by code point."""

    path: FieldPath
    operator: Operator
    value: Literal


@dataclass(frozen=True, slots=True)
class Match:
    """The text is `parts` with anything between them: `("ada@", "")` is `ada@*`."""

    path: FieldPath
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Present:
    """The field has a value (an empty object or array is none)."""

    path: FieldPath


@dataclass(frozen=True, slots=True)
class Contains:
    """The array has an element equal to `value`."""

    path: FieldPath
    value: Literal


@dataclass(frozen=True, slots=True)
class Not:
    """The operand does not match: an absent value makes a comparison false, so its Not true."""

    operand: "Predicate"


@dataclass(frozen=True, slots=True)
class And:
    """Every operand matches; with none, everything does."""

    operands: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one operand matches."""

    operands: tuple["Predicate", ...]


Predicate: TypeAlias = Compare | Match | Present | Contains | Not | And | Or

EVERYTHING = And(())


@dataclass(frozen=True, slots=True)
class OrderTerm:
    """One field to order by; absent values come before all others, text by code point.

    `kind` is what the schema says of the field, so that a place whose type the
    database does not know (a path within a document) is ordered right.
    """

    path: FieldPath
    is_descending: bool = False
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Query:
    """Which accounts, in which order; ties break on the account key."""

    predicate: Predicate = EVERYTHING
    order: tuple[OrderTerm, ...] = ()


def matches(predicate: Predicate, account: Account) -> bool:
    """Returns whether an account is one that `predicate` asks for: the reference semantics."""
    match predicate:
        case And(operands):
            return all(matches(each, account) for each in operands)
        case Or(operands):
            return any(matches(each, account) for each in operands)
        case Not(operand):
            return not matches(operand, account)
        case Present(path):
            return _is_present(field_value(account, path))
        case Compare(path, relation, value):
            found = literal_of(field_value(account, path), kind_of(value))
            return found is not None and _sign(found, value) in _SIGNS[relation]
        case Match(path, parts):
            text = field_value(account, path)
            return isinstance(text, str) and _consists_of(text, parts)
        case Contains(path, value):
            elements = field_value(account, path)
            kind = kind_of(value)
            return isinstance(elements, list) and any(
                literal_of(each, kind) == value for each in elements
            )


def field_value(account: Account, path: FieldPath) -> FieldValue:
    """Returns what an account has at `path`, None where it has nothing."""
    if path[0] == PROFILE:
        return value_at(account.profile, path[1:])
    if path == DISABLED:
        return account.disabled
    return {CREATE_TIME: account.create_time, UPDATE_TIME: account.update_time}.get(path)


def literal_of(value: FieldValue, kind: Kind) -> Literal | None:
    """Returns a value as literals of `kind` compare with it, None where it is of another kind.

    Numbers are exact, a float being the shortest decimal that means it. The
    texts of times and dates become what they mean.
    """
    match value:
        case bool():
            return value if kind is Kind.BOOLEAN else None
        case int() | float() | Decimal() if kind not in {Kind.INTEGER, Kind.NUMBER}:
            return None
        case int():
            return value
        case float() | Decimal():
            number = Decimal(str(value))
            return None if number.is_nan() else number
        case datetime():
            return value if kind is Kind.TIMESTAMP else None
        case str():
            return _READ[kind](value) if kind in _READ else None
    return None


def kind_of(value: Literal) -> Kind:
    """Returns what fields a literal can be compared with."""
    # A boolean is an integer and a datetime a date, so the narrower type comes first.
    match value:
        case bool():
            return Kind.BOOLEAN
        case int() | float() | Decimal():
            return Kind.NUMBER
        case datetime():
            return Kind.TIMESTAMP
        case date():
            return Kind.DATE
        case str():
            return Kind.TEXT


_READ: Mapping[Kind, Callable[[str], Literal | None]] = {
    Kind.TEXT: str,
    Kind.TIMESTAMP: parse_timestamp,
    Kind.DATE: parse_date,
}

_SIGNS: Mapping[Operator, frozenset[int]] = {
    Operator.EQ: frozenset((0,)),
    Operator.NE: frozenset((-1, 1)),
    Operator.LT: frozenset((-1,)),
    Operator.LE: frozenset((-1, 0)),
    Operator.GT: frozenset((1,)),
    Operator.GE: frozenset((0, 1)),
}


def _sign(one: Literal, other: Literal) -> int:
    if one == other:
        return 0
    return -1 if one < other else 1  # type: ignore[operator]  # both are of one kind


def _is_present(value: FieldValue) -> bool:
    if isinstance(value, dict):
        return any(_is_present(member) for member in value.values())
    return value is not None and value != []


def _consists_of(text: str, parts: Sequence[str]) -> bool:
    first, *inner, last = parts
    if not text.startswith(first) or not text.endswith(last):
        return False
    start, end = len(first), len(text) - len(last)
    for part in inner:
        # The leftmost place leaves the most for the parts that follow.
        found = text.find(part, start, end)
        if found < 0:
            return False
        start = found + len(part)
    return start <= end
