"""The types that JSON has a form of its own for, as ProtoJSON says it."""

from collections.abc import Mapping

from tools.openapi.contract import Json

WELL_KNOWN: Mapping[str, Json] = {
    "google.protobuf.Duration": {
        "type": "string",
        "description": "Seconds with up to nine decimals and an `s`, as `1800s`.",
        "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$",
    },
    "google.protobuf.Empty": {"type": "object", "description": "Nothing: `{}`."},
    "google.protobuf.FieldMask": {
        "type": "string",
        "description": "Paths of fields, separated by commas.",
        "pattern": r"^[^()\[\]]*$",
    },
    "google.protobuf.Struct": {
        "type": "object",
        "description": "Any object.",
        "additionalProperties": True,
    },
    "google.protobuf.Timestamp": {
        "type": "string",
        "description": "A time as RFC 3339 writes it; answers have it in UTC.",
        "format": "date-time",
    },
}

_INT32: Json = {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1}
_INT64: Json = {"type": "string", "format": "int64", "pattern": "^-?[0-9]+$"}

SCALARS: Mapping[str, Json] = {
    "bool": {"type": "boolean"},
    "int32": _INT32,
    "int64": _INT64,
    "string": {"type": "string"},
}
"""Those that the contract uses; another is a `KeyError` until its form stands here."""
