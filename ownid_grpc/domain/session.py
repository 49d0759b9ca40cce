"""A session: one browser or device in which an account is, or was, signed in."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from ownid_grpc.domain.account import AccountKey, Profile

SessionId = NewType("SessionId", str)
"""32 hexadecimal digits, drawn at random; no secret."""

KEPT_AFTER_END = timedelta(days=7)
"""For how long an ended session can still be looked at."""

LAST_ACTIVE_STEP = timedelta(minutes=1)
"""How exact the time of the last use is kept at best, so that not every call writes."""


class SessionState(StrEnum):
    """Whether a session still holds."""

    ACTIVE = "ACTIVE"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


@dataclass(frozen=True, slots=True)
class Session:
    """One session; times are aware, in UTC.

    `generation` counts how often its refresh token was replaced, the last
    time at `rotate_time`. `seed` is what its refresh tokens are made of, with
    the service's own secret.
    """

    app: str
    id: SessionId
    account: AccountKey
    create_time: datetime
    last_active_time: datetime
    expire_time: datetime
    idle_timeout: timedelta
    payload: Profile = field(default_factory=dict)
    user_agent: str = ""
    ip_address: str = ""
    revoke_time: datetime | None = None
    revoke_reason: str = ""
    generation: int = 0
    rotate_time: datetime | None = None
    seed: bytes = field(default=b"", repr=False)

    @property
    def end_time(self) -> datetime:
        """When the session ends, or ended, unless it is used once more."""
        if self.revoke_time is not None:
            return self.revoke_time
        return min(self.expire_time, self.last_active_time + self.idle_timeout)

    @property
    def last_active_step(self) -> timedelta:
        """How exact `last_active_time` is kept, finer where idleness ends the session soon."""
        return min(LAST_ACTIVE_STEP, self.idle_timeout / 4)

    def state_at(self, now: datetime) -> SessionState:
        """Returns whether the session holds at a time."""
        if self.revoke_time is not None:
            return SessionState.REVOKED
        return SessionState.ACTIVE if now < self.end_time else SessionState.EXPIRED


def new_session_id() -> SessionId:
    """Returns an id that no other session has."""
    return SessionId(secrets.token_hex(16))
