"""Field masks: which fields a read fills (AIP-157), and which an update touches (AIP-134, 161)."""

import dataclasses
import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from ownid_grpc.domain.account import (
    CREATE_TIME,
    DISABLED,
    ETAG,
    PROFILE,
    UPDATE_TIME,
    Account,
    FieldPath,
    JsonValue,
    Profile,
    PropertyPath,
    dotted,
    value_at,
    with_value,
)
from ownid_grpc.domain.fields import nearest, shown
from ownid_grpc.errors import InvalidArgument, Reason

EVERY: FieldPath = ("*",)
"""What stands for all fields in a mask."""

_NAME: FieldPath = ("name",)
_OUTPUT_ONLY = {_NAME, ETAG, CREATE_TIME, UPDATE_TIME}
_FIXED = _OUTPUT_ONLY | {EVERY, DISABLED, (PROFILE,)}
# Possessive: no other reading is looked for, which would be remembered at 100 bytes a character.
_SEGMENT = r"(?:[^`.]++|`(?:[^`]|``)++`)"
_PATH = re.compile(rf"{_SEGMENT}(?:\.{_SEGMENT})*+", re.DOTALL)
_FIRST_SEGMENT = re.compile(_SEGMENT, re.DOTALL)
_PLAIN = re.compile(r"[^`.]+")
_CAPITAL = re.compile("[A-Z]")


def parse_read_mask(
    paths: Sequence[str], properties: Collection[PropertyPath], field: str = "read_mask"
) -> frozenset[FieldPath] | None:
    """Returns the fields to fill, None for all of them, as without a mask.

    The name, which every account has, is not among them. Raises
    `InvalidArgument` for a path that no account has.
    """
    fields = {_parse_path(path, properties, field) for path in paths}
    return None if not fields or EVERY in fields else frozenset(fields - {_NAME})


def parse_update_mask(
    paths: Sequence[str] | None, properties: Collection[PropertyPath], field: str = "update_mask"
) -> frozenset[FieldPath] | None:
    """Returns the fields to change, None for those that are given.

    Fields that only the server sets are not among them. Raises
    `InvalidArgument` for a path that no account has.
    """
    if not paths:
        return None
    return frozenset(_parse_path(path, properties, field) for path in paths) - _OUTPUT_ONLY


def apply_update(
    current: Account,
    given_profile: Profile,
    given_disabled: bool | None,  # noqa: FBT001 - a field of the account, not a switch
    mask: Sequence[str] | None,
    properties: Collection[PropertyPath],
) -> Account:
    """Returns the account as an update makes it.

    Without a mask the fields given change, null clearing one. A path of the
    mask without a value is cleared, an object in it replaced whole. `*`
    replaces the profile; disabled, which is never absent, changes only where
    given.
    """
    fields = parse_update_mask(mask, properties)
    if fields is None:
        changed = _merged(current.profile, given_profile, properties)
    elif fields & {EVERY, (PROFILE,)}:
        changed = _merged({}, given_profile, properties)
    else:
        changed = _replaced(current.profile, given_profile, fields, properties)
    disabled = current.disabled
    if given_disabled is not None and (fields is None or fields & {EVERY, DISABLED}):
        disabled = given_disabled
    elif disabled is not None and fields is not None and DISABLED in fields:
        disabled = False
    return dataclasses.replace(current, profile=changed, disabled=disabled)


def _merged(base: Profile, given: Profile, properties: Collection[PropertyPath]) -> Profile:
    # Copied once: `with_value` copies for each value, which a large profile makes long.
    merged = _copied(base)
    for path, value in _given(given, (), properties):
        _set(merged, path, value)
    return merged


def _copied(profile: Profile) -> Profile:
    return {
        name: _copied(value) if isinstance(value, dict) else value
        for name, value in profile.items()
    }


def _set(profile: Profile, path: PropertyPath, value: JsonValue) -> None:
    """Does to `profile` itself what `with_value` does to a copy."""
    name, rest = path[0], path[1:]
    if rest:
        inner = profile.get(name)
        members = inner if isinstance(inner, dict) else {}
        _set(members, rest, value)
        value = members or None
    if value is None:
        profile.pop(name, None)
    else:
        profile[name] = value


def _replaced(
    base: Profile,
    given: Profile,
    fields: Iterable[FieldPath],
    properties: Collection[PropertyPath],
) -> Profile:
    # What is given, read as a whole, has no nulls and no empty objects left in it.
    wanted = _merged({}, given, properties)
    for field in fields:
        if field[0] == PROFILE:
            base = with_value(base, field[1:], value_at(wanted, field[1:]))
    return base


def _given(
    members: Profile, prefix: PropertyPath, properties: Collection[PropertyPath]
) -> Iterator[tuple[PropertyPath, JsonValue]]:
    """Yields the properties given, looking into an object only where properties lie in it."""
    for name, value in members.items():
        path = (*prefix, name)
        if isinstance(value, dict) and _lies_in(path, properties):
            yield from _given(value, path, properties)
        else:
            yield path, value


def _lies_in(path: PropertyPath, properties: Collection[PropertyPath]) -> bool:
    return any(len(each) > len(path) and each[: len(path)] == path for each in properties)


def _parse_path(path: str, properties: Collection[PropertyPath], field: str) -> FieldPath:
    parsed: FieldPath = ()
    if _PATH.fullmatch(path):
        parsed = tuple(_plain(each) for each in _FIRST_SEGMENT.findall(path))
    if parsed in _FIXED:
        return parsed
    inner = parsed[1:]
    if parsed[:1] == (PROFILE,) and (inner in properties or _lies_in(inner, properties)):
        return parsed
    meant = _named_in_json(inner, properties) if parsed[:1] == (PROFILE,) else None
    if meant is not None:
        return (PROFILE, *meant)
    known = [dotted(each) for each in _FIXED] + [
        written_path((PROFILE, *each)) for each in properties
    ]
    hint = nearest(path, known) or f"known paths begin with {PROFILE} or are fields of an account"
    description = f"Unknown path {shown(path)} in {field}; {hint}."
    raise InvalidArgument.at(
        Reason.FIELD_MASK_INVALID, field, "unknown", description, field=field, expected=hint
    )


def _named_in_json(path: PropertyPath, properties: Collection[PropertyPath]) -> PropertyPath | None:
    """Returns the one path of which ProtoJSON makes this, None for none or several.

    It takes the capitals of a mask for its own spelling of snake case:
    `givenName` arrives as `given_name`.
    """
    known = {each[: len(path)] for each in properties if len(each) >= len(path)}
    found = [each for each in known if tuple(_without_capitals(name) for name in each) == path]
    return found[0] if len(found) == 1 else None


def _without_capitals(name: str) -> str:
    return _CAPITAL.sub(lambda found: f"_{found[0].lower()}", name)


def _plain(segment: str) -> str:
    return segment[1:-1].replace("``", "`") if segment.startswith("`") else segment


def written_path(path: FieldPath) -> str:
    """Returns a path as a mask has it, a segment with a dot or a backtick in it quoted."""
    return ".".join(
        each if _PLAIN.fullmatch(each) else "`" + each.replace("`", "``") + "`" for each in path
    )
