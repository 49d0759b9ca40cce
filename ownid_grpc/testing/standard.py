"""The standard account: one property of each kind and place, which every backend can be given."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import yaml

from ownid_grpc.domain.account import (
    CREATE_TIME,
    DISABLED,
    PROFILE,
    UPDATE_TIME,
    JsonValue,
    LoginId,
    Profile,
)
from ownid_grpc.domain.fields import FieldType, FieldTypes
from ownid_grpc.domain.source import Capability, Kind, PropertyDescription, SourceDescription

PROPERTIES = (
    PropertyDescription(("email",), Kind.TEXT, can_be_absent=False, is_unique=True, max_length=120),
    PropertyDescription(("username",), Kind.TEXT, max_length=60),
    PropertyDescription(("name",), Kind.TEXT, max_length=400),
    PropertyDescription(("score",), Kind.INTEGER, minimum=-(2**31), maximum=2**31 - 1),
    PropertyDescription(("big",), Kind.INTEGER, minimum=-(2**63), maximum=2**63 - 1),
    PropertyDescription(("balance",), Kind.NUMBER, digits=(10, 2)),
    PropertyDescription(("rating",), Kind.NUMBER),
    PropertyDescription(("active",), Kind.BOOLEAN),
    PropertyDescription(("last_seen",), Kind.TIMESTAMP),
    PropertyDescription(("birthdate",), Kind.DATE),
    PropertyDescription(("address", "city"), Kind.TEXT, max_length=60),
    PropertyDescription(("address", "zip"), Kind.TEXT, max_length=20),
    PropertyDescription(("theme",), Kind.TEXT),
    PropertyDescription(("level",), Kind.NUMBER),
    PropertyDescription(("tags",), Kind.ARRAY, item_kind=Kind.TEXT),
)

DESCRIPTION = SourceDescription(
    PROPERTIES,
    frozenset(Capability) - {Capability.CHOOSE_KEY},
    has_create_time=True,
    has_update_time=True,
)
CHOSEN = SourceDescription(
    (PropertyDescription(("name",), Kind.TEXT, max_length=60),),
    frozenset(Capability) - {Capability.DISABLE},
)
"""Accounts whose keys the caller chooses, of one text, and that cannot be disabled."""

EMAIL = LoginId(("email",))
USERNAME = LoginId(("username",))
LOGIN_IDS = (EMAIL, USERNAME)

FIELDS: FieldTypes = {
    **{(PROFILE, *each.path): FieldType(each.kind, each.item_kind) for each in PROPERTIES},
    DISABLED: FieldType(Kind.BOOLEAN),
    CREATE_TIME: FieldType(Kind.TIMESTAMP),
    UPDATE_TIME: FieldType(Kind.TIMESTAMP),
}

CASES = Path(__file__).parent / "cases"


def profiles() -> Mapping[str, Profile]:
    """Returns the profiles of accounts.yaml by the names they have there."""
    content = yaml.safe_load((CASES / "accounts.yaml").read_text("utf-8"))
    return {name: profile_of(profile) for name, profile in content.items()}


def profile_of(words: Mapping[str, JsonValue]) -> Profile:
    """Returns a profile from YAML, which has no decimals: they are written as text."""
    decimals = {name: Decimal(str(words[name])) for name in ("balance", "level") if name in words}
    return {**words, **decimals}
