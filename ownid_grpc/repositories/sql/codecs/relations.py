"""How a value in the database is held against a literal."""

import math
from decimal import ROUND_FLOOR, Decimal

from sqlalchemy import ColumnElement, false

from ownid_grpc.domain.predicates import Operator
from ownid_grpc.repositories.sql.dialects.base import Place, raw

LARGEST_SQLITE_INTEGER = 2**63


def relation(left: Place, operator: Operator, right: Place) -> ColumnElement[bool]:
    """Returns a comparison."""
    match operator:
        case Operator.EQ:
            return left == right
        case Operator.NE:
            return left != right
        case Operator.LT:
            return left < right
        case Operator.LE:
            return left <= right
        case Operator.GT:
            return left > right
        case Operator.GE:
            return left >= right


def plain_number(value: float | Decimal) -> float | Decimal:
    """Returns a decimal without a fraction as an integer, any other number as it is."""
    is_whole = isinstance(value, Decimal) and value == value.to_integral_value()
    return int(value) if is_whole else value


def is_sqlite_integer(value: float | Decimal) -> bool:
    """Returns whether SQLite knows a number exactly, and not only as a float."""
    plain = plain_number(value)
    return isinstance(plain, int) and -LARGEST_SQLITE_INTEGER <= plain < LARGEST_SQLITE_INTEGER


def nearest_float(value: float | Decimal) -> float:
    """Returns the float next to a number, infinity for one beyond all floats."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def float_relation(place: Place, operator: Operator, value: float | Decimal) -> ColumnElement[bool]:
    """Returns how floats, each meaning its shortest decimal, stand to an exact number.

    Rounding the number would make `= 0.10000000000000000001` true of 0.1.
    """
    near = nearest_float(value)
    meant = Decimal(repr(near))
    if meant == value and math.isfinite(near):
        return relation(place, operator, raw(near))
    is_less = meant < value  # so that a float is less than the number from `near` down
    match operator:
        case Operator.EQ:
            return false()
        case Operator.NE:
            return place.is_not(None)
        case Operator.LT | Operator.LE if math.isinf(near):
            return false() if is_less else place.is_not(None)
        case Operator.GT | Operator.GE if math.isinf(near):
            return place.is_not(None) if is_less else false()
        case Operator.LT | Operator.LE:
            return place <= raw(near) if is_less else place < raw(near)
        case Operator.GT | Operator.GE:
            return place > raw(near) if is_less else place >= raw(near)


def integer_relation(place: Place, operator: Operator, value: Decimal) -> ColumnElement[bool]:
    """Returns how whole numbers stand to an exact number, however fine it is."""
    floor = int(value.to_integral_value(ROUND_FLOOR))
    if floor == value:
        return relation(place, operator, raw(floor))
    match operator:
        case Operator.EQ:
            return false()
        case Operator.NE:
            return place.is_not(None)
        case Operator.LT | Operator.LE:
            return place <= raw(floor)
        case Operator.GT | Operator.GE:
            return place > raw(floor)


def outside_relation(place: Place, operator: Operator, *, is_above: bool) -> ColumnElement[bool]:
    """Returns how numbers stand to one that is above, or below, all that a column can hold."""
    met = (Operator.LT, Operator.LE) if is_above else (Operator.GT, Operator.GE)
    return place.is_not(None) if operator in (*met, Operator.NE) else false()
