"""Ends the sessions of accounts that may not be signed in any more."""

from contextlib import suppress

from ownid_grpc.domain.account import AccountKey
from ownid_grpc.errors import Unavailable
from ownid_grpc.state.base import Clock, Sessions

DELETED = "account deleted"
DISABLED = "account disabled"


class SessionEnding:
    """Ends all the sessions of an account at once.

    Every use of a session looks at its account too, so that a store which
    does not answer just now must not make what was done to the account fail.
    """

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    def end(self, app: str, key: AccountKey, reason: str) -> None:
        """Ends the sessions, if the store answers."""
        with suppress(Unavailable):
            self._sessions.revoke_all(app, key, reason, self._clock())
