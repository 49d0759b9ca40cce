"""Etags: quoted as RFC 7232 has them (AIP-154), changed whenever what an account shows does."""

import hashlib
import json
from datetime import datetime
from decimal import Decimal

from ownid_grpc.domain.account import Profile


def etag_of(
    profile: Profile,
    disabled: bool | None,  # noqa: FBT001 - a field of the account, not a switch
    create_time: datetime | None,
    update_time: datetime | None,
) -> str:
    """Returns a hash over all that an account holds; the order of members does not count."""
    content = json.dumps(
        [profile, disabled, create_time, update_time],
        sort_keys=True,
        ensure_ascii=True,
        separators=(",", ":"),
        default=_plain,
    )
    digest = hashlib.blake2b(content.encode(), digest_size=12).hexdigest()
    return f'"{digest}"'


def version_etag(version: object) -> str:
    """Returns the etag of a version column's value."""
    digest = hashlib.blake2b(str(version).encode(), digest_size=12).hexdigest()
    return f'"{digest}"'


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, datetime) else str(value)
