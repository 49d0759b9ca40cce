"""Texts, numbers, booleans and UUIDs: a pair of functions for each."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, InvalidOperation
from math import isfinite

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.texts import unstorable_at
from ownid_grpc.repositories.sql.codecs.base import Stored, Unstorable
from ownid_grpc.repositories.sql.dialects.charsets import can_hold
from ownid_grpc.repositories.sql.reflect import ColumnShape

Decode = Callable[[Stored], JsonValue]

WRONG_TYPE = "type"

SINGLE_DIGITS = 6
"""How many digits a 32-bit float always keeps."""

SAFE_SQLITE_INTEGER = 2**63

_EXACT = Context(prec=6000, Emax=MAX_EMAX, Emin=MIN_EMIN)
_SMALLEST, _LARGEST = Decimal("1.2e-38"), Decimal("3.4e38")
_WIDEST, _MOST_DECIMALS = Decimal("1e45"), 20

_SPELLED = re.compile(r" *[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+) *")


def spelled_number(stored: Stored) -> Decimal | None:
    """Returns the number that a column holds or, as text, spells; None for anything else.

    Which texts do is what `Dialect.number_of_text` says too.
    """
    if isinstance(stored, str):
        return Decimal(stored.strip(" ")) if _SPELLED.fullmatch(stored) else None
    if isinstance(stored, bool) or not isinstance(stored, int | float | Decimal):
        return None
    number = Decimal(repr(stored) if isinstance(stored, float) else stored)
    return number if number.is_finite() else None


@dataclass(frozen=True, slots=True)
class TextValues:
    """Text as it is, refused when the column would cut or change it.

    `is_number` where it has numbers that are shown as text.
    """

    shape: ColumnShape
    is_number: bool = False

    def decode(self, stored: Stored) -> JsonValue:
        """Returns text; other types that a loose column holds are spelled out."""
        if isinstance(stored, str):
            return stored.rstrip(" ") if self.shape.is_padded else stored
        if stored is None:
            return None
        return stored.decode("utf-8", "replace") if isinstance(stored, bytes) else str(stored)

    def encode(self, value: JsonValue) -> Stored:
        """Returns the text itself."""
        if not isinstance(value, str):
            raise Unstorable(WRONG_TYPE, "The column holds text; give a string.")
        if unstorable_at(value) is not None:
            raise Unstorable("characters", "The text has characters that no column can hold.")
        if not can_hold(self.shape.charset, value):
            raise Unstorable(
                "characters",
                f"The column's character set ({self.shape.charset}) lacks some of the characters.",
            )
        longest = self.shape.max_length
        if longest is not None and len(value) > longest:
            raise Unstorable("maxLength", f"The column holds at most {longest} characters.")
        if self.shape.choices is not None and value not in self.shape.choices:
            raise Unstorable("enum", "The column holds only the values that its type lists.")
        if self.shape.is_padded and value.endswith(" "):
            raise Unstorable("pattern", "The column would drop the spaces at the end.")
        return int(value) if self.is_number and self._is_plain(value) else value

    def _is_plain(self, value: str) -> bool:
        low, high = self.shape.minimum, self.shape.maximum
        is_plain = re.fullmatch("0|-?[1-9][0-9]{0,64}", value) is not None
        if not is_plain or low is None or high is None or not low <= int(value) <= high:
            raise Unstorable("pattern", "The column holds whole numbers, without leading zeros.")
        return True


@dataclass(frozen=True, slots=True)
class IntegerValues:
    """Whole numbers within the column's range."""

    shape: ColumnShape
    is_text: bool = False

    def decode(self, stored: Stored) -> JsonValue:
        """Returns an integer, None for what is none."""
        if stored.__class__ is int:
            return stored
        if isinstance(stored, bool | bytes):
            return int.from_bytes(stored) if isinstance(stored, bytes) else int(stored)
        number = spelled_number(stored)
        return None if number is None or number != int(number) else int(number)

    def encode(self, value: JsonValue) -> Stored:
        """Returns the integer, as text where the column is."""
        whole = _whole(value)
        low, high = self.shape.minimum, self.shape.maximum
        if not self.is_text and low is not None and high is not None and not low <= whole <= high:
            raise Unstorable("range", f"The column holds whole numbers from {low} to {high}.")
        return fitting(str(whole), self.shape) if self.is_text else whole


