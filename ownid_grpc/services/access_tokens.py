"""Access tokens: short-lived JWTs (RFC 7519, RFC 9068) by which a session is used."""

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from ownid_grpc.config import SessionSettings
from ownid_grpc.domain.names import account_id
from ownid_grpc.domain.session import Session, SessionId
from ownid_grpc.errors import Reason, Unauthenticated
from ownid_grpc.services.signing import SigningRing
from ownid_grpc.state.base import Clock

LEEWAY = timedelta(seconds=30)
"""How far the clocks of two replicas may differ."""

MAX_LENGTH = 8 * 1024
_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token and when it ends; secret."""

    text: str
    expire_time: datetime


class AccessTokens:
    """Issues and reads the access tokens of all apps.

    A token that holds is remembered until it ends: its signature takes longer
    to check than the rest of a call. Whether its session still holds is not
    this module's to say.
    """

    def __init__(
        self, ring: SigningRing, words: Mapping[str, SessionSettings], clock: Clock
    ) -> None:
        self._ring = ring
        self._words = words
        self._clock = clock
        self._lock = threading.Lock()
        self._remembered: dict[bytes, tuple[datetime, SessionId]] = {}

    def issue(self, session: Session) -> AccessToken:
        """Returns a token of the session, which ends no later than the session does."""
        now = self._clock()
        words = self._words[session.app]
        end = min(now + words.access_token_lifetime, session.expire_time).replace(microsecond=0)
        signer = self._ring.current(session.app)
        claims = {
            "iss": words.issuer,
            "aud": session.app,
            "sub": account_id(session.account),
            "sid": session.id,
            "iat": int(now.timestamp()),
            "exp": int(end.timestamp()),
        }
        headers = {"kid": signer.key_id, "typ": "at+jwt"}
        text = jwt.encode(claims, signer.private, algorithm="EdDSA", headers=headers)
        return AccessToken(text, end)

    def read(self, app: str, token: str) -> SessionId:
        """Returns the session that a token of the app is for; raises `Unauthenticated`."""
        if len(token) > MAX_LENGTH or app not in self._words:
            raise _invalid("The access token is not one of this app.")
        key = hashlib.sha256(f"{app} {token}".encode("utf-8", "surrogatepass")).digest()
        end, session_id = self._remembered.get(key, (None, None))
        if end is None or session_id is None:
            end, session_id = self._verified(app, token)
            self._remember(key, end, session_id)
        if self._clock() >= end + LEEWAY:
            raise Unauthenticated(
                Reason.CREDENTIAL_EXPIRED, "The access token has expired; refresh the session."
            )
        return session_id

    def _remember(self, key: bytes, end: datetime, session_id: SessionId) -> None:
        with self._lock:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)))
            self._remembered[key] = (end, session_id)

    def _verified(self, app: str, token: str) -> tuple[datetime, SessionId]:
        try:
            signer = self._ring.find(app, str(jwt.get_unverified_header(token).get("kid")))
            if signer is None:
                raise _invalid("The access token is not signed with a key of this app.")
            claims = jwt.decode(
                token,
                signer.public,
                algorithms=["EdDSA"],
                audience=app,
                issuer=self._words[app].issuer,
                # The time is held against our own clock, each time that the token is used.
                options={"require": ["exp", "sid"], "verify_exp": False, "verify_iat": False},
            )
            end = datetime.fromtimestamp(claims["exp"], self._clock().tzinfo)
        except (jwt.PyJWTError, ValueError, OverflowError, TypeError) as error:
            raise _invalid("The access token is not one of this app.") from error
        return end, SessionId(str(claims["sid"]))


def app_in(token: str) -> str:
    """Returns the app that a token says it is for, not to be believed; empty where none is."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return ""
    audience = claims.get("aud")
    return audience if isinstance(audience, str) else ""


def _invalid(message: str) -> Unauthenticated:
    return Unauthenticated(Reason.CREDENTIAL_INVALID, message)
