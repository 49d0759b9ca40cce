"""A profile as `google.protobuf.Struct` carries it, whose only number is a double."""

import math
import re
from decimal import Decimal

from ownid_grpc.domain.account import JsonValue, Profile
from ownid_grpc.domain.schema.faults import Place, profile_violation
from ownid_grpc.domain.schema.formats import INT64
from ownid_grpc.domain.schema.numbers import MAX_EXACT_INTEGER, exact
from ownid_grpc.domain.schema.shapes import ANYTHING, FRACTION, Shape
from ownid_grpc.errors import Violation

_INTEGER = re.compile("-?(0|[1-9][0-9]{0,999})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,499})\.[0-9]{1,499}")


def from_wire(value: JsonValue, shape: Shape, place: Place, faults: list[Violation]) -> JsonValue:
    """Returns what a value of a Struct means by the schema: 5 for 5.0, and for "5" if it may be.

    Properties that are null are left out; within an array or a document null
    is a value. What is no number, or an integer that a double may have bent,
    is added to `faults`.
    """
    if isinstance(value, str):
        return value if "string" in shape.types else _number_of(value, shape)
    if isinstance(value, float):
        return _number_from_wire(value, shape, place, faults)
    if isinstance(value, dict):
        return {
            name: from_wire(member, _member(shape, name), (*place, name), faults)
            for name, member in value.items()
            if member is not None or not _is_property(name, shape, place)
        }
    if isinstance(value, list):
        items = shape.items or ANYTHING
        return [from_wire(item, items, (*place, index), faults) for index, item in enumerate(value)]
    return value


def shown(value: JsonValue, shape: Shape) -> JsonValue:
    """Returns what a caller is shown of a value: what the schema has, but is not write-only.

    Text stands for a number that a double, the only one of a Struct, would bend.
    """
    if isinstance(value, dict):
        return _shown_members(value, shape)
    if isinstance(value, (str, bool)) or value is None:
        return value
    if isinstance(value, int):
        is_text = shape.format == INT64 or abs(value) > MAX_EXACT_INTEGER
        return format(Decimal(value), "f") if is_text else value
    if isinstance(value, list):
        items = shape.items or ANYTHING
        return [shown(item, items) for item in value]
    return _fraction_to_wire(value)


def _shown_members(members: Profile, shape: Shape) -> Profile:
    named, others = shape.members, shape.others
    kept: Profile = {}
    for name, member in members.items():
        inner = named.get(name, others)
        if inner is None:
            if shape.is_complete:
                continue
            inner = ANYTHING
        elif inner.notes.is_write_only:
            continue
        # Most members are texts; of every account that is read, each of them comes by here.
        kept[name] = member if member.__class__ is str else shown(member, inner)
    return kept


def _is_property(name: str, around: Shape, place: Place) -> bool:
    is_within_array = any(isinstance(step, int) for step in place)
    return not is_within_array and (around.is_complete or name in around.members)


def _member(shape: Shape, name: str) -> Shape:
    return shape.members.get(name) or shape.others or ANYTHING


def _number_from_wire(
    value: float, shape: Shape, place: Place, faults: list[Violation]
) -> JsonValue:
    if not math.isfinite(value):
        faults.append(profile_violation(place, "type", "must be a finite number"))
        return value
    if not value.is_integer():
        return value
    if abs(value) <= MAX_EXACT_INTEGER:
        return int(value)
    if FRACTION not in shape.types and "integer" in shape.types:
        complaint = "must be a decimal string: beyond 2^53 a double bends integers"
        faults.append(profile_violation(place, "precision", complaint))
    return value


def _number_of(text: str, shape: Shape) -> JsonValue:
    """Returns the number that the text says where there may be one, else the text."""
    if "integer" in shape.types and _INTEGER.fullmatch(text):
        return int(text)
    if FRACTION in shape.types and _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text


def _fraction_to_wire(value: float | Decimal) -> JsonValue:
    if not math.isfinite(value):
        return str(value)
    if isinstance(value, float) or exact(float(value)) == value:
        return float(value)
    return format(value, "f")
