"""Etags: quoted as RFC 7232 has them (AIP-154), changed whenever what an account shows does."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal

from ownid_grpc.domain.account import JsonValue, Profile

MAX_PLAIN_EXPONENT = 400
"""Beyond it a number is hashed as digits and exponent: written out, it could fill the memory."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REPR_IS_CANONICAL = frozenset((str, int, bool, type(None)))


def etag_of(
    profile: Profile,
    disabled: bool | None,  # noqa: FBT001 - a field of the account, not a switch
    create_time: datetime | None,
    update_time: datetime | None,
) -> str:
    """Returns a hash over all that an account holds.

    It does not depend on the order of members, on the type or trailing zeros
    that a driver gives a number, or on the zone in which a time is given.
    """
    content = f"{_canonical(profile)}{disabled}|{_instant(create_time)}|{_instant(update_time)}"
    return _quoted_hash(content)


def version_etag(version: object) -> str:
    """Returns the etag of a version column's value."""
    return _quoted_hash(str(version))


def _quoted_hash(content: str) -> str:
    digest = hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return f'"{digest}"'


def _canonical(value: JsonValue) -> str:
    """Returns a text that is the same for equal values and for no others.

    Every read of every account comes through here; `json.dumps` with a hook
    for decimals takes longer.
    """
    match value:
        case dict():
            return _canonical_members(value)
        case list():
            return f"[{', '.join(map(_canonical, value))}]"
        case float() | Decimal():
            return _canonical_number(str(value))
    return repr(value)


def _canonical_members(members: Profile) -> str:
    names = sorted(members)
    if _REPR_IS_CANONICAL.issuperset(map(type, members.values())):
        in_order = names == [*members]
        return repr(members if in_order else {name: members[name] for name in names})
    return f"{{{', '.join(f'{name!r}: {_canonical(members[name])}' for name in names)}}}"


def _canonical_number(text: str) -> str:
    if "e" in text or "E" in text:
        text = _without_exponent(Decimal(text))
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _without_exponent(number: Decimal) -> str:
    if abs(number.adjusted()) <= MAX_PLAIN_EXPONENT:
        return f"{number:f}"
    sign, digits, _ = number.as_tuple()
    significant = "".join(map(str, digits)).rstrip("0")
    return f"{'-' * sign}{significant}e{number.adjusted()}" if significant else "0"


def _instant(time: datetime | None) -> str:
    if time is None:
        return ""
    since = time - _EPOCH
    return f"{since.days}:{since.seconds}:{since.microseconds}"
