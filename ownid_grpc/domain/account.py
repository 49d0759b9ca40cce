"""An account: one record of the customer's own database, seen through the mapping."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias, Union

JsonValue: TypeAlias = Union[
    bool, int, float, Decimal, str, "list[JsonValue]", "dict[str, JsonValue]", None
]
"""A profile value. Times are RFC 3339 text in UTC, dates `YYYY-MM-DD`, decimals `Decimal`."""

Profile: TypeAlias = dict[str, JsonValue]

PropertyPath: TypeAlias = tuple[str, ...]
"""A property within the profile: `("address", "city")`."""

FieldPath: TypeAlias = tuple[str, ...]
"""A field within an account, as a mask names it: `("profile", "address", "city")`, `("etag",)`."""

AccountKey: TypeAlias = tuple[str, ...]
"""The key of an account in its database as text, a part for each key column."""

PROFILE = "profile"
ETAG: FieldPath = ("etag",)
DISABLED: FieldPath = ("disabled",)
CREATE_TIME: FieldPath = ("create_time",)
UPDATE_TIME: FieldPath = ("update_time",)


@dataclass(frozen=True, slots=True)
class Account:
    """One account as its database holds it.

    `profile` has no member for an absent value. `etag` is empty when a mask
    left it out. `disabled` and the times are None where the mapping has none.
    """

    key: AccountKey
    profile: Profile
    etag: str = ""
    disabled: bool | None = None
    create_time: datetime | None = None
    update_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccountDraft:
    """An account to be made; `key` only where the caller chooses it."""

    profile: Profile
    disabled: bool | None = None
    key: AccountKey | None = None


def value_at(profile: Mapping[str, JsonValue], path: PropertyPath) -> JsonValue:
    """Returns the value at `path`, None where there is none."""
    value: JsonValue = dict(profile) if len(path) == 0 else profile.get(path[0])
    for name in path[1:]:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def with_value(profile: Profile, path: PropertyPath, value: JsonValue) -> Profile:
    """Returns a copy of `profile` that has `value` at `path`; None removes the member.

    Objects on the way are made as needed, and an object left empty is removed.
    """
    name, rest = path[0], path[1:]
    inner = profile.get(name)
    if rest:
        value = with_value(inner if isinstance(inner, dict) else {}, rest, value) or None
    changed = {key: member for key, member in profile.items() if key != name or value is not None}
    if value is not None:
        changed[name] = value
    return changed


def dotted(path: PropertyPath) -> str:
    """Returns `path` as people write it: `address.city`."""
    return ".".join(path)


@dataclass(frozen=True, slots=True)
class LoginId:
    """A property that identifies an account at sign-in.

    Matched without regard to case unless `is_exact`, never by accent or width.
    """

    path: PropertyPath
    is_exact: bool = False