@dataclass(frozen=True, slots=True)
class ScaledValues:
    """Decimals kept as whole numbers, `scale` of their digits after the point."""

    whole: IntegerValues
    scale: int

    def decode(self, stored: Stored) -> JsonValue:
        """Returns the decimal, None for what is no whole number."""
        number = self.whole.decode(stored)
        return Decimal(number).scaleb(-self.scale) if isinstance(number, int) else None

    def encode(self, value: JsonValue) -> Stored:
        """Returns the whole number; refuses more digits than the scale has."""
        number = _decimal(value)
        shifted = _EXACT.scaleb(number, self.scale)
        if shifted != shifted.to_integral_value():
            raise Unstorable("digits", f"The column keeps {self.scale} digits after the point.")
        return self.whole.encode(int(shifted))


@dataclass(frozen=True, slots=True)
class NumberValues:
    """Decimals with all their digits, floats as their shortest decimal.

    `is_loose` where the database knows fractions only as floats, `is_single`
    where they have 32 bits, `is_text` where the column spells numbers.
    """

    shape: ColumnShape
    is_float: bool
    is_loose: bool = False
    is_single: bool = False
    is_text: bool = False

    def decode(self, stored: Stored) -> JsonValue:
        """Returns a float of a float column, else a decimal."""
        if stored.__class__ is (float if self.is_float else Decimal):
            return stored if isfinite(stored) else None
        number = spelled_number(stored)
        return float(number) if self.is_float and number is not None else number

    def encode(self, value: JsonValue) -> Stored:
        """Returns what the column holds without losing a digit."""
        number = _decimal(value)
        self._check_digits(number)
        if self.is_text:
            self._check_spelled(number)
            return fitting(format(number, "f"), self.shape)
        if not self.is_float and not self.is_loose:
            return number
        if Decimal(repr(float(number))) != number or (self.is_single and not _is_single(number)):
            raise Unstorable("digits", "The column would lose digits of this number.")
        return float(number)

    def _check_spelled(self, number: Decimal) -> None:
        """Refuses what no database would compare exactly once it is text."""
        is_whole = number == number.to_integral_value() and abs(number) < SAFE_SQLITE_INTEGER
        is_short = abs(number) < _WIDEST and _exponent(number) >= -_MOST_DECIMALS
        is_exact = is_whole or not self.is_loose or Decimal(repr(float(number))) == number
        if not is_short or not is_exact:
            raise Unstorable("digits", "The column is text that spells shorter numbers.")

    def _check_digits(self, number: Decimal) -> None:
        if self.shape.digits is None or self.is_float:
            return
        precision, scale = self.shape.digits
        if -_exponent(number) > scale:
            raise Unstorable("digits", f"The column keeps {scale} digits after the point.")
        if abs(number) >= Decimal(10) ** (precision - scale):
            raise Unstorable(
                "range", f"The column keeps {precision - scale} digits before the point."
            )


@dataclass(frozen=True, slots=True)
class BooleanValues:
    """Booleans; `form` is how the column takes them."""

    form: Callable[[bool], Stored]

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
        """Returns true or false as the column takes them."""
        if not isinstance(value, bool):
            raise Unstorable(WRONG_TYPE, "The column holds true or false.")
        return self.form(value)


def _whole(value: JsonValue) -> int:
    number = _decimal(value) if isinstance(value, int | float | Decimal) else None
    if number is None or number != number.to_integral_value():
        raise Unstorable(WRONG_TYPE, "The column holds whole numbers.")
    return int(number)


def _decimal(value: JsonValue) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise Unstorable(WRONG_TYPE, "The column holds a number.")
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise Unstorable(WRONG_TYPE, "The column holds a number.") from error
    if not number.is_finite():
        raise Unstorable(WRONG_TYPE, "The column holds finite numbers.")
    return number


def _exponent(number: Decimal) -> int:
    exponent = number.normalize(_EXACT).as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _is_single(number: Decimal) -> bool:
    digits = len(number.normalize(_EXACT).as_tuple().digits)
    return digits <= SINGLE_DIGITS and (not number or _SMALLEST <= abs(number) <= _LARGEST)


def fitting(text: str, shape: ColumnShape) -> str:
    """Returns the text; raises `Unstorable` where the column would cut it."""
    if shape.max_length is not None and len(text) > shape.max_length:
        raise Unstorable("maxLength", f"The column holds at most {shape.max_length} characters.")
    return text
