"""Tokens of an app's own identity provider, by which it says who has signed in (RFC 8693)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import jwt

from ownid_grpc.config import TrustedIssuer
from ownid_grpc.domain.account import AccountKey, PropertyPath
from ownid_grpc.domain.call import Call
from ownid_grpc.errors import InvalidArgument, NotFound, Reason
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.in_force import SchemasInForce
from ownid_grpc.services.key_sources import KeySource
from ownid_grpc.state.base import Clock

LEEWAY_SECONDS = 30
MAX_LENGTH = 16 * 1024

_FIELD = "subject_token"


@dataclass(frozen=True, slots=True)
class Issuer:
    """An identity provider that an app trusts, and where its keys come from."""

    words: TrustedIssuer
    sources: Sequence[KeySource] = field(repr=False)


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
        clock: Clock,
    ) -> None:
        self._apps = apps
        self._schemas = schemas
        self._issuers = issuers
        self._clock = clock

    def account_of(self, call: Call, app: str, token: str) -> AccountKey:
        """Returns the key of the account that has signed in.

        Raises `InvalidArgument` for a token that does not hold, `NotFound`
        where no account has the login id.
        """
        repository = self._apps.repository(app)
        issuer, claims = self._verified(app, token)
        login_id = claims.get(issuer.claim)
        if not isinstance(login_id, str) or not login_id:
            raise _refused(f"The token has no text in the claim {issuer.claim}.")
        if issuer.verified_claim and claims.get(issuer.verified_claim) is not True:
            raise _refused(f"The token's claim {issuer.verified_claim} must be true.")
        path: PropertyPath = tuple(issuer.property.split("."))
        schema = self._schemas.for_reading(app).schema
        login_ids = [each for each in schema.login_ids if each.path == path]
        if not login_ids:
            raise NotFound(
                Reason.ACCOUNT_NOT_FOUND,
                f"The account schema has no login id {issuer.property} to find the account by.",
                resource_type="ownid.com/Account",
            )
        return repository.find(call, login_ids, login_id, frozenset()).key

    def _verified(self, app: str, token: str) -> tuple[TrustedIssuer, Mapping[str, object]]:
        if len(token) > MAX_LENGTH:
            raise _refused(f"The token is longer than {MAX_LENGTH} characters.")
        try:
            header = jwt.get_unverified_header(token)
            claimed = jwt.decode(token, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise _refused("The token is no JWT.") from error
        issuer = self._issuer_of(app, claimed)
        key_id = str(header["kid"]) if "kid" in header else None
        for source in issuer.sources:
            for key in source.keys(key_id):
                if key_id is None or key_id in key.ids:
                    allowed = sorted(key.algorithms & issuer.words.algorithms)
                    claims = self._decoded(token, key.key, allowed, issuer.words)
                    if claims is not None:
                        return issuer.words, claims
        raise _refused("The token is not signed with a key of its issuer.")

    def _issuer_of(self, app: str, claimed: Mapping[str, object]) -> Issuer:
        audience = claimed.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        for issuer in self._issuers.get(app, ()):
            words = issuer.words
            if claimed.get("iss") == words.issuer and words.audience in audiences:
                return issuer
        raise _refused("The token's issuer and audience are none that the app trusts.")

    def _decoded(
        self, token: str, key: object, algorithms: list[str], words: TrustedIssuer
    ) -> Mapping[str, object] | None:
        """Returns the claims of a token that holds now, None where the key did not sign it."""
        try:
            claims = jwt.decode(
                token,
                key,  # type: ignore[arg-type]  # one of those that PyJWT knows
                algorithms=algorithms,
                audience=words.audience,
                issuer=words.issuer,
                # The times are held against our own clock.
                options={"require": ["exp"], "verify_exp": False, "verify_iat": False},
            )
        except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError, ValueError):
            return None
        except jwt.PyJWTError as error:
            raise _refused("The token lacks a claim that it must have, such as exp.") from error
        self._check_times(claims)
        return claims

    def _check_times(self, claims: Mapping[str, object]) -> None:
        now, end, start = self._clock().timestamp(), claims.get("exp"), claims.get("iat", 0)
        is_number = isinstance(end, int | float) and isinstance(start, int | float)
        if not is_number or now >= float(str(end)) + LEEWAY_SECONDS:
            raise _refused("The token has expired.")
        if float(str(start)) > now + LEEWAY_SECONDS:
            raise _refused("The token does not hold yet, by its claim iat.")


def _refused(description: str) -> InvalidArgument:
    return InvalidArgument.at(Reason.ARGUMENT_INVALID, _FIELD, "token", description, field=_FIELD)
