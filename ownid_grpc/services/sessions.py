"""Opening, reading and ending sessions, as the backend does that has signed a user in."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from ownid_grpc.config import SessionSettings
from ownid_grpc.domain.account import DISABLED, AccountKey, Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.names import session_name
from ownid_grpc.domain.paging import Position, TokenSealer, query_fingerprint
from ownid_grpc.domain.predicates import matches
from ownid_grpc.domain.session import Session, SessionId, new_session_id
from ownid_grpc.domain.session_fields import as_account, bind_session_filter, updated_payload
from ownid_grpc.domain.session_tokens import (
    RefreshToken,
    RefreshTokens,
    Ticket,
    digest_of_ticket,
    new_seed,
    new_ticket,
)
from ownid_grpc.errors import FailedPrecondition, NotFound, Reason
from ownid_grpc.services.access_tokens import AccessToken, AccessTokens
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.limits import Limits
from ownid_grpc.services.naming import naming
from ownid_grpc.state.base import Clock, SessionPosition, Sessions
from ownid_grpc.state.times import from_micros, to_micros

TICKET_LIFETIME = timedelta(seconds=60)

_SCANNED = 1000
"""Sessions looked at together when a filter is held against them."""
_MOST_SCANNED = 10_000


@dataclass(frozen=True, slots=True)
class Tokens:
    """What makes and reads the tokens of sessions."""

    access: AccessTokens
    refresh: RefreshTokens


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to be opened, as it was sent."""

    payload: Profile = field(default_factory=dict)
    user_agent: str = ""
    ip_address: str = ""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session and its tokens, which are secret; a ticket only when it is new."""

    session: Session
    access_token: AccessToken
    refresh_token: RefreshToken
    ticket: Ticket | None = None


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Sessions, newest first; `next_page_token` is empty at the end."""

    sessions: Sequence[Session]
    next_page_token: str


class AccountSessions:
    """The sessions of all apps' accounts."""

    def __init__(
        self,
        apps: Apps,
        sessions: Sessions,
        words: Mapping[str, SessionSettings],
        *,
        tokens: Tokens,
        sealer: TokenSealer,
        limits: Limits,
        clock: Clock,
    ) -> None:
        self._apps = apps
        self._sessions = sessions
        self._words = words
        self._tokens = tokens
        self._sealer = sealer
        self._limits = limits
        self._clock = clock

    def create(self, call: Call, app: str, key: AccountKey, new: NewSession) -> OpenSession:
        """Opens a session of an account that has just been signed in.

        If there is no such account, raises `NotFound`; if it is disabled,
        `FailedPrecondition`.
        """
        repository = self._apps.repository(app)
        self._limits.check_session(new.payload, new.user_agent, new.ip_address)
        with naming(app, key):
            account = repository.get(call, key, frozenset({DISABLED}))
        if account.disabled:
            raise FailedPrecondition(
                Reason.ACCOUNT_DISABLED,
                "The account is disabled and may not be signed in.",
                {"app": app},
            )
        call.note_written(account.key)
        session = self._new(app, account.key, new)
        ticket = new_ticket(session.id)
        ticket_end = session.create_time + TICKET_LIFETIME
        self._sessions.add(session, digest_of_ticket(ticket), ticket_end)
        return self.opened(session, ticket)

    def opened(self, session: Session, ticket: Ticket | None = None) -> OpenSession:
        """Returns a session with the tokens that it has now."""
        access_token = self._tokens.access.issue(session)
        return OpenSession(session, access_token, self._tokens.refresh.token_of(session), ticket)

    def get(self, app: str, key: AccountKey, session_id: SessionId) -> Session:
        """Returns a session of an account, ended or not. If there is none, raises `NotFound`."""
        self._apps.repository(app)
        found = self._sessions.get_many(app, [session_id])
        if not found or found[0].account != key:
            raise NotFound(
                Reason.SESSION_NOT_FOUND,
                "There is no such session, or it ended more than a week ago.",
                resource_type="ownid.com/Session",
                resource_name=session_name(app, key, session_id),
            )
        return found[0]

    def list(
        self, app: str, key: AccountKey | None, *, filter_: str, page_size: int, page_token: str
    ) -> SessionPage:
        """Returns a page of the sessions of an account, or of the whole app for no key.

        With a filter that few sessions match, a page may be short before the
        end: no more than some thousands are looked at for one.
        """
        self._apps.repository(app)
        predicate = bind_session_filter(filter_)
        size = self._limits.page_size(page_size)
        account = "-" if key is None else json.dumps(key)
        fingerprint = query_fingerprint(app, "sessions", account, filter_)
        after = self._opened(page_token, fingerprint)
        found: list[Session] = []
        now, looked_at = self._clock(), 0
        while looked_at < _MOST_SCANNED:
            batch_size = _SCANNED if filter_ else size + 1
            batch = self._sessions.newest(app, key, after=after, limit=batch_size)
            for session in batch:
                if len(found) == size:
                    return SessionPage(found, self._sealed(after, fingerprint))
                if matches(predicate, as_account(session, now)):
                    found.append(session)
                after = SessionPosition(session.create_time, session.id)
            if len(batch) < batch_size:
                return SessionPage(found, "")
            looked_at += len(batch)
        return SessionPage(found, self._sealed(after, fingerprint))

    def update(
        self,
        app: str,
        key: AccountKey,
        session_id: SessionId,
        payload: Profile | None,
        mask: Sequence[str],
    ) -> Session:
        """Changes the payload of an active session and returns the session.

        Without a mask it is replaced where one is given; a mask names
        `payload` or paths below it, `*` being all that can change.
        """
        session = self.get(app, key, session_id)
        changed = updated_payload(session.payload, payload, mask)
        self._limits.check_session(changed)
        now = self._clock()
        if not self._sessions.set_payload(session, changed, now):
            state = self.get(app, key, session_id).state_at(now)
            raise FailedPrecondition(
                Reason.SESSION_ENDED,
                "The session has ended, and what has ended does not change.",
                {"state": state},
            )
        return replace(session, payload=changed)

    def revoke(self, app: str, key: AccountKey, session_id: SessionId, reason: str) -> Session:
        """Ends a session and returns it; one that has ended stays as it is."""
        self._limits.check_reason(reason)
        self.get(app, key, session_id)
        self._sessions.revoke(app, session_id, reason, self._clock())
        return self.get(app, key, session_id)

    def revoke_all(self, app: str, key: AccountKey, reason: str) -> int:
        """Ends all the sessions of an account, and returns how many held until now."""
        self._apps.repository(app)
        self._limits.check_reason(reason)
        return self._sessions.revoke_all(app, key, reason, self._clock())

    def _new(self, app: str, key: AccountKey, new: NewSession) -> Session:
        now = self._clock()
        words = self._words[app]
        return Session(
            app=app,
            id=new_session_id(),
            account=key,
            create_time=now,
            last_active_time=now,
            expire_time=now + words.lifetime,
            idle_timeout=words.idle_timeout,
            payload=new.payload,
            user_agent=new.user_agent,
            ip_address=new.ip_address,
            seed=new_seed(),
        )

    def _opened(self, token: str, fingerprint: bytes) -> SessionPosition | None:
        if not token:
            return None
        micros, session_id = self._sealer.open(token, fingerprint).key
        return SessionPosition(from_micros(int(micros)), SessionId(session_id))

    def _sealed(self, after: SessionPosition | None, fingerprint: bytes) -> str:
        if after is None:
            return ""
        key = (str(to_micros(after.create_time)), after.id)
        return self._sealer.seal(Position((), key), fingerprint)
