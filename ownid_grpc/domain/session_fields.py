"""The fields of a session, as a filter names them."""

from collections.abc import Sequence
from datetime import datetime

from ownid_grpc.domain.account import PROFILE, Account, Profile, value_at, with_value
from ownid_grpc.domain.fields import FieldType, FieldTypes
from ownid_grpc.domain.filters import bind_filter
from ownid_grpc.domain.predicates import Predicate
from ownid_grpc.domain.session import Session
from ownid_grpc.domain.source import Kind
from ownid_grpc.domain.times import format_timestamp
from ownid_grpc.errors import InvalidArgument, Reason

PAYLOAD = "payload"

_FIELDS: FieldTypes = {
    (PROFILE, "state"): FieldType(Kind.TEXT),
    (PROFILE, "create_time"): FieldType(Kind.TIMESTAMP),
    (PROFILE, "last_active_time"): FieldType(Kind.TIMESTAMP),
    (PROFILE, "expire_time"): FieldType(Kind.TIMESTAMP),
    (PROFILE, "revoke_time"): FieldType(Kind.TIMESTAMP),
    (PROFILE, "revoke_reason"): FieldType(Kind.TEXT),
    (PROFILE, "user_agent"): FieldType(Kind.TEXT),
    (PROFILE, "ip_address"): FieldType(Kind.TEXT),
}


def bind_session_filter(text: str) -> Predicate:
    """Returns what a filter (AIP-160) asks of a session; raises `InvalidArgument`."""
    return bind_filter(text, _FIELDS)


def updated_payload(
    current: Profile, given: Profile | None, mask: Sequence[str], field: str = "update_mask"
) -> Profile:
    """Returns the payload as an update makes it (AIP-134); raises `InvalidArgument`."""
    if not mask:
        return current if given is None else given
    changed = current
    for path in mask:
        segments = tuple(path.split("."))
        if path == "*" or segments == (PAYLOAD,):
            changed = given or {}
        elif segments[0] == PAYLOAD and all(segments):
            changed = with_value(changed, segments[1:], value_at(given or {}, segments[1:]))
        else:
            raise InvalidArgument.at(
                Reason.FIELD_MASK_INVALID,
                field,
                "unknown",
                f"Unknown path in {field}; of a session only {PAYLOAD} can change.",
                field=field,
                expected=PAYLOAD,
            )
    return changed


def as_account(session: Session, now: datetime) -> Account:
    """Returns a session in the shape that predicates are held against."""
    times = {
        "create_time": session.create_time,
        "last_active_time": session.last_active_time,
        "expire_time": session.expire_time,
        "revoke_time": session.revoke_time,
    }
    texts = {
        "revoke_reason": session.revoke_reason,
        "user_agent": session.user_agent,
        "ip_address": session.ip_address,
    }
    profile: Profile = {"state": session.state_at(now).value}
    profile |= {name: format_timestamp(time) for name, time in times.items() if time is not None}
    profile |= {name: text for name, text in texts.items() if text}
    return Account((), profile)
