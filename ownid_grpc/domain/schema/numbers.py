"""JSON numbers: what their digits say, whichever Python type holds them."""

import math
from collections.abc import Hashable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import TypeGuard

from ownid_grpc.domain.account import JsonValue

MAX_EXACT_INTEGER = 2**53
"""A double holds every integer up to here; beyond, some look like their neighbours."""


def is_number(value: object) -> TypeGuard[int | float | Decimal]:
    """Returns whether `value` is a finite number; a boolean is none."""
    if isinstance(value, int):
        return not isinstance(value, bool)
    return isinstance(value, (float, Decimal)) and math.isfinite(value)


def is_integer(value: object) -> bool:
    """Returns whether `value` is a number without a fraction: 1.0 is one too."""
    if not is_number(value):
        return False
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) or value.is_integer()


def exact(number: float | Decimal) -> int | Decimal:
    """Returns the number that the digits say: of the double 0.1, one tenth.

    Comparing the binary value of a double with a decimal would find that no
    decimal is 0.1.
    """
    return Decimal(repr(number)) if isinstance(number, float) else number


def is_multiple(number: float | Decimal, divisor: float | Decimal) -> bool:
    """Returns whether dividing leaves no rest, by digits: 19.99 is a multiple of 0.01."""
    return (Fraction(exact(number)) / Fraction(exact(divisor))).denominator == 1


def identity(value: JsonValue) -> Hashable:
    """Returns what is equal for equal JSON values: 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, dict):
        return ("object", frozenset((name, identity(member)) for name, member in value.items()))
    if isinstance(value, list):
        return ("array", tuple(identity(item) for item in value))
    if isinstance(value, (int, float, Decimal)):
        return exact(value)
    return value


def is_same(one: JsonValue, other: JsonValue) -> bool:
    """Returns whether two values are equal as JSON Schema has it."""
    return identity(one) == identity(other)


def is_among(value: JsonValue, values: Iterable[JsonValue]) -> bool:
    """Returns whether a value is equal to one of several."""
    sought = identity(value)
    return any(identity(each) == sought for each in values)


def with_plain_numbers(value: JsonValue) -> JsonValue:
    """Returns a copy that shares nothing, with 5 for each 5.0 that a double holds exactly."""
    if isinstance(value, dict):
        return {name: with_plain_numbers(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [with_plain_numbers(item) for item in value]
    return plain_number(value)


def plain_number(value: JsonValue) -> JsonValue:
    """Returns 5 for 5.0, and any other value as it is."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_EXACT_INTEGER:
        return int(value)
    return value
