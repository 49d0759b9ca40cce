"""Refresh tokens and tickets: what opens a session again, or for the first time."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import NewType

from ownid_grpc.domain.sealing import derived_key
from ownid_grpc.domain.session import Session, SessionId
from ownid_grpc.domain.texts import base64url, bytes_of_base64url

RefreshToken = NewType("RefreshToken", str)
Ticket = NewType("Ticket", str)

_ID_BYTES = 16
_GENERATION_BYTES = 4
_PROOF_BYTES = 32
_TICKET_BYTES = 32


@dataclass(frozen=True, slots=True)
class RefreshClaim:
    """What a refresh token says: not to be believed before `RefreshTokens.holds`."""

    session_id: SessionId
    generation: int
    proof: bytes


class RefreshTokens:
    """Makes the refresh tokens of sessions, one for each generation.

    A token is made of the session's random seed, which lies sealed in the
    store, and of the service's secret: the store has nothing that could be
    used, and still two tabs that refresh at once can be given the same token.
    Being able to tell an old token from one that never was is what lets only
    a thief, and nobody who guesses, end a session.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = derived_key(secret, "refresh token")

    def token_of(self, session: Session) -> RefreshToken:
        """Returns the token of the session's present generation."""
        head = bytes.fromhex(session.id) + session.generation.to_bytes(_GENERATION_BYTES, "big")
        return RefreshToken(base64url(head + self._proof(session, session.generation)))

    def holds(self, claim: RefreshClaim, session: Session) -> bool:
        """Returns whether the token is one that this session has, had or will have."""
        return hmac.compare_digest(claim.proof, self._proof(session, claim.generation))

    def _proof(self, session: Session, generation: int) -> bytes:
        parts = (session.app.encode(), bytes.fromhex(session.id), session.seed)
        content = b"".join(len(part).to_bytes(2, "big") + part for part in parts)
        return hmac.digest(self._key, content + generation.to_bytes(8, "big"), "sha256")


def read_refresh_token(token: str) -> RefreshClaim | None:
    """Returns what a text says as a refresh token, None for what is none."""
    content = _bytes_of(token)
    if len(content) != _ID_BYTES + _GENERATION_BYTES + _PROOF_BYTES:
        return None
    generation = int.from_bytes(content[_ID_BYTES : _ID_BYTES + _GENERATION_BYTES], "big")
    proof = content[_ID_BYTES + _GENERATION_BYTES :]
    return RefreshClaim(_id_in(content), generation, proof)


def new_seed() -> bytes:
    """Returns what the refresh tokens of a new session are made of."""
    return secrets.token_bytes(_PROOF_BYTES)


def new_ticket(session_id: SessionId) -> Ticket:
    """Returns a random ticket of a session, of which only the digest is kept."""
    return Ticket(base64url(bytes.fromhex(session_id) + secrets.token_bytes(_TICKET_BYTES)))


def session_of_ticket(ticket: str) -> SessionId | None:
    """Returns the session that a text names as a ticket, None for what is none."""
    content = _bytes_of(ticket)
    return _id_in(content) if len(content) == _ID_BYTES + _TICKET_BYTES else None


def digest_of_ticket(ticket: str) -> str:
    """Returns what is kept of a ticket."""
    return hashlib.sha256(ticket.encode()).hexdigest()


def _id_in(content: bytes) -> SessionId:
    return SessionId(content[:_ID_BYTES].hex())


def _bytes_of(text: str) -> bytes:
    """Returns the bytes of a text that we gave out, none for any other."""
    try:
        return bytes_of_base64url(text)
    except ValueError:
        return b""
