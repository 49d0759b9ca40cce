"""What a place holds: as much as its description says, and in one spelling."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Context, Decimal

from ownid_grpc.domain.account import JsonValue, Profile, dotted, value_at, with_value
from ownid_grpc.domain.source import Kind, PropertyDescription
from ownid_grpc.domain.texts import unstorable_at
from ownid_grpc.domain.times import format_timestamp, parse_date, parse_timestamp
from ownid_grpc.errors import InvalidArgument
from ownid_grpc.repositories.refusals import value_unfit

_WIDE = Context(prec=100)
"""More digits than any database keeps of a decimal."""


def held_profile(
    properties: Sequence[PropertyDescription], given: Profile, before: Profile | None = None
) -> Profile:
    """Returns a profile as it reads back once stored; what is no property is left out.

    `before` is the account's profile until now, none for a new account. Raises
    `InvalidArgument` for a value that its place cannot hold as it is.
    """
    held: Profile = {}
    for each in properties:
        value = value_at(given, each.path)
        old = None if before is None else value_at(before, each.path)
        if value is not None:
            value = _held(each, value)
        if value != old and not each.is_writable:
            raise _unfit(each, "readOnly", "This property cannot be written.")
        if value is None and not each.can_be_absent and not (before is None and each.is_filled):
            raise _unfit(each, "required", "The database needs a value; give one.")
        held = with_value(held, each.path, value)
    return held


def _held(description: PropertyDescription, value: JsonValue) -> JsonValue:
    reader = _READERS.get(description.kind)
    if reader is None:
        return value
    held = reader(value)
    if held is None:
        raise _unfit(description, "type", f"It holds values of kind {description.kind}.")
    if description.choices is not None and held not in description.choices:
        raise _unfit(description, "enum", "It holds only the values that it lists.")
    if isinstance(held, str):
        _check_text(description, held)
    elif isinstance(held, int | Decimal) and not isinstance(held, bool):
        _check_number(description, held)
    return held


def _check_text(description: PropertyDescription, text: str) -> None:
    if unstorable_at(text) is not None:
        raise _unfit(description, "characters", "The text has characters that no column can hold.")
    length = len(text.encode()) if description.counts_bytes else len(text)
    if description.max_length is not None and length > description.max_length:
        raise _unfit(description, "maxLength", f"It holds at most {description.max_length}.")


def _check_number(description: PropertyDescription, number: int | Decimal) -> None:
    if description.minimum is not None and number < description.minimum:
        raise _unfit(description, "range", f"It holds numbers from {description.minimum}.")
    if description.maximum is not None and number > description.maximum:
        raise _unfit(description, "range", f"It holds numbers up to {description.maximum}.")
    if description.digits is None:
        return
    precision, scale = description.digits
    decimal = Decimal(number)
    if abs(decimal) >= Decimal(10) ** (precision - scale):
        raise _unfit(description, "range", f"It keeps {precision - scale} digits before the point.")
    if decimal != decimal.quantize(Decimal(1).scaleb(-scale), context=_WIDE):
        raise _unfit(description, "digits", f"It keeps {scale} digits after the point.")


def _unfit(description: PropertyDescription, rule: str, message: str) -> InvalidArgument:
    return value_unfit(dotted(description.path), rule, message)


def _text(value: JsonValue) -> JsonValue:
    return value if isinstance(value, str) else None


def _boolean(value: JsonValue) -> JsonValue:
    return value if isinstance(value, bool) else None


def _integer(value: JsonValue) -> JsonValue:
    number = _number(value)
    if isinstance(number, int | float | Decimal) and number == int(number):
        return int(number)
    return None


def _number(value: JsonValue) -> JsonValue:
    match value:
        case bool():
            return None
        case int():
            return Decimal(value)
        case float() | Decimal() if Decimal(value).is_finite():
            return value
    return None


def _timestamp(value: JsonValue) -> JsonValue:
    instant = parse_timestamp(value) if isinstance(value, str) else None
    return None if instant is None else format_timestamp(instant)


def _date(value: JsonValue) -> JsonValue:
    day = parse_date(value) if isinstance(value, str) else None
    return None if day is None else day.isoformat()


def _array(value: JsonValue) -> JsonValue:
    return value if isinstance(value, list) else None


def _object(value: JsonValue) -> JsonValue:
    return value if isinstance(value, dict) else None


_READERS: Mapping[Kind, Callable[[JsonValue], JsonValue]] = {
    Kind.TEXT: _text,
    Kind.BOOLEAN: _boolean,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.TIMESTAMP: _timestamp,
    Kind.DATE: _date,
    Kind.ARRAY: _array,
    Kind.OBJECT: _object,
}
