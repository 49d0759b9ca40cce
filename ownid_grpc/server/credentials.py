"""Verifies the tokens of admin callers: signed by a key that the operator registered."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

import jwt

from ownid_grpc.config import EVERY, Caller, PublicKey
from ownid_grpc.errors import Reason, Unauthenticated
from ownid_grpc.services.key_sources import KeySources

MAX_TOKEN_LENGTH = 8 * 1024
LEEWAY_SECONDS = 30
"""How far the clocks of a caller and of this server may differ."""

_REMEMBERED = 10_000
_REMEMBERED_SECONDS = 60.0
_LAST_SECOND = 253_402_300_800  # the year 10000

_Words: TypeAlias = Mapping[str, object]
_JWS = jwt.PyJWS()


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller whose credential holds, and what it grants; `apps` of None are all."""

    caller: str
    apps: frozenset[str] | None
    scopes: frozenset[str]

    def may_use(self, app: str) -> bool:
        """Returns whether the credential holds for the app."""
        return self.apps is None or app in self.apps


class Credentials:
    """The callers that the operator registered.

    A token that holds is remembered for a minute, since checking a signature
    takes longer than the rest of a call; a key that was withdrawn lets nobody
    in for longer than that. `now` gives the time in seconds since 1970.
    """

    def __init__(
        self,
        callers: Sequence[Caller],
        every_scope: Iterable[str],
        now: Callable[[], float],
        sources: KeySources | None = None,
    ) -> None:
        """Takes the callers, and where their keys come from if not from the callers themselves."""
        self._callers = callers
        self._sources = sources
        self._every_scope = frozenset(every_scope)
        self._now = now
        self._lock = threading.Lock()
        self._remembered: dict[bytes, tuple[float, Principal]] = {}

    def principal_of(self, token: str) -> Principal:
        """Returns the caller that the token speaks for; raises `Unauthenticated`."""
        if len(token) > MAX_TOKEN_LENGTH:
            _refuse(f"The token is longer than {MAX_TOKEN_LENGTH} characters.")
        key = hashlib.sha256(token.encode()).digest()
        end, principal = self._remembered.get(key, (0.0, None))
        if principal is None or self._now() >= end:
            end, principal = self._verified(token)
            self._remember(key, end, principal)
        return principal

    def principal_with(self, certificate_names: Iterable[str]) -> Principal | None:
        """Returns the caller whose certificate has one of these names, None for nobody's."""
        names = frozenset(certificate_names)
        for caller in self._callers:
            if not names.isdisjoint(caller.certificates):
                return Principal(caller.name, caller.apps, self._scopes_of(caller))
        return None

    def replace(self, callers: Sequence[Caller], sources: KeySources) -> None:
        """Makes these the callers from now on."""
        with self._lock:
            self._callers, self._sources = callers, sources
            self._remembered = {}

    def _scopes_of(self, caller: Caller) -> frozenset[str]:
        return self._every_scope if caller.scopes is None else frozenset(caller.scopes)

    def _keys_of(self, caller: Caller, key_id: str | None) -> list[PublicKey]:
        if self._sources is None:
            return [key for file in caller.keys for key in file.keys]
        sources = self._sources.get(caller.name, ())
        return [key for source in sources for key in source.keys(key_id)]

    def _remember(self, key: bytes, end: float, principal: Principal) -> None:
        with self._lock:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)))
            self._remembered[key] = (min(end, self._now() + _REMEMBERED_SECONDS), principal)

    def _verified(self, token: str) -> tuple[float, Principal]:
        header, claims = _read(token)
        caller = self._caller_of(claims)
        key_id = str(header["kid"]) if "kid" in header else None
        key = _key_for(header, self._keys_of(caller, key_id), caller)
        _check_signature(token, key, header["alg"])
        end = _check_times(claims, self._now())
        scopes = self._scopes_of(caller)
        claimed_scopes, claimed_apps = _scopes(claims), _apps(claims)
        return end, Principal(
            caller.name,
            _common(caller.apps, claimed_apps),
            scopes if claimed_scopes is None else scopes & claimed_scopes,
        )

    def _caller_of(self, claims: _Words) -> Caller:
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        for caller in self._callers:
            if claims.get("iss") == caller.issuer and caller.audience in audiences:
                return caller
        raise _invalid("The token's issuer and audience are those of no caller registered here.")


def _read(token: str) -> tuple[_Words, _Words]:
    """Returns header and claims as they stand, not to be believed yet."""
    try:
        parts = _JWS.decode_complete(token, options={"verify_signature": False})
        header, claims = parts["header"], json.loads(parts["payload"])
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise _invalid("The token is no JWT.") from error
    if not isinstance(claims, dict):
        _refuse("The token is no JWT: its claims are no JSON object.")
    return header, claims


def _key_for(header: _Words, keys: list[PublicKey], caller: Caller) -> PublicKey:
    if "kid" in header:
        keys = [key for key in keys if str(header["kid"]) in key.ids]
    if len(keys) != 1:
        _refuse("The token names no key that is registered for its issuer; send a known kid.")
    if header.get("alg") not in [*(keys[0].algorithms & caller.algorithms)]:
        _refuse("The token is signed with an algorithm that its key or its issuer may not use.")
    return keys[0]


def _check_signature(token: str, key: PublicKey, algorithm: object) -> None:
    try:
        _JWS.decode(token, key.key, algorithms=[str(algorithm)])
    except (jwt.PyJWTError, ValueError) as error:
        raise _invalid("The token's signature does not hold.") from error


def _check_times(claims: _Words, now: float) -> float:
    """Returns when the token ends; raises where that was before, or it has not begun."""
    end = _time(claims, "exp")
    if end is None:
        _refuse("The token never expires; it must have the claim exp.")
    if now >= end + LEEWAY_SECONDS:
        raise Unauthenticated(Reason.CREDENTIAL_EXPIRED, "The token has expired.")
    for name in ("nbf", "iat"):
        begin = _time(claims, name)
        if begin is not None and now < begin - LEEWAY_SECONDS:
            raise Unauthenticated(
                Reason.CREDENTIAL_EXPIRED, f"The token does not hold yet, by its claim {name}."
            )
    return end + LEEWAY_SECONDS


def _time(claims: _Words, name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse(f"The token's claim {name} must be a number of seconds since 1970.")
    if not 0 <= value < _LAST_SECOND:
        _refuse(f"The token's claim {name} must be a number of seconds since 1970.")
    return float(value)


def _scopes(claims: _Words) -> frozenset[str] | None:
    """Returns the scopes that the token asks for; None where it leaves them to the operator."""
    value = claims.get("scope")
    if value is None:
        return None
    if not isinstance(value, str):
        _refuse("The token's claim scope must be text, its scopes separated by spaces.")
    return frozenset(value.split(" "))


def _apps(claims: _Words) -> frozenset[str] | None:
    value = claims.get("apps", claims.get("app"))
    if value is None:
        return None
    claimed = value if isinstance(value, list) else [value]
    apps = frozenset(app for app in claimed if isinstance(app, str))
    if len(apps) < len(claimed):
        _refuse("The token's claim apps must be a list of app ids, each once.")
    return None if EVERY in apps else apps


def _common(left: frozenset[str] | None, right: frozenset[str] | None) -> frozenset[str] | None:
    if left is None or right is None:
        return left if right is None else right
    return left & right


def _invalid(message: str) -> Unauthenticated:
    return Unauthenticated(Reason.CREDENTIAL_INVALID, message)


def _refuse(message: str) -> NoReturn:
    raise _invalid(message)
