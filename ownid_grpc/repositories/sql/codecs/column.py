"""The codec of a whole column: values of one family, compared in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Protocol

from sqlalchemy import ColumnElement, and_, case, false, func, null

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.predicates import Literal, Operator
from ownid_grpc.domain.source import Kind
from ownid_grpc.repositories.sql.codecs.base import Stored, Unstorable
from ownid_grpc.repositories.sql.codecs.relations import (
    float_relation,
    is_sqlite_integer,
    nearest_float,
    plain_number,
    relation,
)
from ownid_grpc.repositories.sql.dialects.base import Dialect, Place, raw
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage


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
    """A column that holds one value; `null` lists the stored values that mean absence."""

    kind: Kind
    values: Values
    shape: ColumnShape
    dialect: Dialect
    is_moment_text: bool = False
    null: tuple[Stored, ...] = ()
    is_merging: bool = False

    def read(self, place: Place) -> Place:
        """Selects as text what the driver has no type for."""
        return self.dialect.as_text(place) if self.shape.storage is Storage.OTHER else place

    def decode(self, stored: Stored) -> JsonValue:
        """Returns the value."""
        if stored is None or stored in self.null:
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
        return self._known(place).is_not(None)

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Compares by the column's own index first where that tells too little."""
        if isinstance(value, int | float | Decimal) and self._is_float(value):
            return float_relation(self.comparable(place, self.kind), operator, value)
        exact = relation(self.comparable(place, self.kind), operator, self.literal(value))
        is_plain = self.kind is Kind.TEXT and isinstance(value, str) and not self._is_opaque
        if is_plain and operator is Operator.EQ:
            own = self._known(place) == raw(value)
            return and_(own, exact) if self.shape.folds else own
        if isinstance(value, datetime) and self.kind is Kind.TEXT:
            moment = self.dialect.instant_of_text(self._known(place))
            return relation(moment, operator, self.dialect.instant(value))
        return exact

    def match(self, place: Place, parts: Sequence[str]) -> ColumnElement[bool]:
        """Matches text exactly."""
        return self.dialect.like(self.comparable(place, Kind.TEXT), parts)

    def contains(self, place: Place, value: Literal) -> ColumnElement[bool]:
        """Answers false: a single value has no elements."""
        return false()

    def comparable(self, place: Place, kind: Kind) -> Place:
        """Returns the column in an order that is the kind's own."""
        known = self._known(place)
        if self.kind is Kind.TEXT:
            if kind is Kind.TIMESTAMP:
                return self.dialect.instant_of_text(known)
            return self.dialect.exact(self.dialect.as_text(known) if self._is_opaque else known)
        if self.kind is Kind.TIMESTAMP and self.is_moment_text:
            return self.dialect.instant_of_text(known)
        if self.kind is Kind.BOOLEAN and self.shape.storage is not Storage.BOOLEAN:
            return case((known.is_not(None), case((known != 0, 1), else_=0)))
        if self.shape.storage is Storage.TEXT and self.kind in (Kind.INTEGER, Kind.NUMBER):
            return self.dialect.number_of_text(known)
        return known

    def literal(self, value: Literal) -> Place:
        """Returns the value as `comparable` has it."""
        if isinstance(value, bool):
            return self.dialect.boolean(value=value)
        if isinstance(value, datetime):
            return self._moment(value)
        if isinstance(value, date):
            return raw(value.isoformat() if self.dialect.name == "sqlite" else value)
        return raw(value) if isinstance(value, str) else self._number(value)

    @property
    def _is_opaque(self) -> bool:
        return self.shape.storage in (Storage.UUID, Storage.ENUM, Storage.OTHER, Storage.TIME)

    def _known(self, place: Place) -> Place:
        for stored in self.null:
            place = func.nullif(place, raw(stored))
        return place

    def _moment(self, value: datetime) -> Place:
        if self.is_moment_text or self.kind is not Kind.TIMESTAMP:
            return self.dialect.instant(value)
        exact = getattr(self.values, "form", None)
        if exact is not None:
            return raw(exact(value.astimezone(UTC)))
        return raw(self._epoch(value))

    def _epoch(self, value: datetime) -> Stored:
        unit = getattr(self.values, "unit")  # noqa: B009 - only epoch values get here
        micros = (value - datetime(1970, 1, 1, tzinfo=UTC)) // (value.resolution)
        return Decimal(micros) / unit if micros % unit else micros // unit

    def _number(self, value: float | Decimal) -> Place:
        return raw(nearest_float(value) if self._is_float(value) else plain_number(value))

    def _is_float(self, value: float | Decimal) -> bool:
        """Whether the column holds floats, or the database knows such a number only as one."""
        if isinstance(value, bool):
            return False
        is_sqlite = self.dialect.name == "sqlite"
        return self.shape.storage is Storage.FLOAT or (is_sqlite and not is_sqlite_integer(value))


@dataclass(frozen=True, slots=True)
class CodeCodec:
    """Values that stand as codes in the column; a code that no value has reads as absence."""

    kind: Kind
    codes: tuple[tuple[JsonValue, Stored], ...]
    dialect: Dialect
    is_text: bool
    folds: bool
    is_merging: bool = False

    def read(self, place: Place) -> Place:
        """Selects the code."""
        return place

    def decode(self, stored: Stored) -> JsonValue:
        """Returns the value of a code."""
        for value, code in self.codes:
            if code == stored and isinstance(code, bool) == isinstance(stored, bool):
                return value
        return next((value for value, code in self.codes if code == stored), None)

    def encode(self, value: JsonValue) -> Stored:
        """Returns the code of a value."""
        for each, code in self.codes:
            if each == value and type(each) is type(value):
                return code
        if value is None:
            return None
        raise Unstorable("enum", "The column has no code for this value.")

    def merge(self, stored: Stored, value: JsonValue) -> Stored:
        """Replaces the column, which holds nothing else."""
        return self.encode(value)

    def present(self, place: Place) -> ColumnElement[bool]:
        """Returns whether the code is one of a value."""
        return self.comparable(place, self.kind).is_not(None)

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Compares the code itself for equality, the values for all else."""
        if operator is Operator.EQ:
            codes = [code for each, code in self.codes if each == value and each is not None]
            return self._is_code(place, codes[0]) if codes else false()
        return relation(self.comparable(place, self.kind), operator, self.literal(value))

    def match(self, place: Place, parts: Sequence[str]) -> ColumnElement[bool]:
        """Matches the value's text."""
        return self.dialect.like(self.comparable(place, Kind.TEXT), parts)

    def contains(self, place: Place, value: Literal) -> ColumnElement[bool]:
        """Answers false: a single value has no elements."""
        return false()

    def comparable(self, place: Place, kind: Kind) -> Place:
        """Turns codes into values."""
        cases = [
            (self._is_code(place, code), self.literal(value))  # type: ignore[arg-type] # scalars
            for value, code in self.codes
            if value is not None
        ]
        decoded = case(*cases, else_=null())
        return self.dialect.exact(decoded) if self.kind is Kind.TEXT else decoded

    def literal(self, value: Literal) -> Place:
        """Returns the value itself."""
        return self.dialect.boolean(value=value) if isinstance(value, bool) else raw(value)

    def _is_code(self, place: Place, code: Stored) -> ColumnElement[bool]:
        if code is None:
            return place.is_(None)
        own = place == raw(code)
        return and_(own, self.dialect.exact(place) == raw(code)) if self.folds else own
