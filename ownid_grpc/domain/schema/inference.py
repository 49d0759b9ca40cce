"""Reads a schema off a source: what its places can hold, ready to be set."""

import re
from collections.abc import Iterable
from decimal import Decimal

from ownid_grpc.domain.account import JsonValue, PropertyPath
from ownid_grpc.domain.schema.document import Keywords
from ownid_grpc.domain.schema.formats import DATE, DATE_TIME
from ownid_grpc.domain.schema.vocabulary import DIALECT, LOGIN_ID
from ownid_grpc.domain.source import Kind, PropertyDescription, SourceDescription

_TYPES: dict[Kind, Keywords] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.TIMESTAMP: {"type": "string", "format": DATE_TIME},
    Kind.DATE: {"type": "string", "format": DATE},
    Kind.ARRAY: {"type": "array"},
    Kind.OBJECT: {"type": "object"},
    Kind.ANY: {},
}

_EMAIL = re.compile(r"(.*_)?e?_?mail(_?address)?")
_LOGIN_ID = re.compile(
    r"(.*_)?(e?_?mail(_?address)?|phone(_?number)?|mobile(_?number)?|msisdn"
    r"|login(_?(id|name))?|user_?name|screen_?name)"
)
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\-\s.]+")


def infer_schema(source: SourceDescription) -> dict[str, JsonValue]:
    """Returns an account schema that agrees with `source` and says all that it says.

    A property is required where no account can be made without it, read-only
    where it is never written, and a login id where its name says so and the
    database keeps it unique.
    """
    return {
        "$schema": DIALECT,
        "title": "Account",
        **_object([(place.path, place) for place in source.properties]),
    }


def _object(places: list[tuple[PropertyPath, PropertyDescription]]) -> Keywords:
    """Returns the schema of an object, given its places and the way to each from here."""
    properties: Keywords = {}
    required: list[JsonValue] = []
    for name in dict.fromkeys(path[0] for path, _ in places):
        here = [(path[1:], place) for path, place in places if path[0] == name]
        leaf = next((place for path, place in here if not path), None)
        schema = _object(here) if leaf is None else _leaf(name, leaf)
        properties[name] = {"title": _title(name), **schema}
        if any(_must_be_given(place) for _, place in here):
            required.append(name)
    said: Keywords = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**said, "required": required} if required else said


def _leaf(name: str, place: PropertyDescription) -> Keywords:
    schema = {**_TYPES[place.kind], **_format(name, place)}
    if place.kind is Kind.ARRAY and place.item_kind is not None:
        schema["items"] = dict(_TYPES[place.item_kind])
    if place.kind is Kind.TEXT and place.max_length is not None:
        schema["maxLength"] = place.max_length
    if place.choices is not None and place.kind is not Kind.BOOLEAN:
        schema["enum"] = [_plain(choice) for choice in place.choices if choice is not None]
    if not place.is_writable:
        schema["readOnly"] = True
    if place.kind is Kind.TEXT and place.is_unique and _LOGIN_ID.fullmatch(_snake_case(name)):
        schema[LOGIN_ID] = True
    return schema


def _format(name: str, place: PropertyDescription) -> Keywords:
    if place.kind is not Kind.TEXT:
        return {}
    if place.format is not None:
        return {"format": place.format}
    return {"format": "email"} if _EMAIL.fullmatch(_snake_case(name)) else {}


def _must_be_given(place: PropertyDescription) -> bool:
    return place.is_writable and not place.can_be_absent and not place.is_filled


def _plain(choice: JsonValue) -> JsonValue:
    """Returns a choice as JSON has it: a document holds no decimals."""
    if isinstance(choice, Decimal):
        return int(choice) if choice == choice.to_integral_value() else float(choice)
    return choice


def _snake_case(name: str) -> str:
    return "_".join(_words(name)).lower()


def _title(name: str) -> str:
    words = " ".join(_words(name))
    return words[:1].upper() + words[1:]


def _words(name: str) -> Iterable[str]:
    return [word for word in _WORD_START.split(name) if word]
