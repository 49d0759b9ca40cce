"""Values that stand as codes in their column."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, case, false, null

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.predicates import Literal, Operator
from ownid_grpc.domain.source import Kind
from ownid_grpc.repositories.sql.codecs.base import Limits, Stored, Unstorable
from ownid_grpc.repositories.sql.codecs.relations import relation
from ownid_grpc.repositories.sql.dialects.base import Dialect, Place, raw


@dataclass(frozen=True, slots=True)
class CodeCodec:
    """A value for each code; a code that no value has reads as absence.

    Where two values share a code the first is read. `is_padded` where the
    column fills codes up with spaces, `is_bits` where it gives numbers as bytes.
    """

    kind: Kind
    codes: tuple[tuple[JsonValue, Stored], ...]
    dialect: Dialect
    folds: bool = False
    is_padded: bool = False
    is_bits: bool = False
    is_total: bool = False
    is_merging: bool = False

    @property
    def limits(self) -> Limits:
        """The values are the only ones; with one for NULL, there always is one."""
        values = tuple(value for value, _ in self.codes if value is not None)
        return Limits(
            choices=values,
            is_never_absent=any(code is None for value, code in self.codes if value is not None),
            has_absence=any(value is None and code is not None for value, code in self.codes),
        )

    def read(self, place: Place) -> Place:
        """Selects the code."""
        return place

    def decode(self, stored: Stored) -> JsonValue:
        """Returns the value of a code."""
        if self.is_padded and isinstance(stored, str):
            stored = stored.rstrip(" ")
        if self.is_bits and isinstance(stored, bytes):
            stored = int.from_bytes(stored)
        return next((value for value, code in self.codes if code == stored), None)

    def encode(self, value: JsonValue) -> Stored:
        """Returns the code of a value."""
        for each, code in self.codes:
            if each == value and isinstance(each, bool) == isinstance(value, bool):
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
            code = next((code for each, code in self._read_codes() if each == value), _NO_CODE)
            return false() if code is _NO_CODE else self._is_code(place, code)
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
            for value, code in self._read_codes()
        ]
        decoded = case(*cases, else_=null())
        return self.dialect.exact(decoded) if self.kind is Kind.TEXT else decoded

    def sortable(self, place: Place, kind: Kind) -> Place:
        """Returns what is compared: no index has it."""
        return self.comparable(place, kind)

    def literal(self, value: Literal) -> Place:
        """Returns the value itself."""
        if isinstance(value, bool):
            return self.dialect.boolean(value=value)
        is_whole = isinstance(value, Decimal) and value == value.to_integral_value()
        return raw(int(value) if is_whole else value)  # type: ignore[arg-type] # a decimal

    def _read_codes(self) -> list[tuple[JsonValue, Stored]]:
        """Returns the values as they are read, each code once."""
        seen: list[Stored] = []
        found = []
        for value, code in self.codes:
            if code not in seen:
                seen.append(code)
                found.append((value, code))
        return [(value, code) for value, code in found if value is not None]

    def _is_code(self, place: Place, code: Stored) -> ColumnElement[bool]:
        if code is None:
            return place.is_(None)
        own = place == raw(code)
        return and_(own, self.dialect.exact(place) == raw(code)) if self.folds else own


_NO_CODE = object()
