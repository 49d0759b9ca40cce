"""An account schema with a property of each kind, and an account that it accepts."""

from ownid_grpc.domain.account import Profile
from ownid_grpc.domain.schema import AccountSchema
from ownid_grpc.domain.source import Capability, Kind, PropertyDescription, SourceDescription

SCHEMA = AccountSchema.parse(
    {
        "type": "object",
        "properties": {
            "email": {"type": "string", "format": "email", "x-ownid-login-id": True},
            "phone": {"type": "string"},
            "plan": {"type": "string", "default": "free"},
            "country": {"type": "string"},
            "zip": {"type": "string"},
            "points": {"type": "integer", "maximum": 100},
            "id": {"type": "integer", "format": "int64"},
            "balance": {"type": "number"},
            "since": {"type": "string", "readOnly": True},
            "pin": {"type": "string", "writeOnly": True},
            "invited_by": {"type": "string", "x-ownid-immutable": True},
            "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}},
            "address": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "minLength": 2},
                    "kind": {"const": "home", "default": "home"},
                    "note": {"type": "string", "writeOnly": True},
                },
                "required": ["city"],
            },
            "settings": {"type": "object", "properties": {"theme": {"enum": ["dark", "light"]}}},
        },
        "required": ["since"],
        "anyOf": [{"required": ["email"]}, {"required": ["phone"]}],
        "dependentRequired": {"zip": ["country"]},
        "if": {"properties": {"country": {"const": "US"}}, "required": ["country"]},
        "then": {"properties": {"zip": {"pattern": "^[0-9]{5}$"}}},
    }
)

SOURCE = SourceDescription(
    (
        *(PropertyDescription((name,), Kind.TEXT) for name in ("email", "phone")),
        PropertyDescription(("address", "city"), Kind.TEXT),
        PropertyDescription(("settings",), Kind.OBJECT),
    ),
    frozenset(Capability),
)

BEFORE: Profile = {"email": "ada@example.org", "since": "2020"}
