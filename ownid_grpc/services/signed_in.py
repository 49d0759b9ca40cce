"""What the signed-in user does with the own session: use it, refresh it, end it."""

from datetime import timedelta

from ownid_grpc.domain.account import DISABLED, Account
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.session import Session, SessionId, SessionState
from ownid_grpc.domain.session_tokens import (
    RefreshClaim,
    digest_of_ticket,
    read_refresh_token,
    session_of_ticket,
)
from ownid_grpc.errors import NotFound, OwnIdError, PermissionDenied, Reason, Unauthenticated
from ownid_grpc.services import ending
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.sessions import AccountSessions, OpenSession, Tokens
from ownid_grpc.state.base import Clock, Sessions

GRACE = timedelta(seconds=10)
"""For how long a refresh token that was just replaced leads to its successor once more."""

REUSED = "refresh token reused"
SIGNED_OUT = "signed out"


class SignedIn:
    """The sessions of all apps, as their users use them.

    Every method looks the session up, so that its end holds from the next
    call on, on every replica; and none takes a database that does not answer
    for an account that is gone.
    """

    def __init__(
        self,
        apps: Apps,
        sessions: Sessions,
        opening: AccountSessions,
        tokens: Tokens,
        clock: Clock,
    ) -> None:
        self._apps = apps
        self._sessions = sessions
        self._opening = opening
        self._tokens = tokens
        self._clock = clock

    def admit(self, app: str, access_token: str) -> Session:
        """Returns the session that an access token of the app is for.

        Raises `Unauthenticated` for a token that does not hold and for a
        session that has ended. Whether the account is still there is for who
        reads it to say, by `account_gone`.
        """
        return self._active(app, self._tokens.access.read(app, access_token))

    def use(self, session: Session) -> None:
        """Notes that the session is used, which keeps it from ending of idleness."""
        self._sessions.touch(session, self._clock())

    def exchange(self, call: Call, app: str, ticket: str) -> OpenSession:
        """Returns the session of a ticket with its tokens, once; raises `Unauthenticated`."""
        self._apps.repository(app)
        session_id = session_of_ticket(ticket)
        for session in self._sessions.get_many(app, [session_id] if session_id else []):
            # Looked up first: a ticket is not used up while the database does not answer.
            call.note_written(session.account)
            account = self._account_of(call, session)
            digest, now = digest_of_ticket(ticket), self._clock()
            if self._sessions.redeem_ticket(app, session.id, digest, now):
                self._check(session, account)
                return self._opening.opened(session)
        raise Unauthenticated(
            Reason.TICKET_INVALID,
            "The ticket is unknown, used, or too old; sign in again for another.",
        )

    def refresh(self, call: Call, app: str, refresh_token: str) -> OpenSession:
        """Returns the session with new tokens.

        A token that was replaced before ends the session, since either its
        user or somebody else holds a copy; but for some seconds it leads to
        its successor, as when two tabs refresh at once.
        """
        self._apps.repository(app)
        claim = read_refresh_token(refresh_token)
        if claim is None:
            raise _refresh_token_unknown()
        session = self._session_of(app, claim)
        call.note_written(session.account)
        self.check_account(call, session)
        return self._opening.opened(self._rotated(session, claim))

    def revoke(self, session: Session) -> None:
        """Ends the session."""
        self._sessions.revoke(session.app, session.id, SIGNED_OUT, self._clock())

    def check_account(self, call: Call, session: Session) -> None:
        """Returns while the account may be signed in; else ends its sessions and raises."""
        self._check(session, self._account_of(call, session))

    def check_enabled(self, session: Session, account: Account) -> None:
        """Returns for an account that is not disabled; else ends its sessions and raises."""
        if account.disabled:
            self._end_all(session, ending.DISABLED)
            raise PermissionDenied(
                Reason.ACCOUNT_DISABLED,
                "The account is disabled; its sessions have ended.",
                {"app": session.app},
            )

    def account_gone(self, session: Session) -> OwnIdError:
        """Ends the sessions of an account that was deleted, and returns the error that says so."""
        self._end_all(session, ending.DELETED)
        return _ended(SessionState.REVOKED)

    def _account_of(self, call: Call, session: Session) -> Account | None:
        repository = self._apps.repository(session.app)
        try:
            return repository.get(call, session.account, frozenset({DISABLED}))
        except NotFound:
            return None

    def _check(self, session: Session, account: Account | None) -> None:
        if account is None:
            raise self.account_gone(session)
        self.check_enabled(session, account)

    def _end_all(self, session: Session, reason: str) -> None:
        self._sessions.revoke_all(session.app, session.account, reason, self._clock())

    def _active(self, app: str, session_id: SessionId) -> Session:
        found = self._sessions.get_many(app, [session_id])
        if not found:
            raise _ended(SessionState.EXPIRED)
        state = found[0].state_at(self._clock())
        if state is not SessionState.ACTIVE:
            raise _ended(state)
        return found[0]

    def _session_of(self, app: str, claim: RefreshClaim) -> Session:
        found = self._sessions.get_many(app, [claim.session_id])
        if not found or not self._tokens.refresh.holds(claim, found[0]):
            raise _refresh_token_unknown()
        state = found[0].state_at(self._clock())
        if state is not SessionState.ACTIVE:
            raise _ended(state)
        return found[0]

    def _rotated(self, session: Session, claim: RefreshClaim) -> Session:
        """Returns the session at the generation that follows the claim's."""
        now = self._clock()
        if claim.generation == session.generation and self._sessions.rotate(session, now):
            return self._active(session.app, session.id)
        # Somebody else was first, just now or long ago.
        session = self._active(session.app, session.id)
        replaced = session.rotate_time
        is_last = claim.generation == session.generation - 1
        if is_last and replaced is not None and now - replaced <= GRACE:
            return session
        self._sessions.revoke(session.app, session.id, REUSED, now)
        raise Unauthenticated(
            Reason.REFRESH_TOKEN_REUSED,
            "The refresh token was replaced before; its session has been ended. Sign in again.",
        )


def _ended(state: SessionState) -> Unauthenticated:
    return Unauthenticated(
        Reason.SESSION_ENDED, "The session has ended; sign in again.", {"state": state}
    )


def _refresh_token_unknown() -> Unauthenticated:
    return Unauthenticated(
        Reason.CREDENTIAL_INVALID, "The refresh token is not one of this app; sign in again."
    )
