"""Makes accounts of rows; the inner loop of every read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ownid_grpc.domain.account import (
    CREATE_TIME,
    DISABLED,
    PROFILE,
    UPDATE_TIME,
    Account,
    AccountKey,
    FieldPath,
    JsonValue,
    Profile,
)
from ownid_grpc.domain.etags import etag_of, version_etag
from ownid_grpc.repositories.base import Fields
from ownid_grpc.repositories.projection import chosen_of
from ownid_grpc.repositories.sql.bound import BoundField

Decode = Callable[[object], JsonValue]


@dataclass(frozen=True, slots=True)
class AccountReader:
    """Reads rows of key columns, field columns and, last, the version where there is one.

    `hidden` are fields that only the etag needs; `only` is what to show where
    that is less than fields.
    """

    keys: tuple[Decode, ...]
    fields: tuple[tuple[int, FieldPath, Decode], ...]
    hidden: frozenset[FieldPath]
    has_etag: bool
    has_version: bool
    only: Fields = None

    @classmethod
    def of(
        cls,
        keys: Sequence[BoundField],
        read: Sequence[BoundField],
        shown: Sequence[BoundField],
        *,
        has_etag: bool,
        has_version: bool,
    ) -> "AccountReader":
        """Returns the reader of a selection of columns."""
        visible = {field.path for field in shown}
        return cls(
            tuple(field.codec.decode for field in keys),
            tuple(
                (index, field.path, field.codec.decode)
                for index, field in enumerate(read, len(keys))
            ),
            frozenset(field.path for field in read if field.path not in visible),
            has_etag,
            has_version,
        )

    def whole(self) -> "AccountReader":
        """Returns the reader that shows all it reads, for the sake of a position."""
        return replace(self, hidden=frozenset(), has_etag=False, has_version=False, only=None)

    def account(self, row: Sequence[object]) -> Account:
        """Returns the account that a row holds."""
        profile: Profile = {}
        others: dict[FieldPath, JsonValue] = {}
        for index, path, decode in self.fields:
            value = decode(row[index])
            if value is None:
                continue
            if path[0] != PROFILE:
                others[path] = value
            elif len(path) == 2:  # noqa: PLR2004 - `profile` and one name: the common case
                profile[path[1]] = value
            elif isinstance(value, dict) and len(path) == 1:
                profile |= value
            else:
                _set_nested(profile, path[1:], value)
        return self._account(self.key(row), profile, others, row)

    def key(self, row: Sequence[object]) -> AccountKey:
        """Returns the key that a row begins with, as text."""
        return tuple(str(decode(row[index])) for index, decode in enumerate(self.keys))

    def _account(
        self,
        key: AccountKey,
        profile: Profile,
        others: dict[FieldPath, JsonValue],
        row: Sequence[object],
    ) -> Account:
        disabled = others.get(DISABLED)
        is_disabled = disabled if isinstance(disabled, bool) else None
        created = _time(others.get(CREATE_TIME))
        updated = _time(others.get(UPDATE_TIME))
        etag = ""
        if self.has_version:
            etag = version_etag(row[-1])
        elif self.has_etag:
            etag = etag_of(profile, is_disabled, created, updated)
        if self.only is not None:
            profile = chosen_of(profile, self.only)
        if self.hidden:
            profile = _without(profile, self.hidden)
            is_disabled = None if DISABLED in self.hidden else is_disabled
            created = None if CREATE_TIME in self.hidden else created
            updated = None if UPDATE_TIME in self.hidden else updated
        return Account(key, profile, etag, is_disabled, created, updated)


def _time(value: JsonValue) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def _set_nested(profile: Profile, path: FieldPath, value: JsonValue) -> None:
    inner = profile
    for name in path[:-1]:
        member = inner.setdefault(name, {})
        if not isinstance(member, dict):
            return
        inner = member
    inner[path[-1]] = value


def _without(
    profile: Profile, hidden: frozenset[FieldPath], base: FieldPath = (PROFILE,)
) -> Profile:
    kept: Profile = {}
    for name, value in profile.items():
        path = (*base, name)
        if path in hidden:
            continue
        if isinstance(value, dict) and any(each[: len(path)] == path for each in hidden):
            inner = _without(value, hidden, path)
            if inner:
                kept[name] = inner
            continue
        kept[name] = value
    return kept
