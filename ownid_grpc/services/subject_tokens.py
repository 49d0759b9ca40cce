"""Tokens of an app's own identity provider, by which it says who has signed in (RFC 8693)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from ownid_grpc.config import TrustedIssuer
from ownid_grpc.domain.account import AccountKey, LoginId, PropertyPath
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.sealing import Digests
from ownid_grpc.errors import FailedPrecondition, InvalidArgument, Reason, Unavailable, Violation
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.in_force import SchemasInForce
from ownid_grpc.services.key_sources import KeySource
from ownid_grpc.services.signed_tokens import (
    LEEWAY_SECONDS,
    SignedToken,
    TokenRefused,
    check_signature,
    end_of,
    read_token,
    time_in,
)
from ownid_grpc.state.base import Clock, RequestDigest, RequestIds, RequestState

MAX_LENGTH = 16 * 1024
MAX_AGE_SECONDS = 3600
"""How long ago a token may have been issued; shorter than it is remembered as used."""

_FIELD = "subject_token"
_MAX_LOGIN_ID = 1024
_KINDS = frozenset(("jwt", "application/jwt"))


@dataclass(frozen=True, slots=True)
class Issuer:
    """An identity provider that an app trusts, and where its keys come from."""

    words: TrustedIssuer
    sources: Sequence[KeySource] = field(repr=False)


class TokenUses:
    """Has each token count once, on whichever replica; keeps a keyed hash of it for a day."""

    def __init__(self, request_ids: RequestIds, secret: bytes) -> None:
        self._request_ids = request_ids
        self._digests = Digests(secret, "subject token")

    @contextmanager
    def once(self, app: str, token: SignedToken) -> Iterator[None]:
        """Uses a token up, unless the block raises; raises `TokenRefused` for one that is."""
        # Without the signature, which has more than one spelling.
        signed = token.text.rpartition(".")[0]
        digest = RequestDigest(self._digests.of(app, signed))
        reservation = self._request_ids.reserve(app, digest, digest)
        if reservation.state is not RequestState.NEW:
            raise TokenRefused("The token was used before; sign in again for another.")
        try:
            yield
        except BaseException:
            with suppress(Unavailable):
                self._request_ids.release(reservation)
            raise
        # One that nobody could note as done stays taken all the same.
        with suppress(Unavailable):
            self._request_ids.finish(reservation, "")


class SubjectTokens:
    """Says which account a token of a trusted issuer is about.

    Only the one property that the operator names is held against the claim:
    a user of the identity provider who chooses a claim freely must not be able
    to choose whose login id it is. A claim that the provider has not verified
    says nothing.
    """

    def __init__(
        self,
        apps: Apps,
        schemas: SchemasInForce,
        issuers: Mapping[str, Sequence[Issuer]],
        uses: TokenUses,
        clock: Clock,
    ) -> None:
        self._apps = apps
        self._schemas = schemas
        self._issuers = issuers
        self._uses = uses
        self._clock = clock

    @contextmanager
    def signing_in(self, call: Call, app: str, text: str) -> Iterator[AccountKey]:
        """Gives the key of the account that has signed in, and uses the token up.

        Where the block raises, it may be used again. Raises `InvalidArgument`
        for a token that does not hold, `NotFound` where no account has the
        login id.
        """
        repository = self._apps.repository(app)
        try:
            token = read_token(text, MAX_LENGTH)
            words = self._verified(app, token)
            login_id = _login_id_in(token, words)
            login_ids = [self._looked_up_by(app, words)]
            key = repository.find(call, login_ids, login_id, frozenset()).key
            with self._uses.once(app, token):
                yield key
        except TokenRefused as error:
            raise refused(error.message) from error

    def _verified(self, app: str, token: SignedToken) -> TrustedIssuer:
        issuer = self._issuer_of(app, token)
        check_signature(token, issuer.sources, issuer.words.algorithms)
        now = self._clock().timestamp()
        end_of(token, now)
        issued = time_in(token, "iat")
        if issued is None or issued < now - MAX_AGE_SECONDS - LEEWAY_SECONDS:
            raise TokenRefused(
                "The token must say by its claim iat that it is at most an hour old."
            )
        _check_kind(token, issuer.words)
        return issuer.words

    def _issuer_of(self, app: str, token: SignedToken) -> Issuer:
        for issuer in self._issuers.get(app, ()):
            words = issuer.words
            if token.claims.get("iss") == words.issuer and words.audience in token.audiences:
                return issuer
        raise TokenRefused("The token's issuer and audience are none that the app trusts.")

    def _looked_up_by(self, app: str, words: TrustedIssuer) -> LoginId:
        path: PropertyPath = tuple(words.property.split("."))
        for login_id in self._schemas.for_reading(app).schema.login_ids:
            if login_id.path == path:
                return login_id
        description = (
            f"Accounts are looked up by {words.property}, which is no login id of the account "
            "schema; mend sessions.issuers in ownid.yaml, or the schema."
        )
        violation = Violation(words.property, "login_id", description)
        raise FailedPrecondition(Reason.MAPPING_FAULTY, description, {"app": app}, (violation,))


def refused(description: str) -> InvalidArgument:
    """Returns the error of a token that signs nobody in."""
    return InvalidArgument.at(Reason.ARGUMENT_INVALID, _FIELD, "token", description, field=_FIELD)


def _check_kind(token: SignedToken, words: TrustedIssuer) -> None:
    """Returns for what says that a user has signed in at us, as an ID token of OpenID Connect does.

    The same issuer signs access tokens (`at+jwt`) and logout tokens with the
    same keys; and one token for several audiences may have been had from
    another of them, unless it was issued to ours.
    """
    kind = token.header.get("typ", "JWT")
    if str(kind).lower() not in _KINDS or "events" in token.claims:
        raise TokenRefused("The token is of a kind that does not say who has signed in.")
    if len(token.audiences) > 1 and token.claims.get("azp") != words.audience:
        raise TokenRefused("The token is for several audiences; its claim azp must be ours.")
    for name, wanted in words.required_claims.items():
        value = token.claims.get(name)
        if type(value) is not type(wanted) or value != wanted:
            raise TokenRefused(f"The token's claim {name} is not as the app requires.")
    # Some providers write it as text.
    if words.verified_claim and token.claims.get(words.verified_claim) not in (True, "true"):
        raise TokenRefused(f"The token's claim {words.verified_claim} must be true.")


def _login_id_in(token: SignedToken, words: TrustedIssuer) -> str:
    login_id = token.claims.get(words.claim)
    if not isinstance(login_id, str) or not 0 < len(login_id) <= _MAX_LOGIN_ID:
        raise TokenRefused(f"The token has no text in the claim {words.claim}.")
    # JSON can write what no database holds: NUL, and half of a character.
    if "\0" in login_id or any("\ud800" <= character <= "\udfff" for character in login_id):
        raise TokenRefused(f"The token has no proper text in the claim {words.claim}.")
    return login_id
