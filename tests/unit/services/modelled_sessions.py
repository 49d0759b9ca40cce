"""What sessions must be like, said so simply that it is plainly right."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from ownid_grpc.domain.account import AccountKey, Profile
from ownid_grpc.domain.session import Session, SessionId, SessionState
from ownid_grpc.services.access_tokens import LEEWAY, AccessToken
from ownid_grpc.services.sessions import TICKET_LIFETIME, OpenSession
from ownid_grpc.services.signed_in import GRACE, REUSED

OK = "ok"
A_MINUTE = timedelta(minutes=1)
A_WEEK = timedelta(days=7)


class Standing(StrEnum):
    """What has become of an account in the customer's own database."""

    THERE = "there"
    DISABLED = "disabled"
    DELETED = "deleted"


@dataclass(eq=False)
class ModelledSession:
    """A session; of its tokens the newest stand last."""

    account: "ModelledAccount"
    id: SessionId
    create_time: datetime
    last_active_time: datetime
    expire_time: datetime
    idle_timeout: timedelta
    refresh_tokens: list[str]
    access_tokens: list[AccessToken]
    ticket: str
    payload: Profile = field(default_factory=dict)
    is_redeemed: bool = False
    is_swept: bool = False
    rotate_time: datetime | None = None
    revoke_time: datetime | None = None
    reason: str = ""

    @property
    def end_time(self) -> datetime:
        """When it ends, unless it is used."""
        idle_end = self.last_active_time + self.idle_timeout
        return self.revoke_time or min(self.expire_time, idle_end)

    def state(self, now: datetime) -> SessionState:
        """Returns whether it holds, by a replica's clock."""
        if self.revoke_time is not None:
            return SessionState.REVOKED
        return SessionState.ACTIVE if now < self.end_time else SessionState.EXPIRED

    def is_active(self, now: datetime) -> bool:
        """Returns whether it can be used and changed."""
        return not self.is_swept and self.state(now) is SessionState.ACTIVE

    def revoke(self, reason: str, now: datetime) -> bool:
        """Ends it; what has ended stays as it is."""
        was_active = self.is_active(now)
        if was_active:
            self.revoke_time, self.reason = now, reason
        return was_active

    def use(self, token: AccessToken, now: datetime) -> str:
        """Returns what becomes of a call with an access token."""
        if now >= token.expire_time + LEEWAY:
            return "CREDENTIAL_EXPIRED"
        if not self.is_active(now):
            return "SESSION_ENDED"
        outcome = self.account.admit(now)
        if outcome == OK and now - self.last_active_time >= A_MINUTE:
            self.last_active_time = now
        return outcome

    def exchange(self, now: datetime) -> str:
        """Returns what becomes of its ticket."""
        is_late = now >= self.create_time + TICKET_LIFETIME
        if self.is_redeemed or is_late or not self.is_active(now):
            return "TICKET_INVALID"
        self.is_redeemed = True
        return self.account.admit(now)

    def refresh(self, back: int, now: datetime) -> str:
        """Returns what becomes of a refresh token that was replaced so many times."""
        if self.is_swept:
            return "CREDENTIAL_INVALID"
        if not self.is_active(now):
            return "SESSION_ENDED"
        outcome = self.account.admit(now)
        if outcome != OK or self.leads_on(back, now):
            return outcome
        self.revoke(REUSED, now)
        return "REFRESH_TOKEN_REUSED"

    def leads_on(self, back: int, now: datetime) -> bool:
        """Returns whether such a token gives new ones, the newest or the one before for a while."""
        if back == 1 and self.rotate_time is not None:
            return now - self.rotate_time <= GRACE
        return back == 0

    def rotate(self, opened: OpenSession, now: datetime) -> None:
        """Takes the tokens that the newest refresh token gave."""
        self.refresh_tokens.append(opened.refresh_token)
        self.rotate_time = now
        self.last_active_time = max(now, self.last_active_time)


@dataclass(eq=False)
class ModelledAccount:
    """An account and all the sessions that it ever had."""

    key: AccountKey
    standing: Standing = Standing.THERE
    sessions: list[ModelledSession] = field(default_factory=list)

    def admit(self, now: datetime) -> str:
        """Returns what becomes of a user of it; one who may not be signed in has no sessions."""
        if self.standing is Standing.THERE:
            return OK
        self.revoke_all(f"account {self.standing}", now)
        return "ACCOUNT_DISABLED" if self.standing is Standing.DISABLED else "SESSION_ENDED"

    def open(self) -> str:
        """Returns what becomes of opening a session."""
        outcomes = {Standing.DISABLED: "ACCOUNT_DISABLED", Standing.DELETED: "ACCOUNT_NOT_FOUND"}
        return outcomes.get(self.standing, OK)

    def revoke_all(self, reason: str, now: datetime) -> int:
        """Ends all its sessions, and returns how many held."""
        return sum(each.revoke(reason, now) for each in self.sessions)


def made_among(answers: Iterable[tuple[OpenSession | None, str]]) -> list[OpenSession]:
    """Returns the sessions that were opened, of what several replicas answered."""
    return [made for made, _ in answers if made is not None]


def one_of(clocks: list[datetime], time: datetime | None) -> datetime:
    """Returns the time at which one of the replicas was first, which the model cannot know."""
    assert time is not None
    assert time in clocks
    return time


def seen_of(session: Session, now: datetime) -> tuple[object, ...]:
    """Returns what a replica shows of a session, in the order of `expected_of`."""
    return (
        session.id,
        session.account,
        session.state_at(now),
        session.end_time,
        session.last_active_time,
        session.revoke_reason,
        session.payload,
    )


def expected_of(session: ModelledSession, now: datetime) -> tuple[object, ...]:
    """Returns what every replica is to show of a session."""
    return (
        session.id,
        session.account.key,
        session.state(now),
        session.end_time,
        session.last_active_time,
        session.reason,
        session.payload,
    )
