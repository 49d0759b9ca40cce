"""How the values of one family stand in a column, as comparisons and orders see them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Context, Decimal
from typing import Protocol

from sqlalchemy import ColumnElement, Double, Integer, Text, and_, case, cast, func, literal_column

from ownid_grpc.domain.predicates import Literal, Operator
from ownid_grpc.domain.source import Kind
from ownid_grpc.repositories.sql.codecs.moments import day_of_text
from ownid_grpc.repositories.sql.codecs.relations import (
    LARGEST_SQLITE_INTEGER,
    float_relation,
    integer_relation,
    is_sqlite_integer,
    nearest_float,
    outside_relation,
    plain_number,
    relation,
)
from ownid_grpc.repositories.sql.dialects.base import Dialect, Place, raw
from ownid_grpc.repositories.sql.dialects.charsets import can_hold
from ownid_grpc.repositories.sql.reflect import Storage

_EXACT = Context(prec=6000)


class Form(Protocol):
    """One family of values, as its column has them; an absent value is NULL."""

    def value(self, place: Place, kind: Kind) -> Place:
        """Returns what orders as `kind` does, NULL for what the column holds of another kind."""
        ...

    def literal(self, value: Literal) -> Place:
        """Returns a parameter to hold against `value`."""
        ...

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Returns how the column stands to a literal, by its own index where it can."""
        ...


@dataclass(frozen=True, slots=True)
class TextForm:
    """Text, or what the database shows as text where `is_opaque`.

    `folds` where the column's own `=` takes unlike texts for equal.
    """

    dialect: Dialect
    is_opaque: bool = False
    folds: bool = False
    charset: str | None = None

    def value(self, place: Place, kind: Kind) -> Place:
        """Orders by code point; a schema may say that the texts are times or dates."""
        text = self.dialect.as_text(place) if self.is_opaque else place
        if kind is Kind.TIMESTAMP:
            return self.dialect.instant_of_text(text)
        if kind is Kind.DATE:
            exact = self.dialect.exact(text)
            return case((func.length(text) == len("YYYY-MM-DD"), day_of_text(self.dialect, exact)))
        return self.dialect.exact(text)

    def literal(self, value: Literal) -> Place:
        """Returns the text, of a date too."""
        if isinstance(value, datetime):
            return self.dialect.instant(value)
        return raw(value.isoformat() if isinstance(value, date) else value)

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Asks the column's own index first where that tells too little."""
        exact = relation(self.value(place, _kind_of(value)), operator, self.literal(value))
        if operator is not Operator.EQ or not isinstance(value, str) or self.is_opaque:
            return exact
        if not can_hold(self.charset, value):
            return exact  # MariaDB refuses to hold such a text against the column itself
        own = place == raw(value)
        return and_(own, exact) if self.folds else own


@dataclass(frozen=True, slots=True)
class ChoiceForm:
    """A native enum, whose labels are its only values."""

    text: TextForm
    choices: tuple[str, ...]

    def value(self, place: Place, kind: Kind) -> Place:
        """Orders the labels as texts."""
        return self.text.value(place, kind)

    def literal(self, value: Literal) -> Place:
        """Returns the text."""
        return self.text.literal(value)

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Holds labels alone against the column, which refuses other texts."""
        exact = self.text.compare(place, operator, value)
        is_label = operator is Operator.EQ and value in self.choices
        return and_(place == raw(value), exact) if is_label else exact


@dataclass(frozen=True, slots=True)
class NumberForm:
    """Numbers; `is_text` where the column spells them, `is_single` where it has 32-bit floats.

    `can_be_endless` where it may hold NaN and infinity, which read as absence;
    `is_whole` where fractions do.
    """

    dialect: Dialect
    is_float: bool = False
    is_single: bool = False
    is_text: bool = False
    can_be_endless: bool = False
    is_whole: bool = False

    def value(self, place: Place, kind: Kind) -> Place:
        """Orders as the numbers do."""
        own = self._own(place)
        return case((self._sound(place), own)) if self.can_be_endless else own

    def literal(self, value: Literal) -> Place:
        """Returns the number as the database knows it."""
        number = _number(value)
        return raw(nearest_float(number) if self._is_float(number) else plain_number(number))

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Compares exactly, floats as the shortest decimal that means them."""
        own, number = self._own(place), _number(value)
        found = (
            float_relation(own, operator, number)
            if self._is_float(number)
            else relation(own, operator, self.literal(number))
        )
        is_safe = operator is Operator.EQ or not self.can_be_endless
        return found if is_safe else and_(found, self._sound(place))

    def _own(self, place: Place) -> Place:
        own = self._widened(place)
        if not self.is_whole:
            return own
        is_sqlite = self.dialect.name == "sqlite"
        return case((own == (cast(own, Integer) if is_sqlite else func.round(own)), own))

    def _widened(self, place: Place) -> Place:
        if self.is_text:
            return self.dialect.number_of_text(place)
        if not self.is_single:
            return place
        # Widened as it is, a 32-bit 0.1 would be 0.10000000149.
        return (
            self.dialect.as_text(place).op("+")(literal_column("0e0"))
            if self.dialect.name == ("mariadb")
            else cast(cast(place, Text), Double)
        )

    def _is_float(self, number: float | Decimal) -> bool:
        is_sqlite = self.dialect.name == "sqlite"
        return self.is_float or (is_sqlite and not is_sqlite_integer(number))

    def _sound(self, place: Place) -> ColumnElement[bool]:
        return cast(place, Text).not_in(["NaN", "Infinity", "-Infinity"])


@dataclass(frozen=True, slots=True)
class WholeForm:
    """Decimals kept as whole numbers, `scale` digits of them after the point."""

    dialect: Dialect
    scale: int = 0

    def value(self, place: Place, kind: Kind) -> Place:
        """Orders as the whole numbers do."""
        return place

    def literal(self, value: Literal) -> Place:
        """Returns the whole number."""
        return raw(int(self._scaled(value)))

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Compares whole numbers, whatever digits the literal has."""
        number = self._scaled(value)
        if (
            self.dialect.name == "sqlite"
            and not -LARGEST_SQLITE_INTEGER <= number < LARGEST_SQLITE_INTEGER
        ):
            return outside_relation(place, operator, is_above=number > 0)
        return integer_relation(place, operator, number)

    def _scaled(self, value: Literal) -> Decimal:
        return _EXACT.scaleb(_number(value), self.scale)


@dataclass(frozen=True, slots=True)
class BooleanForm:
    """Booleans, as the database has them or as numbers."""

    dialect: Dialect
    storage: Storage

    def value(self, place: Place, kind: Kind) -> Place:
        """Takes what is not zero for true."""
        if self.dialect.name != "postgresql":
            return place != 0
        if self.storage is Storage.BOOLEAN:
            return place
        return cast(place, Integer) != 0

    def literal(self, value: Literal) -> Place:
        """Returns true or false as the database compares them."""
        return self.dialect.boolean(value=bool(value))

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Compares."""
        return relation(self.value(place, Kind.BOOLEAN), operator, self.literal(value))


def _number(value: Literal) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _kind_of(value: Literal) -> Kind:
    if isinstance(value, datetime):
        return Kind.TIMESTAMP
    return Kind.DATE if isinstance(value, date) else Kind.TEXT
