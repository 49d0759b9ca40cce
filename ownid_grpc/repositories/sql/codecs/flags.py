"""Booleans that are something else in their column: a time that is there, or one bit."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, func, true

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.predicates import Literal, Operator
from ownid_grpc.domain.source import Kind
from ownid_grpc.repositories.sql.codecs.base import Limits, Stored, Unstorable
from ownid_grpc.repositories.sql.codecs.column import ColumnCodec, Values
from ownid_grpc.repositories.sql.codecs.relations import relation
from ownid_grpc.repositories.sql.dialects.base import Dialect, Place, raw

_WRONG_TYPE = "The property is true or false."


@dataclass(frozen=True, slots=True)
class NotNullCodec:
    """True where the column holds a value; `writes` what true and false put there.

    `column` says which values of the column are none: NULL, zero dates, what
    the mapping lists.
    """

    column: ColumnCodec
    writes: tuple[tuple[bool, Stored], ...]
    dialect: Dialect
    kind: Kind = Kind.BOOLEAN
    is_total: bool = True
    is_merging: bool = False

    @property
    def limits(self) -> Limits:
        """It is always true or false."""
        return Limits(is_never_absent=True)

    @property
    def values(self) -> Values:
        """How the column has its own values, which says in what unit it takes the time."""
        return self.column.values

    def read(self, place: Place) -> Place:
        """Selects the column as itself."""
        return self.column.read(place)

    def decode(self, stored: Stored) -> JsonValue:
        """Returns whether there is a value."""
        return self.column.decode(stored) is not None

    def encode(self, value: JsonValue) -> Stored:
        """Returns what the mapping says to write; absence is false."""
        if not isinstance(value, bool | None):
            raise Unstorable("type", _WRONG_TYPE)
        return dict(self.writes)[bool(value)]

    def merge(self, stored: Stored, value: JsonValue) -> Stored:
        """Replaces the column, which holds nothing else."""
        return self.encode(value)

    def present(self, place: Place) -> ColumnElement[bool]:
        """Answers true."""
        return true()

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Asks whether there is a value."""
        found = self.column.present(place)
        if operator is Operator.EQ:
            return found if value else found.is_not(true())
        return relation(self.comparable(place, Kind.BOOLEAN), operator, self.literal(value))

    def match(self, place: Place, parts: Sequence[str]) -> ColumnElement[bool]:
        """Answers false: there is no text."""
        return false()

    def contains(self, place: Place, value: Literal) -> ColumnElement[bool]:
        """Answers false: a single value has no elements."""
        return false()

    def comparable(self, place: Place, kind: Kind) -> Place:
        """Returns true or false, never NULL."""
        return func.coalesce(self.column.present(place), false())

    def sortable(self, place: Place, kind: Kind) -> Place:
        """Returns what is compared: no index has it."""
        return self.comparable(place, kind)

    def literal(self, value: Literal) -> Place:
        """Returns true or false."""
        return self.dialect.boolean(value=bool(value))


@dataclass(frozen=True, slots=True)
class BitCodec:
    """One bit of an integer, `mask` having it alone; the others belong to somebody else."""

    mask: int
    limits: Limits
    dialect: Dialect
    kind: Kind = Kind.BOOLEAN
    is_total: bool = True
    is_merging: bool = True

    def read(self, place: Place) -> Place:
        """Selects the integer."""
        return place

    def decode(self, stored: Stored) -> JsonValue:
        """Returns whether the bit is set, None where the column is NULL."""
        return bool(stored & self.mask) if isinstance(stored, int) else None

    def encode(self, value: JsonValue) -> Stored:
        """Returns an integer of nothing but this bit."""
        return self.merge(None, value)

    def merge(self, stored: Stored, value: JsonValue) -> Stored:
        """Sets or clears the bit; absence clears it."""
        if not isinstance(value, bool | None):
            raise Unstorable("type", _WRONG_TYPE)
        if value is None and stored is None:
            return None
        others = int(stored or 0) & ~self.mask
        return others | self.mask if value else others

    def present(self, place: Place) -> ColumnElement[bool]:
        """Returns whether the column is not NULL."""
        return place.is_not(None)

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Compares the bit."""
        return relation(self.comparable(place, Kind.BOOLEAN), operator, self.literal(value))

    def match(self, place: Place, parts: Sequence[str]) -> ColumnElement[bool]:
        """Answers false: there is no text."""
        return false()

    def contains(self, place: Place, value: Literal) -> ColumnElement[bool]:
        """Answers false: a single value has no elements."""
        return false()

    def comparable(self, place: Place, kind: Kind) -> Place:
        """Returns true or false."""
        bits: Place = place.op("&")(raw(self.mask))
        return bits.self_group() != 0

    def sortable(self, place: Place, kind: Kind) -> Place:
        """Returns what is compared: no index has it."""
        return self.comparable(place, kind)

    def literal(self, value: Literal) -> Place:
        """Returns true or false."""
        return self.dialect.boolean(value=bool(value))
