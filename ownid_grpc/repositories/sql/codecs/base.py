"""What every codec does, and how it says that a value or a word does not fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import Any, Protocol, TypeAlias

from sqlalchemy import ColumnElement

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.predicates import Literal, Operator
from ownid_grpc.domain.source import Kind
from ownid_grpc.repositories.sql.dialects.base import Place

Stored: TypeAlias = Any
"""What a driver gives for a column and takes for it."""


class Clock(Enum):
    """What a codec writes that has to be looked up when it is written."""

    NOW = auto()
    """The time, in the unit of the column."""


class Unstorable(ValueError):
    """A value that its column cannot hold exactly; says the rule, never the value."""

    def __init__(self, rule: str, description: str) -> None:
        super().__init__(description)
        self.rule = rule
        self.description = description


class CodecFault(Exception):
    """A word of the mapping that does not fit its column, and what would."""

    def __init__(self, word: str, message: str) -> None:
        super().__init__(message)
        self.word = word
        self.message = message


@dataclass(frozen=True, slots=True)
class Limits:
    """What of its kind a place can hold, as `PropertyDescription` says it.

    `is_never_absent` where NULL is a value too; `has_absence` where some
    stored value, other than NULL, says that there is none.
    """

    max_length: int | None = None
    minimum: int | Decimal | None = None
    maximum: int | Decimal | None = None
    digits: tuple[int, int] | None = None
    choices: tuple[JsonValue, ...] | None = None
    item_kind: Kind | None = None
    format: str | None = None
    is_never_absent: bool = False
    has_absence: bool = False


class Codec(Protocol):
    """How the values of one property are written in one column."""

    @property
    def kind(self) -> Kind:
        """What the values are."""
        ...

    @property
    def limits(self) -> Limits:
        """Which values it takes."""
        ...

    @property
    def is_merging(self) -> bool:
        """Whether the column holds more than this value, so that a write needs `merge`."""
        ...

    @property
    def is_total(self) -> bool:
        """Whether `comparable` is NULL only where the column is."""
        ...

    def read(self, place: Place) -> Place:
        """Returns what to select."""
        ...

    def decode(self, stored: Stored) -> JsonValue:
        """Returns the value, None for absence and for what it cannot read."""
        ...

    def encode(self, value: JsonValue) -> Stored:
        """Returns what to write, or a `Clock`; raises `Unstorable`."""
        ...

    def merge(self, stored: Stored, value: JsonValue) -> Stored:
        """Returns the column's new content, all else in it kept."""
        ...

    def present(self, place: Place) -> ColumnElement[bool]:
        """Returns whether there is a value."""
        ...

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Returns how the value stands to a literal; may be NULL where it is absent."""
        ...

    def match(self, place: Place, parts: Sequence[str]) -> ColumnElement[bool]:
        """Returns whether the text is `parts` with anything between."""
        ...

    def contains(self, place: Place, value: Literal) -> ColumnElement[bool]:
        """Returns whether the array has an equal element."""
        ...

    def comparable(self, place: Place, kind: Kind) -> Place:
        """Returns what orders as the kind does, NULL where absent."""
        ...

    def sortable(self, place: Place, kind: Kind) -> Place:
        """Returns what orders like `comparable` where that is not NULL, if it can by an index."""
        ...

    def literal(self, value: Literal) -> Place:
        """Returns a parameter to hold against `comparable` and `sortable`."""
        ...
