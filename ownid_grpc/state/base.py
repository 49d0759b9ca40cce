"""The ports to our own store, which every process and replica of a service shares.

Every method raises `Unavailable` while the store does not answer, within
seconds. Nothing that lies in the store shows a value of an account.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import NewType, Protocol, TypeAlias

from ownid_grpc.domain.account import AccountKey, Profile
from ownid_grpc.domain.session import Session, SessionId

Clock: TypeAlias = Callable[[], datetime]
"""Tells the time, aware of its zone."""


def utc_now() -> datetime:
    """Returns the time; the clock of all that is not under test."""
    return datetime.now(UTC)


RevisionId = NewType("RevisionId", str)
"""How a revision of an app's schema is called: eight hexadecimal digits, drawn at random."""

RequestDigest = NewType("RequestDigest", str)
"""A keyed hash, in hexadecimal, of a request id or of what a request asks."""


@dataclass(frozen=True, slots=True)
class SchemaRevision:
    """One revision of an app's account schema.

    `number` counts an app's revisions from 1, without a gap; `document` is
    JSON; `etag` is quoted, and differs between any two revisions of an app.
    """

    number: int
    id: RevisionId
    document: str
    create_time: datetime
    etag: str


class SchemaRevisions(Protocol):
    """The revisions of each app's schema: added to, never changed; the newest is in force."""

    @property
    def may_lag(self) -> timedelta:
        """How old a look at what is in force may be; zero where looking costs next to nothing."""
        ...

    def current_id(self, app: str) -> RevisionId | None:
        """Returns the id of the schema in force, None while there is none."""
        ...

    def current(self, app: str) -> SchemaRevision | None:
        """Returns the schema in force, None while there is none."""
        ...

    def get(self, app: str, revision_id: str) -> SchemaRevision:
        """Returns a revision. If there is none, raises `NotFound`."""
        ...

    def newest(self, app: str, *, before: int | None, limit: int) -> Sequence[SchemaRevision]:
        """Returns up to `limit` revisions, newest first, of numbers below `before`."""
        ...

    def append(self, app: str, document: str, *, after: SchemaRevision | None) -> SchemaRevision:
        """Puts a new revision in force, in the place of `after`.

        Raises `Aborted` with `CONCURRENT_CHANGE`, and writes nothing, unless
        `after` is the one in force.
        """
        ...


