"""Holds a schema against what the database behind the mapping can hold and give.

What is stricter than the database is the administrator's choice; where it is
laxer by a single value (a column that must not be NULL, a text that is no
date), the write that brings such a value is refused.
"""

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from ownid_grpc.domain.account import JsonValue, PropertyPath, dotted
from ownid_grpc.domain.schema.faults import listed, schema_violation
from ownid_grpc.domain.schema.formats import DATE, DATE_TIME
from ownid_grpc.domain.schema.numbers import exact, is_among, is_number
from ownid_grpc.domain.schema.properties import SchemaProperty, list_properties
from ownid_grpc.domain.schema.shapes import ALL_TYPES, ANYTHING, FRACTION, Number, Shape
from ownid_grpc.domain.schema.vocabulary import LOGIN_ID
from ownid_grpc.domain.source import Kind, PropertyDescription, SourceDescription
from ownid_grpc.errors import Violation

_HOLDS: dict[Kind, frozenset[str]] = {
    Kind.TEXT: frozenset(("string",)),
    Kind.INTEGER: frozenset(("integer",)),
    Kind.NUMBER: frozenset(("integer", FRACTION)),
    Kind.BOOLEAN: frozenset(("boolean",)),
    Kind.TIMESTAMP: frozenset(("string",)),
    Kind.DATE: frozenset(("string",)),
    Kind.ARRAY: frozenset(("array",)),
    Kind.OBJECT: frozenset(("object",)),
    Kind.ANY: ALL_TYPES,
}
"""The types of JSON that a place of each kind can hold."""

_SAID: dict[Kind, str] = {
    Kind.TEXT: '"type": "string"',
    Kind.INTEGER: '"type": "integer"',
    Kind.NUMBER: '"type": "number"',
    Kind.BOOLEAN: '"type": "boolean"',
    Kind.TIMESTAMP: '"type": "string", "format": "date-time"',
    Kind.DATE: '"type": "string", "format": "date"',
    Kind.ARRAY: '"type": "array"',
    Kind.OBJECT: '"type": "object"',
}
"""How a schema says that a property is of a kind."""

_FORMATS = {Kind.TIMESTAMP: DATE_TIME, Kind.DATE: DATE}


def find_disagreements(shape: Shape, source: SourceDescription) -> list[Violation]:
    """Returns where a schema and its source disagree, every fault at once."""
    places = {place.path: place for place in source.properties}
    properties = {each.path: (each, shape) for each, shape in list_properties(shape)}
    faults = [*_root_faults(shape), *_ghosts(shape)]
    for property_, member in properties.values():
        if property_.login_id and property_.path not in places:
            faults.append(_placeless_login_id(property_))
        if any(property_.path[:length] in places for length in range(1, len(property_.path))):
            continue  # it lives within an object that has a place as a whole
        place = places.get(property_.path)
        if place is not None:
            faults.extend(_place_faults(property_, member, place))
        elif any(path[: len(property_.path)] == property_.path for path in places):
            faults.extend(_object_faults(property_, member))
        elif not source.is_open:
            faults.append(_unknown(property_, places))
    return faults


def _root_faults(shape: Shape) -> Iterator[Violation]:
    if shape.others is not None:
        yield _open_fault(shape)


def _object_faults(property_: SchemaProperty, shape: Shape) -> Iterator[Violation]:
    """Yields what is wrong with an object that is stored member by member."""
    if shape.types - {"null"} != {"object"}:
        complaint = f'{dotted(property_.path)} is an object here: say "type": "object"'
        yield schema_violation(f"{property_.pointer}/type", "type", complaint)
    elif shape.is_open:
        yield _open_fault(shape)
    else:
        yield from _ghosts(shape)


def _ghosts(shape: Shape) -> Iterator[Violation]:
    """Yields the members that are required but that no account can have."""
    for name in sorted(shape.required - shape.members.keys()):
        complaint = f'requires {name}, which no account has: define it in "properties"'
        yield schema_violation(f"{shape.origins[0]}/required", "required", complaint)


def _open_fault(shape: Shape) -> Violation:
    return schema_violation(
        shape.origins[0],
        "additionalProperties",
        'allows members that have no place: name them in "properties"',
    )


