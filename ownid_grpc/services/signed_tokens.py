"""Signed tokens of others (RFC 7519): how they are read, verified, and held against the time."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import jwt

from ownid_grpc.config import PublicKey
from ownid_grpc.errors import Reason, Unavailable
from ownid_grpc.services.key_sources import RETRY_SECONDS, KeySource

LEEWAY_SECONDS = 30
"""How far the clocks of an issuer and of this server may differ."""

_LAST_SECOND = 253_402_300_800  # the year 10000
_JWS = jwt.PyJWS()


class TokenRefused(Exception):
    """A token does not hold; says why, in words for whoever sent it.

    `is_out_of_time` is that it held once, or will: another one may do.
    """

    def __init__(self, message: str, *, is_out_of_time: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.is_out_of_time = is_out_of_time


@dataclass(frozen=True, slots=True)
class SignedToken:
    """A token as it stands, not to be believed before it is verified."""

    text: str = field(repr=False)
    header: Mapping[str, object]
    claims: Mapping[str, object] = field(repr=False)

    @property
    def key_id(self) -> str | None:
        """What the token calls the key that it is signed with; None where it does not say."""
        return str(self.header["kid"]) if "kid" in self.header else None

    @property
    def audiences(self) -> Sequence[object]:
        """Whom the token is meant for."""
        audience = self.claims.get("aud")
        return audience if isinstance(audience, list) else [audience]


def read_token(text: str, max_length: int) -> SignedToken:
    """Returns header and claims of a token; raises `TokenRefused` for what is none."""
    if len(text) > max_length:
        raise TokenRefused(f"The token is longer than {max_length} characters.")
    try:
        parts = _JWS.decode_complete(text, options={"verify_signature": False})
        header, claims = parts["header"], json.loads(parts["payload"])
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise TokenRefused("The token is no JWT.") from error
    if not isinstance(claims, dict):
        raise TokenRefused("The token is no JWT: its claims are no JSON object.")
    return SignedToken(text, header, claims)


def check_signature(
    token: SignedToken, sources: Sequence[KeySource], algorithms: Collection[str]
) -> None:
    """Returns for a token that is signed with a key of these sources by one of the algorithms.

    Several keys may share an id, as one that stands in a file and in a set.
    Raises `TokenRefused`, and `Unavailable` where the key may be one that
    cannot be fetched at the moment.
    """
    named = _named(token.key_id, [key for each in sources for key in each.keys(token.key_id)])
    if not named and not all(source.is_current for source in sources):
        raise Unavailable(
            Reason.KEYS_UNAVAILABLE,
            "The keys of the token's issuer cannot be fetched at the moment; try again.",
            retry_delay=timedelta(seconds=RETRY_SECONDS),
        )
    if not named:
        raise TokenRefused(
            "The token names no key that is registered for its issuer; send a known kid."
        )
    algorithm = str(token.header.get("alg"))
    fitting = [key for key in named if algorithm in key.algorithms and algorithm in algorithms]
    if not fitting:
        raise TokenRefused(
            "The token is signed with an algorithm that its key or its issuer may not use."
        )
    if not any(_is_signed(token, key, algorithm) for key in fitting):
        raise TokenRefused("The token's signature does not hold.")


def end_of(token: SignedToken, now: float) -> float:
    """Returns when the token ends; raises `TokenRefused` unless it holds now."""
    end = time_in(token, "exp")
    if end is None:
        raise TokenRefused("The token never expires; it must have the claim exp.")
    if now >= end + LEEWAY_SECONDS:
        raise TokenRefused("The token has expired.", is_out_of_time=True)
    for name in ("nbf", "iat"):
        begin = time_in(token, name)
        if begin is not None and now < begin - LEEWAY_SECONDS:
            raise TokenRefused(
                f"The token does not hold yet, by its claim {name}.", is_out_of_time=True
            )
    return end + LEEWAY_SECONDS


def time_in(token: SignedToken, name: str) -> float | None:
    """Returns the time that a claim says, in seconds since 1970; None where it is not there."""
    match token.claims.get(name):
        case None:
            return None
        case bool():
            pass
        case int() | float() as seconds if 0 <= seconds < _LAST_SECOND:
            return float(seconds)
    raise TokenRefused(f"The token's claim {name} must be a number of seconds since 1970.")


def _named(key_id: str | None, keys: Sequence[PublicKey]) -> Sequence[PublicKey]:
    if key_id is None:
        # Where there is more than one, its issuer must say which.
        return keys if len(keys) == 1 else ()
    return [key for key in keys if key_id in key.ids]


def _is_signed(token: SignedToken, key: PublicKey, algorithm: str) -> bool:
    try:
        _JWS.decode(token.text, key.key, algorithms=[algorithm])
    except (jwt.PyJWTError, ValueError):
        return False
    return True