class RequestState(Enum):
    """What is known of a request id that somebody sends."""

    NEW = auto()
    """Never sent, or forgotten."""
    RUNNING = auto()
    """Another call with it is at work."""
    BROKEN = auto()
    """The call before it broke off, and nobody knows whether it had written."""
    DONE = auto()
    """Its work is done and has a result."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """What `reserve` found.

    `owner` is set when the work is the caller's to do. `fingerprint` is that
    of the call which came first; `result` is what that one made.
    """

    app: str
    request_id: RequestDigest
    state: RequestState
    fingerprint: RequestDigest
    owner: str = ""
    result: str = ""


class RequestIds(Protocol):
    """Request ids and what became of each request, for 24 hours."""

    def reserve(
        self, app: str, request_id: RequestDigest, fingerprint: RequestDigest
    ) -> Reservation:
        """Takes a request id for the caller, unless it is running or done or of another request.

        Of two that ask at once, one gets it. Who does calls `finish`,
        `release` or `break_off`; else the request counts as broken off after
        a minute.
        """
        ...

    def finish(self, reservation: Reservation, result: str) -> None:
        """Keeps the result of the work for calls to come; it must be sealed."""
        ...

    def release(self, reservation: Reservation) -> None:
        """Forgets a request id whose work has written nothing."""
        ...

    def break_off(self, reservation: Reservation) -> None:
        """Says that the work ended without anybody knowing whether it has written."""
        ...


@dataclass(frozen=True, slots=True)
class SessionPosition:
    """A place in a list of sessions, newest first: after the one made then, called so."""

    create_time: datetime
    id: SessionId


class Sessions(Protocol):
    """The sessions of all apps, until a week after their end.

    What names an account, its user or its device lies sealed in the store:
    the store alone tells nobody who was signed in. A session that has ended
    never changes again; one that was sealed with another secret is not there.
    """

    def add(self, session: Session, ticket_digest: str, ticket_expire_time: datetime) -> None:
        """Keeps a new session, and the digest of the ticket that opens it once until then."""
        ...

    def get_many(self, app: str, session_ids: Collection[SessionId]) -> list[Session]:
        """Returns those of the sessions that exist, ended or not, in no particular order."""
        ...

    def newest(
        self,
        app: str,
        account: AccountKey | None,
        *,
        after: SessionPosition | None,
        limit: int,
    ) -> Sequence[Session]:
        """Returns up to `limit` sessions of an account, or of all for None, newest first."""
        ...

    def touch(self, session: Session, now: datetime) -> None:
        """Notes that an active session is used, if a `last_active_step` or more since the last."""
        ...

    def set_payload(self, session: Session, payload: Profile, now: datetime) -> bool:
        """Replaces the payload of an active session; False where it has ended meanwhile."""
        ...

    def rotate(self, session: Session, now: datetime) -> bool:
        """Counts the generation on, from that of `session`, and notes the use.

        Of several that ask at once for one generation, one gets True. False
        where the generation is another or the session has ended.
        """
        ...

    def redeem_ticket(self, app: str, session_id: SessionId, digest: str, now: datetime) -> bool:
        """Returns True the first time, while the ticket and its session hold, and never again."""
        ...

    def revoke(self, app: str, session_id: SessionId, reason: str, now: datetime) -> None:
        """Ends a session that is active; one that has ended stays as it is."""
        ...

    def revoke_all(self, app: str, account: AccountKey, reason: str, now: datetime) -> int:
        """Ends all the active sessions of an account, and returns how many."""
        ...

    def sweep(self, now: datetime) -> int:
        """Removes some of the sessions that ended more than a week ago; returns how many.

        Any number of replicas may sweep at once. Zero when none is left.
        """
        ...


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair that access tokens of an app are signed with.

    `number` counts the keys of an app from 1. It signs from `start_time` until
    the next one does; before, it is only published.
    """

    app: str
    number: int
    key_id: str
    private_key: bytes = field(repr=False)
    public_key: bytes
    create_time: datetime
    start_time: datetime


class SigningKeys(Protocol):
    """The signing keys of all apps; private parts lie sealed in the store.

    What was sealed with another secret is of no use, and left out.
    """

    def of_app(self, app: str) -> Sequence[SigningKey]:
        """Returns the keys of an app, the oldest first."""
        ...

    def last_number(self, app: str) -> int:
        """Returns the highest number that a key of an app has, 0 where there is none."""
        ...

    def add(self, key: SigningKey) -> bool:
        """Keeps a new key; False where another replica was first to have its number."""
        ...

    def remove(self, app: str, *, below: int) -> None:
        """Removes the keys of an app whose numbers are lower."""
        ...


class StateStore(Protocol):
    """All of our store, and its life."""

    @property
    def revisions(self) -> SchemaRevisions:
        """The revisions of account schemas."""
        ...

    @property
    def request_ids(self) -> RequestIds:
        """What became of requests."""
        ...

    @property
    def sessions(self) -> Sessions:
        """Who is signed in where."""
        ...

    @property
    def signing_keys(self) -> SigningKeys:
        """What access tokens are signed with."""
        ...

    def migrate(self) -> None:
        """Brings the tables up to date; many processes may do so at once."""
        ...

    def is_migrated(self) -> bool:
        """Returns whether the tables are there and up to date; makes nothing."""
        ...

    def ping(self) -> None:
        """Returns when the store answers."""
        ...

    def close(self) -> None:
        """Gives back all connections."""
        ...
