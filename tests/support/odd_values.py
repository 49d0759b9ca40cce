"""Profiles and schemas that are odd: of wrong types, deep, large, or nothing that JSON has."""

import math
import random

from google.protobuf.struct_pb2 import NULL_VALUE, Struct, Value

from tests.support.odd_texts import FIELD_NAMES, LONG, ODD_TEXTS, SENT

_KEYWORDS = (
    *("type", "properties", "required", "enum", "const", "items", "pattern", "format", "if"),
    *("minLength", "maximum", "anyOf", "not", "$ref", "$defs", "additionalProperties", "$id"),
    *("x-ownid-login-id", "x-ownid-self", "x-ownid-nothing", "$schema"),
)
_NAMES = (*(name.partition(".")[0] for name in FIELD_NAMES), *_KEYWORDS, *ODD_TEXTS)
_NUMBERS = (
    *(0, -0.0, 1, -1, 1.5, 2**53, 2**53 + 2, -(2**63), 1e308, 5e-324, 1e15, 0.1, 99999999.995),
    *(math.nan, math.inf, -math.inf, 2**31, -(2**31) - 1),
)
_TEXTS = (
    *(SENT, "object", "string", "integer", "a@b.example", "2024-01-02T03:04:05Z", "1815-12-10"),
    *("9223372036854775807", "19.905", "(a+)+$", "#/$defs/x", "https://x.example/y", LONG[:500]),
)


def odd_struct(chance: random.Random) -> Struct:
    """Returns an object, most of them wrong in some way; a few are very deep or large."""
    struct = Struct()
    kind = chance.random()
    if kind < 0.02:
        _deepen(struct, chance.choice((8, 16, 20, 21)))
    elif kind < 0.03:
        for number in range(chance.choice((500, 4000))):
            struct.fields[f"p{number}"].number_value = number
    elif kind < 0.04:
        struct.fields["name"].string_value = SENT * chance.choice((100, 10_000, 25_000))
    else:
        if chance.random() < 0.7:
            struct.fields["email"].string_value = f"{chance.random()}@example.com"
        _fill(chance, struct, 0)
    return struct


def _fill(chance: random.Random, struct: Struct, depth: int) -> None:
    for _ in range(chance.randint(0, 4)):
        _fill_value(chance, struct.fields[chance.choice(_NAMES)], depth)


def _fill_value(chance: random.Random, value: Value, depth: int) -> None:
    match chance.randrange(8 if depth < 4 else 6):
        case 0:
            value.null_value = NULL_VALUE
        case 1:
            value.bool_value = chance.random() < 0.5
        case 2:
            value.number_value = chance.choice(_NUMBERS)
        case 3 | 4:
            value.string_value = chance.choice((*_TEXTS, *ODD_TEXTS))
        case 5:
            value.SetInParent()  # a value of no kind
        case 6:
            value.struct_value.SetInParent()
            _fill(chance, value.struct_value, depth + 1)
        case _:
            value.list_value.SetInParent()
            for _ in range(chance.randint(0, 3)):
                _fill_value(chance, value.list_value.values.add(), depth + 1)


def _deepen(struct: Struct, depth: int) -> None:
    for level in range(depth):
        value = struct.fields["theme"]
        if level % 2:
            struct = value.struct_value
            struct.SetInParent()
        else:
            inner = value.list_value.values.add()
            struct = inner.struct_value
            struct.SetInParent()
