"""Reads the values of a filter as the kinds of the fields that they are compared with."""

import re
from decimal import Decimal

from ownid_grpc.domain.filters.syntax import FILTER, Argument
from ownid_grpc.domain.predicates import Literal
from ownid_grpc.domain.source import Kind
from ownid_grpc.domain.times import parse_date, parse_timestamp

MAX_EXPONENT = 400
"""Beyond what any database's number reaches; a larger one would only cost memory to write out."""

_INTEGER = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")

_EXPECTED = {
    Kind.INTEGER: "an integer such as 42, without quotation marks",
    Kind.NUMBER: "a number such as 19.99, without quotation marks",
    Kind.BOOLEAN: "true or false, without quotation marks",
    Kind.TIMESTAMP: "a time such as 2026-01-31T12:00:00Z",
    Kind.DATE: "a date such as 2026-01-31",
}


def literal_of(argument: Argument, kind: Kind) -> Literal:
    """Returns the argument as a value of `kind`; raises `InvalidArgument` for any other."""
    if kind is Kind.TEXT:
        return argument.text
    value = _read(argument, kind)
    if value is None:
        expected = f"expected {_EXPECTED[kind]}"
        raise FILTER.fault(argument.column, "type", "Value of a wrong type", expected)
    return value


def _read(argument: Argument, kind: Kind) -> Literal | None:
    text = argument.text
    if kind is Kind.TIMESTAMP:
        return parse_timestamp(text)
    if kind is Kind.DATE:
        return parse_date(text)
    if argument.is_quoted:
        return None
    if kind is Kind.BOOLEAN:
        return {"true": True, "false": False}.get(text)
    if kind is Kind.INTEGER:
        return int(text) if _INTEGER.fullmatch(text) else None
    number = Decimal(text) if _NUMBER.fullmatch(text) else None
    return number if number is not None and abs(number.adjusted()) <= MAX_EXPONENT else None
