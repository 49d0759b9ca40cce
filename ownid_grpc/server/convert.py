"""Messages of the contract from values of the domain, and back; nothing is decided here.

Messages are filled where they stand, one field after the other: to build them
from dicts takes several times as long, and is most of what a list costs.
"""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import NoneType
from typing import Any

from google.protobuf.struct_pb2 import NULL_VALUE, Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp
from ownid.v1 import account_pb2, account_schema_pb2

from ownid_grpc.domain.account import Account, JsonValue
from ownid_grpc.domain.names import account_name
from ownid_grpc.errors import InvalidArgument, Reason
from ownid_grpc.services.schemas import SchemaView

MAX_DEPTH = 32
"""Objects and arrays within each other; protobuf itself reads few more."""

_MAX_EXACT_INTEGER = 2**53
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_PER_DAY = 86_400


def fill_account(message: account_pb2.Account, app: str, account: Account) -> None:
    """Fills `message` with an account; a key or etag that is empty is left out."""
    if account.key:
        message.name = account_name(app, account.key)
    fill_struct(message.profile, account.profile)
    if account.etag:
        message.etag = account.etag
    if account.disabled is not None:
        message.disabled = account.disabled
    if account.create_time is not None:
        fill_timestamp(message.create_time, account.create_time)
    if account.update_time is not None:
        fill_timestamp(message.update_time, account.update_time)


def fill_account_schema(message: account_schema_pb2.AccountSchema, schema: SchemaView) -> None:
    """Fills `message` with a schema, and with its revision where it has one."""
    message.name = schema.name
    fill_struct(message.json_schema, schema.document)
    if schema.revision is not None:
        message.revision_id = schema.revision.id
        message.etag = schema.revision.etag
        fill_timestamp(message.revision_create_time, schema.revision.create_time)


def fill_struct(struct: Struct, members: Mapping[str, JsonValue]) -> None:
    """Fills `struct` with the members of an object."""
    fields = struct.fields
    try:
        for name, member in members.items():
            _FILL[member.__class__](fields[name], member)
    except UnicodeEncodeError:
        struct.Clear()
        fill_struct(struct, {_well_formed(name): _repaired(each) for name, each in members.items()})


def fill_timestamp(message: Timestamp, time: datetime) -> None:
    """Fills `message` with an aware time, at a fifth of what its own method costs."""
    since = time - _EPOCH
    message.seconds = since.days * _SECONDS_PER_DAY + since.seconds
    message.nanos = since.microseconds * 1000


def members_of(struct: Struct, field: str, reason: Reason) -> dict[str, JsonValue]:
    """Returns the object that `struct` is, whole numbers as integers where they are exact.

    Raises `InvalidArgument` with `reason` for what JSON has no word for, and
    for what is deeper than `MAX_DEPTH`; `field` names the struct in it.
    """
    return _Reader(reason).members(struct, field)


class _Reader:
    """Reads one struct; `path` is where in the request it is."""

    def __init__(self, reason: Reason) -> None:
        self._reason = reason

    def members(self, struct: Struct, path: str, depth: int = 1) -> dict[str, JsonValue]:
        """Returns the object that `struct` is."""
        self._check_depth(path, depth)
        return {
            name: self._value(value, path, f".{name}", depth)
            for name, value in struct.fields.items()
        }

    def _value(self, value: Value, path: str, step: str, depth: int) -> JsonValue:
        match value.WhichOneof("kind"):
            case "string_value":
                return value.string_value
            case "bool_value":
                return value.bool_value
            case "number_value":
                return self._number(value.number_value, path + step)
            case "struct_value":
                return self.members(value.struct_value, path + step, depth + 1)
            case "list_value":
                return self._items(value, path + step, depth + 1)
            case "null_value":
                return None
            case _:
                raise self._refused(path + step, "type", "A Value of no kind; give it one.")

    def _items(self, value: Value, path: str, depth: int) -> list[JsonValue]:
        self._check_depth(path, depth)
        return [
            self._value(item, path, f"[{index}]", depth)
            for index, item in enumerate(value.list_value.values)
        ]

    def _number(self, number: float, path: str) -> float:
        if not math.isfinite(number):
            raise self._refused(path, "type", "No number of JSON; send a finite one.")
        is_exact = abs(number) <= _MAX_EXACT_INTEGER and number.is_integer()
        return int(number) if is_exact else number

    def _check_depth(self, path: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise self._refused(path, "depth", f"Too deep; at most {MAX_DEPTH} levels are read.")

    def _refused(self, path: str, rule: str, description: str) -> InvalidArgument:
        return InvalidArgument.at(self._reason, path, rule, description, faults="1")


def _fill_text(message: Value, text: str) -> None:
    message.string_value = text


def _fill_boolean(message: Value, flag: bool) -> None:  # noqa: FBT001 - the value to fill in
    message.bool_value = flag


def _fill_integer(message: Value, number: int) -> None:
    if abs(number) > _MAX_EXACT_INTEGER:
        message.string_value = str(number)
    else:
        message.number_value = number


def _fill_float(message: Value, number: float) -> None:
    if math.isfinite(number):
        message.number_value = number
    else:
        message.string_value = str(number)  # JSON has no such number


def _fill_decimal(message: Value, number: Decimal) -> None:
    message.string_value = str(number)


def _fill_object(message: Value, members: dict[str, JsonValue]) -> None:
    message.struct_value.SetInParent()  # an empty one would else be no value at all
    fill_struct(message.struct_value, members)


def _fill_array(message: Value, items: list[JsonValue]) -> None:
    message.list_value.SetInParent()
    values = message.list_value.values
    for item in items:
        _FILL[item.__class__](values.add(), item)


def _fill_null(message: Value, _: None) -> None:
    message.null_value = NULL_VALUE


_FILL: dict[type, Callable[[Value, Any], None]] = {
    str: _fill_text,
    bool: _fill_boolean,
    int: _fill_integer,
    float: _fill_float,
    Decimal: _fill_decimal,
    dict: _fill_object,
    list: _fill_array,
    NoneType: _fill_null,
}


def _repaired(value: JsonValue) -> JsonValue:
    return (
        [_repaired(item) for item in value]
        if isinstance(value, list)
        else (_well_formed(value) if isinstance(value, str) else value)
    )


def _well_formed(text: str) -> str:
    """Returns `text` with U+FFFD for half a surrogate pair: JSON can hold one, UTF-8 cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
