"""Resource names: how an app, a schema and an account are called on the wire."""

import json
import re
from typing import NoReturn

from ownid_grpc.domain.account import AccountKey
from ownid_grpc.domain.session import SessionId
from ownid_grpc.domain.texts import base64url, bytes_of_base64url
from ownid_grpc.errors import InvalidArgument, Reason

MAX_NAME_LENGTH = 8192
"""Enough for every key that a database can index, since a name given out must be accepted."""

_APP = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,63}")
_REVISION = re.compile(r"[A-Za-z0-9._-]{1,63}")
_SESSION = re.compile(r"[0-9a-f]{32}")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]+")

_NOT_PLAIN = frozenset((".", "..", "-"))
"""Ids that a URL would swallow, and the one that stands for any account (AIP-159)."""


def is_app_id(text: str) -> bool:
    """Returns whether an app can be called so: 1 to 63 letters, digits, `.`, `_` or `-`."""
    return _APP.fullmatch(text) is not None


def app_name(app: str) -> str:
    """Returns `apps/{app}`."""
    return f"apps/{app}"


def parse_app_name(name: str, field: str = "parent") -> str:
    """Returns the app that `name` names; raises `InvalidArgument` for `field`."""
    pattern = "apps/{app}"
    return _app_in(_split(name, pattern, field), pattern, field)


def account_name(app: str, key: AccountKey) -> str:
    """Returns `apps/{app}/accounts/{account}`."""
    return f"apps/{app}/accounts/{account_id(key)}"


def parse_account_name(name: str, field: str = "name") -> tuple[str, AccountKey]:
    """Returns the app and the key of the account that `name` names."""
    pattern = "apps/{app}/accounts/{account}"
    segments = _split(name, pattern, field)
    app = _app_in(segments, pattern, field)
    try:
        return app, _key_of(segments[3])
    except ValueError:
        _refuse(pattern, field)


def parse_account_name_within(app: str, name: str, field: str) -> AccountKey:
    """Returns the key of the account of `app` that `name` names."""
    owner, key = parse_account_name(name, field)
    if owner != app:
        pattern = f"{app_name(app)}/accounts/{{account}}"
        description = f"An account of another app in {field}; expected {pattern}."
        raise InvalidArgument.at(
            Reason.NAME_INVALID, field, "parent", description, field=field, pattern=pattern
        )
    return key


def account_id(key: AccountKey) -> str:
    """Returns the last segment of an account's name.

    A key that is one part of unreserved characters is its own id. Any other is
    `~` and the base64url of its text, of a JSON array where it has several
    parts or its text could be taken for such an array.
    """
    first = key[0]
    if len(key) > 1 or first.startswith("["):
        text = json.dumps(key, ensure_ascii=False, separators=(",", ":"))
    elif first[:1] != "~" and first not in _NOT_PLAIN and _UNRESERVED.fullmatch(first):
        return first
    else:
        text = first
    return "~" + base64url(text.encode())


def parse_account_id(text: str, field: str = "account_id") -> AccountKey:
    """Returns the key whose id `text` is; an id has one spelling, any other is refused."""
    try:
        return _key_of(text)
    except ValueError:
        _refuse("{account}", field)


def account_schema_name(app: str) -> str:
    """Returns `apps/{app}/accountSchema`."""
    return f"apps/{app}/accountSchema"


def parse_account_schema_name(name: str, field: str = "name") -> str:
    """Returns the app whose schema `name` names, not a revision of it."""
    pattern = "apps/{app}/accountSchema"
    return _app_in(_split(name, pattern, field), pattern, field)


def account_schema_revision_name(app: str, revision: str) -> str:
    """Returns `apps/{app}/accountSchema/revisions/{revision}`."""
    return f"apps/{app}/accountSchema/revisions/{revision}"


def parse_account_schema_revision_name(name: str, field: str = "name") -> tuple[str, str]:
    """Returns the app and the revision that `name` names."""
    pattern = "apps/{app}/accountSchema/revisions/{revision}"
    segments = _split(name, pattern, field)
    if _REVISION.fullmatch(segments[4]) is None:
        _refuse(pattern, field)
    return _app_in(segments, pattern, field), segments[4]


def is_account_schema_revision_name(name: str) -> bool:
    """Returns whether `name` means a revision, rather than the schema in force."""
    return "/revisions/" in name


def session_name(app: str, key: AccountKey, session_id: SessionId) -> str:
    """Returns `apps/{app}/accounts/{account}/sessions/{session}`."""
    return f"{account_name(app, key)}/sessions/{session_id}"


def parse_session_name(name: str, field: str = "name") -> tuple[str, AccountKey, SessionId]:
    """Returns the app, the key of the account and the session that `name` names."""
    pattern = "apps/{app}/accounts/{account}/sessions/{session}"
    segments = _split(name, pattern, field)
    app = _app_in(segments, pattern, field)
    if _SESSION.fullmatch(segments[5]) is None:
        _refuse(pattern, field)
    try:
        return app, _key_of(segments[3]), SessionId(segments[5])
    except ValueError:
        _refuse(pattern, field)


def parse_account_or_any(name: str, field: str = "parent") -> tuple[str, AccountKey | None]:
    """Returns the app and the account's key, None for `apps/{app}/accounts/-` (AIP-159)."""
    pattern = "apps/{app}/accounts/{account}"
    segments = _split(name, pattern, field)
    if segments[3] == "-":
        return _app_in(segments, pattern, field), None
    return parse_account_name(name, field)


def _split(name: str, pattern: str, field: str) -> list[str]:
    expected = pattern.split("/")
    segments = name.split("/") if len(name) <= MAX_NAME_LENGTH else []
    if len(segments) != len(expected):
        _refuse(pattern, field)
    for segment, wanted in zip(segments, expected, strict=True):
        if not wanted.startswith("{") and segment != wanted:
            _refuse(pattern, field)
    return segments


def _app_in(segments: list[str], pattern: str, field: str) -> str:
    if not is_app_id(segments[1]):
        _refuse(pattern, field)
    return segments[1]


def _key_of(text: str) -> AccountKey:
    if not 0 < len(text) <= MAX_NAME_LENGTH:
        raise ValueError
    key = _decoded(text[1:]) if text.startswith("~") else (text,)
    if account_id(key) != text:
        raise ValueError
    return key


def _decoded(text: str) -> AccountKey:
    content = bytes_of_base64url(text).decode()
    if not content.startswith("["):
        return (content,)
    try:
        parts = json.loads(content)
    except RecursionError:
        raise ValueError from None
    if not parts or not all(isinstance(part, str) for part in parts):
        raise ValueError
    return tuple(parts)


def _refuse(pattern: str, field: str) -> NoReturn:
    description = f"Malformed name in {field}; expected {pattern}."
    raise InvalidArgument.at(
        Reason.NAME_INVALID, field, "pattern", description, field=field, pattern=pattern
    )
