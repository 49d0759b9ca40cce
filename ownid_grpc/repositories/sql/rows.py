"""Makes accounts of rows; the inner loop of every read."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias, TypeVar

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
from ownid_grpc.repositories.sql.codecs import Codec
from ownid_grpc.repositories.sql.codecs.column import ColumnCodec
from ownid_grpc.repositories.sql.codecs.moments import EpochValues, TimestampValues

Decode: TypeAlias = Callable[[object], JsonValue]
Row: TypeAlias = Sequence[object]

_Place: TypeAlias = tuple[int, BoundField]
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class AccountReader:
    """Reads rows of key columns, field columns and, last, the version where there is one.

    Where everything goes is worked out once a selection. `members` are those of
    the profile itself, by name, so that the etag finds them in order; `inner`
    what lies within them, and documents. `hidden` are fields that only the etag
    needs; `only` is what to show where that is less than fields.
    """

    keys: tuple[Decode, ...]
    members: tuple[tuple[int, str, Decode], ...]
    inner: tuple[tuple[int, FieldPath, Decode], ...]
    disabled: Callable[[Row], bool | None]
    create_time: Callable[[Row], datetime | None]
    update_time: Callable[[Row], datetime | None]
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
        places = [*enumerate(read, len(keys))]
        own = {field.path: (index, field) for index, field in places}
        members = {field.path[1]: (i, field) for i, field in places if _is_member(field)}
        inner = [(i, field) for i, field in places if not _is_member(field)]
        visible = {field.path for field in shown}
        return cls(
            tuple(_decoding(field.codec) for field in keys),
            tuple(
                (i, name, _decoding(field.codec)) for name, (i, field) in sorted(members.items())
            ),
            tuple(
                (i, each.path, _decoding(each.codec))
                for i, each in inner
                if each.path[0] == PROFILE
            ),
            _reads(own.get(DISABLED), _decode_boolean),
            _reads(own.get(CREATE_TIME), _decode_moment),
            _reads(own.get(UPDATE_TIME), _decode_moment),
            frozenset(field.path for field in read if field.path not in visible),
            has_etag,
            has_version,
        )

    def whole(self) -> "AccountReader":
        """Returns the reader that shows all it reads, for the sake of a position."""
        return replace(self, hidden=frozenset(), has_etag=False, has_version=False, only=None)

    def account(self, row: Row) -> Account:
        """Returns the account that a row holds."""
        profile: Profile = {}
        for index, name, decode in self.members:
            value = decode(row[index])
            if value is not None:
                profile[name] = value
        for index, path, decode in self.inner:
            value = decode(row[index])
            if value is not None:
                _place(profile, path[1:], value)
        disabled = self.disabled(row)
        created, updated = self.create_time(row), self.update_time(row)
        etag = ""
        if self.has_version:
            etag = version_etag(row[-1])
        elif self.has_etag:
            etag = etag_of(profile, disabled, created, updated)
        account = Account(self.key(row), profile, etag, disabled, created, updated)
        return account if self.only is None and not self.hidden else self._cut(account)

    def accounts(self, rows: Iterable[Row]) -> tuple[Account, ...]:
        """Returns the accounts that rows hold."""
        return tuple(map(self.account, rows))

    def key(self, row: Row) -> AccountKey:
        """Returns the key that a row begins with, as text."""
        if len(self.keys) == 1:
            return (str(self.keys[0](row[0])),)
        return tuple(str(decode(row[index])) for index, decode in enumerate(self.keys))

    def _cut(self, account: Account) -> Account:
        """Returns an account without what was read for its etag alone."""
        chosen = account.profile if self.only is None else chosen_of(account.profile, self.only)
        return replace(
            account,
            profile=_without(chosen, self.hidden),
            disabled=None if DISABLED in self.hidden else account.disabled,
            create_time=None if CREATE_TIME in self.hidden else account.create_time,
            update_time=None if UPDATE_TIME in self.hidden else account.update_time,
        )


def _is_member(field: BoundField) -> bool:
    return field.path[0] == PROFILE and len(field.path) == 2  # noqa: PLR2004 - `profile` and a name


def _decoding(codec: Codec) -> Decode:
    """Returns what decodes a column, which where no value means absence asks for none."""
    if isinstance(codec, ColumnCodec) and not codec.null:
        return codec.values.decode
    return codec.decode


def _reads(
    place: _Place | None, decoding: Callable[[Codec], Callable[[object], _Read | None]]
) -> Callable[[Row], _Read | None]:
    """Returns what reads a field of its own from a row, None where the selection has none."""
    if place is None:
        return lambda _: None
    index, field = place
    decode = decoding(field.codec)
    return lambda row: decode(row[index])


def _decode_boolean(codec: Codec) -> Callable[[object], bool | None]:
    plain = _decoding(codec)

    def decode(stored: object) -> bool | None:
        value = plain(stored)
        return value if isinstance(value, bool) else None

    return decode


def _decode_moment(codec: Codec) -> Callable[[object], datetime | None]:
    """Returns what reads a time, which need not be written out as text to be read again."""
    if isinstance(codec, ColumnCodec) and isinstance(codec.values, EpochValues | TimestampValues):
        moment, absent = codec.values.moment, codec.null
        return lambda stored: None if stored in absent else moment(stored)

    def decode(stored: object) -> datetime | None:
        value = codec.decode(stored)
        return datetime.fromisoformat(value) if isinstance(value, str) else None

    return decode


def _place(profile: Profile, path: FieldPath, value: JsonValue) -> None:
    if path:
        _set_nested(profile, path, value)
    elif isinstance(value, dict):
        profile |= value


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
