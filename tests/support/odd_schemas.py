"""Account schemas that could be meant: of known properties, with keywords that may contradict."""

import random
from typing import Any

from google.protobuf.struct_pb2 import Struct

_TYPES = {
    "email": "string",
    "username": "string",
    "name": "string",
    "score": "integer",
    "big": "integer",
    "balance": "number",
    "rating": "number",
    "active": "boolean",
    "last_seen": "string",
    "birthdate": "string",
    "theme": "string",
    "level": "number",
    "tags": "array",
    "address": "object",
}
_KEYWORDS: tuple[tuple[str, Any], ...] = (
    *(("minLength", 0), ("minLength", 1000), ("maxLength", 3), ("maxLength", 500)),
    *(("pattern", "^a"), ("pattern", "(a+)+$"), ("pattern", "["), ("pattern", "(?=a)b")),
    *(("format", "email"), ("format", "date"), ("format", "int64"), ("format", "nothing")),
    *(("enum", ["a"]), ("enum", [1, 2]), ("enum", [None]), ("enum", [])),
    *(("const", "x"), ("const", None), ("const", [1]), ("default", "d"), ("default", 1)),
    *(("minimum", -5), ("minimum", 1e30), ("multipleOf", 0.01), ("multipleOf", 0)),
    *(("x-ownid-login-id", True), ("x-ownid-login-id", "exact"), ("x-ownid-login-id", 7)),
    *(("x-ownid-immutable", True), ("x-ownid-search", False), ("x-ownid-self", "write")),
    *(("readOnly", True), ("writeOnly", True), ("uniqueItems", True), ("maxItems", 2)),
    *(("items", {"type": "string"}), ("items", {"type": "object"}), ("contains", {"const": "vip"})),
    *(("properties", {"city": {"$ref": "#/$defs/z"}}), ("additionalProperties", False)),
    *(("anyOf", [{"minLength": 2}, {"type": "integer"}]), ("not", {"const": "bad"})),
    *(("$ref", "#/$defs/z"), ("$ref", "#/$defs/none"), ("$ref", "#"), ("$id", "x")),
)
_OF_ALL: tuple[tuple[str, Any], ...] = (
    *(("additionalProperties", False), ("maxProperties", 5), ("unevaluatedProperties", False)),
    *(("allOf", [{"required": ["name"]}]), ("oneOf", [{}, {"required": ["tags"]}])),
    *(("patternProperties", {"^n": {"maxLength": 4}}), ("propertyNames", {"maxLength": 9})),
    *(("dependentSchemas", {"name": {"required": ["score"]}}), ("not", {"required": ["theme"]})),
    *(("if", {"properties": {"score": {"minimum": 5}}}), ("then", {"required": ["name"]})),
    *(("$defs", {"z": {"$ref": "#/$defs/z"}}), ("type", "string"), ("default", {"score": "x"})),
)


def odd_schema(chance: random.Random) -> Struct:
    """Returns a schema; some could be set."""
    names = ["email", *(name for name in _TYPES if chance.random() < 0.2)]
    schema = {
        "type": "object",
        "properties": {name: _property(chance, name) for name in names},
        "required": [name for name in names if name == "email" or chance.random() < 0.02],
        "$defs": {"z": {"type": "string", "maxLength": 9}},
    } | dict(chance.sample(_OF_ALL, chance.choice((0, 0, 0, 1, 2))))
    struct = Struct()
    struct.update(schema)
    return struct


def _property(chance: random.Random, name: str) -> dict[str, Any]:
    kind = _TYPES[name]
    types: tuple[dict[str, Any], ...] = ({"type": kind}, {"type": kind}, {"type": [kind, "null"]})
    own = chance.choice((*types, {}))
    return own | dict(chance.sample(_KEYWORDS, chance.choice((0, 0, 0, 0, 1, 1, 2))))
