"""Texts, numbers, booleans and UUIDs: a pair of functions and an expression for each."""

import math
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.texts import unstorable_at
from ownid_grpc.repositories.sql.codecs.base import Stored, Unstorable
from ownid_grpc.repositories.sql.reflect import ColumnShape

Decode = Callable[[Stored], JsonValue]
Encode = Callable[[JsonValue], Stored]

WRONG_TYPE = "type"
SAFE_SQLITE_INTEGER = 2**63


@dataclass(frozen=True, slots=True)
class TextValues:
    """Text as it is, refused when the column would cut or change it."""

    shape: ColumnShape

    def decode(self, stored: Stored) -> JsonValue:
        """Returns text; other types that a loose column holds are spelled out."""
        if stored is None or isinstance(stored, str):
            return stored
        if isinstance(stored, bytes):
            return stored.decode("utf-8", "replace")
        return str(stored)

    def encode(self, value: JsonValue) -> Stored:
        """Returns the text itself."""
        if not isinstance(value, str):
            raise Unstorable(WRONG_TYPE, "The column holds text; give a string.")
        if unstorable_at(value) is not None:
            raise Unstorable("characters", "The text has characters that no column can hold.")
        self._check_charset(value)
        longest = self.shape.max_length
        if longest is not None and len(value) > longest:
            raise Unstorable("maxLength", f"The column holds at most {longest} characters.")
        if self.shape.choices is not None and value not in self.shape.choices:
            raise Unstorable("enum", "The column holds only the values that its type lists.")
        return value

    def _check_charset(self, value: str) -> None:
        charset = self.shape.charset
        if charset in (None, "utf8mb4") or value.isascii():
            return
        codec = {"latin1": "cp1252", "ascii": "ascii"}.get(charset or "")
        is_held = all(each <= "\uffff" for each in value)
        if codec is not None:
            is_held = value.encode(codec, "ignore").decode(codec) == value
        if not is_held:
            raise Unstorable(
                "characters",
                f"The column's character set ({charset}) lacks some of the characters.",
            )


@dataclass(frozen=True, slots=True)
class IntegerValues:
    """Whole numbers within the column's range."""

    shape: ColumnShape
    is_text: bool = False

    def decode(self, stored: Stored) -> JsonValue:
        """Returns an integer, None for what is none."""
        if stored is None:
            return None
        try:
            number = int(stored)
        except (ValueError, OverflowError, TypeError):
            return None
        return number if self.is_text or number == stored else None

    def encode(self, value: JsonValue) -> Stored:
        """Returns the integer, as text where the column is."""
        whole = _whole(value)
        low, high = self.shape.minimum, self.shape.maximum
        if not self.is_text and low is not None and high is not None and not low <= whole <= high:
            raise Unstorable("range", f"The column holds whole numbers from {low} to {high}.")
        return str(whole) if self.is_text else whole


@dataclass(frozen=True, slots=True)
class NumberValues:
    """Decimals with all their digits, floats as their shortest decimal."""

    shape: ColumnShape
    is_float: bool
    is_loose: bool = False

    def decode(self, stored: Stored) -> JsonValue:
        """Returns a float of a float column, else a decimal."""
        try:
            if isinstance(stored, bool) or stored is None:
                return None
            if isinstance(stored, float):
                if not math.isfinite(stored):
                    return None
                return stored if self.is_float else Decimal(repr(stored))
            number = Decimal(str(stored))
        except InvalidOperation:
            return None
        if not number.is_finite():
            return None
        return float(number) if self.is_float else number

    def encode(self, value: JsonValue) -> Stored:
        """Returns what the column holds without losing a digit."""
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
            raise Unstorable(WRONG_TYPE, "The column holds a number.")
        try:
            number = Decimal(str(value))
        except InvalidOperation as error:
            raise Unstorable(WRONG_TYPE, "The column holds a number.") from error
        if not number.is_finite():
            raise Unstorable(WRONG_TYPE, "The column holds finite numbers.")
        self._check_digits(number)
        if not self.is_float and not self.is_loose:
            return number
        if Decimal(repr(float(number))) != number:
            raise Unstorable("digits", "The column would lose digits of this number.")
        return float(number)

    def _check_digits(self, number: Decimal) -> None:
        if self.shape.digits is None or self.is_float:
            return
        precision, scale = self.shape.digits
        exponent = number.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > scale:
            raise Unstorable("digits", f"The column keeps {scale} digits after the point.")
        if abs(number) >= Decimal(10) ** (precision - scale):
            raise Unstorable(
                "range", f"The column keeps {precision - scale} digits before the point."
            )


@dataclass(frozen=True, slots=True)
class BooleanValues:
    """Booleans, as the database has them or as 1 and 0."""

    is_native: bool
    is_bit: bool = False

    def decode(self, stored: Stored) -> JsonValue:
        """Takes what is not zero for true."""
        if stored is None or isinstance(stored, bool):
            return stored
        if isinstance(stored, bytes):
            return any(stored)
        if isinstance(stored, str):
            return {"1": True, "t": True, "true": True}.get(stored.lower(), False)
        return bool(stored)

    def encode(self, value: JsonValue) -> Stored:
        """Returns true or false, or 1 or 0."""
        if not isinstance(value, bool):
            raise Unstorable(WRONG_TYPE, "The column holds true or false.")
        return value if self.is_native else int(value)


@dataclass(frozen=True, slots=True)
class UuidValues:
    """UUIDs as lower-case text; `form` is how the column takes them."""

    form: Callable[[uuid.UUID], Stored]

    def decode(self, stored: Stored) -> JsonValue:
        """Returns the usual form, None for what is no UUID."""
        if isinstance(stored, uuid.UUID):
            return str(stored)
        try:
            if isinstance(stored, bytes):
                return str(uuid.UUID(bytes=stored))
            return None if stored is None else str(uuid.UUID(stored))
        except ValueError:
            return None

    def encode(self, value: JsonValue) -> Stored:
        """Returns the UUID as the column takes it."""
        try:
            return self.form(uuid.UUID(value if isinstance(value, str) else ""))
        except ValueError as error:
            raise Unstorable("format", "The column holds UUIDs.") from error


def _whole(value: JsonValue) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Unstorable(WRONG_TYPE, "The column holds whole numbers.")
    if value != int(value):
        raise Unstorable(WRONG_TYPE, "The column holds whole numbers.")
    return int(value)
