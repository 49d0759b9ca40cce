"""Verifies the tokens of admin callers: signed by a key that the operator registered."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ownid_grpc.config import EVERY, Caller
from ownid_grpc.errors import Reason, Unauthenticated
from ownid_grpc.services.key_sources import KeySources
from ownid_grpc.services.signed_tokens import (
    SignedToken,
    TokenRefused,
    check_signature,
    end_of,
    read_token,
)

MAX_TOKEN_LENGTH = 8 * 1024

_REMEMBERED = 10_000
_REMEMBERED_SECONDS = 60.0


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
        sources: KeySources,
        every_scope: Iterable[str],
        now: Callable[[], float],
    ) -> None:
        """Takes the callers, and where the keys of each come from."""
        self._known = callers, sources
        self._every_scope = frozenset(every_scope)
        self._now = now
        self._lock = threading.Lock()
        self._remembered: dict[bytes, tuple[float, Principal]] = {}

    def principal_of(self, token: str) -> Principal:
        """Returns the caller that the token speaks for.

        Raises `Unauthenticated`, and `Unavailable` where nobody can tell.
        """
        key = hashlib.sha256(token.encode()).digest()
        end, principal = self._remembered.get(key, (0.0, None))
        if principal is None or self._now() >= end:
            try:
                end, principal = self._verified(token)
            except TokenRefused as error:
                raise _unauthenticated(error) from error
            self._remember(key, end, principal)
        return principal

    def principal_with(self, certificate_names: Iterable[str]) -> Principal | None:
        """Returns the caller whose certificate has one of these names, None for nobody's."""
        names = frozenset(certificate_names)
        for caller in self._known[0]:
            if not names.isdisjoint(caller.certificates):
                return Principal(caller.name, caller.apps, self._scopes_of(caller))
        return None

    def replace(self, callers: Sequence[Caller], sources: KeySources) -> None:
        """Makes these the callers from now on."""
        with self._lock:
            self._known = callers, sources
            self._remembered = {}

    def _scopes_of(self, caller: Caller) -> frozenset[str]:
        return self._every_scope if caller.scopes is None else frozenset(caller.scopes)

    def _remember(self, key: bytes, end: float, principal: Principal) -> None:
        with self._lock:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)))
            self._remembered[key] = (min(end, self._now() + _REMEMBERED_SECONDS), principal)

    def _verified(self, text: str) -> tuple[float, Principal]:
        token = read_token(text, MAX_TOKEN_LENGTH)
        # One look: they may be replaced at any moment.
        callers, sources = self._known
        caller = _caller_of(token, callers)
        check_signature(token, sources.get(caller.name, ()), caller.algorithms)
        end = end_of(token, self._now())
        scopes = self._scopes_of(caller)
        claimed_scopes, claimed_apps = _scopes(token), _apps(token)
        return end, Principal(
            caller.name,
            _common(caller.apps, claimed_apps),
            scopes if claimed_scopes is None else scopes & claimed_scopes,
        )


def _caller_of(token: SignedToken, callers: Sequence[Caller]) -> Caller:
    for caller in callers:
        if token.claims.get("iss") == caller.issuer and caller.audience in token.audiences:
            return caller
    raise TokenRefused("The token's issuer and audience are those of no caller registered here.")


def _scopes(token: SignedToken) -> frozenset[str] | None:
    """Returns the scopes that the token asks for; None where it leaves them to the operator."""
    value = token.claims.get("scope")
    if value is None:
        return None
    if not isinstance(value, str):
        raise TokenRefused("The token's claim scope must be text, its scopes separated by spaces.")
    return frozenset(value.split(" "))


def _apps(token: SignedToken) -> frozenset[str] | None:
    value = token.claims.get("apps", token.claims.get("app"))
    if value is None:
        return None
    claimed = value if isinstance(value, list) else [value]
    apps = frozenset(app for app in claimed if isinstance(app, str))
    if len(apps) < len(claimed):
        raise TokenRefused("The token's claim apps must be a list of app ids, each once.")
    return None if EVERY in apps else apps


def _common(left: frozenset[str] | None, right: frozenset[str] | None) -> frozenset[str] | None:
    if left is None or right is None:
        return left if right is None else right
    return left & right


def _unauthenticated(error: TokenRefused) -> Unauthenticated:
    reason = Reason.CREDENTIAL_EXPIRED if error.is_out_of_time else Reason.CREDENTIAL_INVALID
    return Unauthenticated(reason, error.message)
