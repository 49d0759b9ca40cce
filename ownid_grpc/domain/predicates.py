"""What a bound filter means: `matches` is the reference that every repository is held to."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

from ownid_grpc.domain.account import FieldPath
from ownid_grpc.domain.source import Kind

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
