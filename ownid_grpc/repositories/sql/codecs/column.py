"""The codec of a whole column: values of one family, compared in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import ColumnElement, and_, case, false

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.predicates import Literal, Operator, kind_of
from ownid_grpc.domain.source import Kind
from ownid_grpc.repositories.sql.codecs.base import Limits, Stored, Unstorable
from ownid_grpc.repositories.sql.codecs.forms import Form
from ownid_grpc.repositories.sql.dialects.base import Dialect, Place, raw

_COMPARED: Mapping[Kind, frozenset[Kind]] = {
    Kind.TEXT: frozenset((Kind.TEXT, Kind.TIMESTAMP, Kind.DATE)),
    Kind.INTEGER: frozenset((Kind.NUMBER,)),
    Kind.NUMBER: frozenset((Kind.NUMBER,)),
    Kind.BOOLEAN: frozenset((Kind.BOOLEAN,)),
    Kind.TIMESTAMP: frozenset((Kind.TIMESTAMP,)),
    Kind.DATE: frozenset((Kind.DATE,)),
}
"""The kinds of literals that values are compared with; a schema may call texts times."""


class Values(Protocol):
    """How single values of a family go in and out of a column."""

    def decode(self, stored: Stored) -> JsonValue:
        """Returns the value, None for absence."""
        ...

    def encode(self, value: JsonValue) -> Stored:
        """Returns what to write; raises `Unstorable`."""
        ...


@dataclass(frozen=True, slots=True)
class ColumnCodec:
    """A column that holds one value; `null` lists the stored values that mean absence.

    `reads_text` where the driver has no type for the column, `reads_form` where
    it would fail on some of what the column holds. `orders_itself` where the
    column's own order is that of the values, those aside that mean absence.
    `is_padded` where the column fills up with spaces.
    """

    kind: Kind
    values: Values
    form: Form
    dialect: Dialect
    limits: Limits = Limits()  # noqa: RUF009 - frozen, so that it can be shared
    null: tuple[Stored, ...] = ()
    is_text: bool = False
    reads_text: bool = False
    reads_form: bool = False
    is_total: bool = False
    orders_itself: bool = False
    is_merging: bool = False
    is_padded: bool = False

    def read(self, place: Place) -> Place:
        """Selects only what the driver can take."""
        if self.reads_text:
            return self.dialect.as_text(place)
        return self.form.value(place, self.kind) if self.reads_form else place

    def decode(self, stored: Stored) -> JsonValue:
        """Returns the value."""
        is_padded_text = self.is_padded and isinstance(stored, str)
        told = stored.rstrip(" ") if is_padded_text else stored
        if told is None or told in self.null:
            return None
        return self.values.decode(stored)

    def encode(self, value: JsonValue) -> Stored:
        """Writes absence as the first value that means it."""
        if value is None:
            return self.null[0] if self.null else None
        stored = self.values.encode(value)
        if stored in self.null:
            raise Unstorable("null", "The column keeps this value to say that there is none.")
        return stored

    def merge(self, stored: Stored, value: JsonValue) -> Stored:
        """Replaces the column, which holds nothing else."""
        return self.encode(value)

    def present(self, place: Place) -> ColumnElement[bool]:
        """Returns whether the column holds a value that does not mean absence."""
        return self.comparable(place, self.kind).is_not(None)

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Compares the column itself, so that its index serves."""
        if kind_of(value) not in _COMPARED[self.kind]:
            return false()
        found = self.form.compare(place, operator, value)
        return and_(found, self._known(place).is_not(None)) if self.null else found

    def match(self, place: Place, parts: Sequence[str]) -> ColumnElement[bool]:
        """Matches text exactly."""
        is_text = self.kind is Kind.TEXT
        return self.dialect.like(self.comparable(place, self.kind), parts) if is_text else false()

    def contains(self, place: Place, value: Literal) -> ColumnElement[bool]:
        """Answers false: a single value has no elements."""
        return false()

    def comparable(self, place: Place, kind: Kind) -> Place:
        """Returns the column in an order that is the kind's own."""
        return self.form.value(self._known(place), kind)

    def sortable(self, place: Place, kind: Kind) -> Place:
        """Returns the column itself where its own order is that of the kind."""
        return place if self.orders_itself and kind is self.kind else self.comparable(place, kind)

    def literal(self, value: Literal) -> Place:
        """Returns the value as `comparable` has it."""
        return self.form.literal(value)

    def _known(self, place: Place) -> Place:
        for stored in self.null:
            # A collation may take unlike texts for equal.
            own = self.dialect.exact(place) if isinstance(stored, str) and self.is_text else place
            place = case((own != raw(stored), place))
        return place