def _unknown(
    property_: SchemaProperty, places: Mapping[PropertyPath, PropertyDescription]
) -> Violation:
    known = sorted(dotted(path) for path in places)
    nearest = get_close_matches(dotted(property_.path), known, 1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"known are: {listed(known)}"
    return schema_violation(
        property_.pointer, "unknown", f"{dotted(property_.path)} is not in the mapping; {hint}"
    )


def _placeless_login_id(property_: SchemaProperty) -> Violation:
    complaint = f"{dotted(property_.path)} identifies nobody: it has no column of its own"
    return schema_violation(property_.pointer, LOGIN_ID, complaint)


def _place_faults(
    property_: SchemaProperty, shape: Shape, place: PropertyDescription
) -> Iterator[Violation]:
    name, pointer = dotted(property_.path), property_.pointer
    yield from _kind_faults(name, pointer, shape, place.kind)
    if place.kind is Kind.ARRAY and place.item_kind is not None:
        items = shape.items or ANYTHING
        yield from _kind_faults(f"an item of {name}", f"{pointer}/items", items, place.item_kind)
    if place.max_length is not None and shape.minimum_length > place.max_length:
        complaint = f"{name} has room for {place.max_length} at most"
        yield schema_violation(f"{pointer}/minLength", "minLength", complaint)
    yield from _range_faults(name, pointer, shape, place)
    yield from _value_faults(name, pointer, shape, place)
    if property_.is_required and not place.is_writable:
        yield from _required_faults(property_, place)


def _kind_faults(name: str, pointer: str, shape: Shape, kind: Kind) -> Iterator[Violation]:
    excess = shape.types - {"null"} - _HOLDS[kind]
    if excess:
        complaint = f"{name} cannot hold all that this allows: say {_SAID[kind]}"
        if kind is Kind.INTEGER and FRACTION in excess:
            complaint += ', or "multipleOf": 1'
        yield schema_violation(f"{pointer}/type", "type", complaint)
    elif (
        kind in _FORMATS and "string" in shape.types and shape.format not in (None, _FORMATS[kind])
    ):
        complaint = f'{name} holds no other text: say "format": "{_FORMATS[kind]}"'
        yield schema_violation(f"{pointer}/format", "format", complaint)


def _range_faults(
    name: str, pointer: str, shape: Shape, place: PropertyDescription
) -> Iterator[Violation]:
    if _is_above(shape.minimum, place.maximum):
        complaint = f"{name} can hold at most {place.maximum}"
        yield schema_violation(f"{pointer}/minimum", "minimum", complaint)
    if _is_above(place.minimum, shape.maximum):
        complaint = f"{name} can hold no less than {place.minimum}"
        yield schema_violation(f"{pointer}/maximum", "maximum", complaint)


def _is_above(one: Number | None, other: Number | None) -> bool:
    return one is not None and other is not None and exact(one) > exact(other)


def _value_faults(
    name: str, pointer: str, shape: Shape, place: PropertyDescription
) -> Iterator[Violation]:
    for keyword, values in (("enum", shape.values), ("default", (shape.default,))):
        complaints = (_complaint(value, place) for value in values or () if value is not None)
        complaint = next(filter(None, complaints), None)
        if complaint is not None:
            yield schema_violation(f"{pointer}/{keyword}", keyword, f"{name} {complaint}")


def _complaint(value: JsonValue, place: PropertyDescription) -> str | None:
    """Returns why a place cannot hold a value of the right type, None where it can."""
    if place.choices is not None:
        if is_among(value, place.choices):
            return None
        words = [json.dumps(choice, default=str) for choice in place.choices]
        return f"holds only: {listed(words)}"
    if isinstance(value, str) and place.max_length is not None:
        length = len(value.encode()) if place.counts_bytes else len(value)
        return f"has room for {place.max_length} at most" if length > place.max_length else None
    if is_number(value) and _is_above(value, place.maximum):
        return f"can hold at most {place.maximum}"
    if is_number(value) and _is_above(place.minimum, value):
        return f"can hold no less than {place.minimum}"
    return None


def _required_faults(property_: SchemaProperty, place: PropertyDescription) -> Iterator[Violation]:
    name = dotted(property_.path)
    if place.can_be_absent:
        complaint = f"{name} cannot be required: the database may lack it, and nobody can write it"
        yield schema_violation(property_.pointer, "required", complaint)
    elif not property_.is_read_only:
        complaint = f'{name} cannot be written: say "readOnly": true, or do not require it'
        yield schema_violation(property_.pointer, "required", complaint)
