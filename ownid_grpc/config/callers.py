"""Admin callers: how each is known, and what it may do."""

from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ownid_grpc.config.keys import PublicKey, read_keys
from ownid_grpc.config.limits import Burst, PerSecond, check_burst
from ownid_grpc.config.words import Reading, Words, folder_of
from ownid_grpc.domain.written_forms import TEXT, each_required, only

Algorithm: TypeAlias = Literal[
    "EdDSA", "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"
]
"""What a token may be signed with: a key pair, never a shared secret."""

ScopeName: TypeAlias = Literal[
    "accounts.read",
    "accounts.write",
    "schemas.read",
    "schemas.write",
    "sessions.read",
    "sessions.write",
]

EVERY = "*"


class KeyFile(Words):
    """A file of one or more public keys; plain text is its path."""

    model_config = ConfigDict(json_schema_extra=only(TEXT))

    path: Path
    keys: tuple[PublicKey, ...] = Field(repr=False)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: object, info: ValidationInfo) -> object:
        if not isinstance(value, str):
            raise ValueError("must be the path of a PEM, JWK or JWK set file")  # noqa: TRY004 - pydantic reports only ValueError
        path = folder_of(info) / value
        return {"path": path, "keys": read_keys(path)}


def _one_or_all(value: object) -> object:
    if isinstance(value, Sequence) and not isinstance(value, str) and EVERY in value:
        if len(value) > 1:
            raise ValueError(f'"{EVERY}" means all, and stands alone')
        return None
    return value


def _known(app: str, info: ValidationInfo) -> str:
    if isinstance(info.context, Reading) and app not in info.context.apps:
        raise ValueError("no app under apps is called so")
    return app


def _fetchable(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_fetchable = bool(parts.hostname) and (parts.scheme == "https" or _is_here(parts))
    except ValueError:
        is_fetchable = False
    if not is_fetchable:
        # What urllib says of it may quote a password.
        raise ValueError(
            "must be an https URL: over plain http anybody could change the keys"
        ) from None
    return url


def _is_here(parts: SplitResult) -> bool:
    """Returns whether a URL is one of plain http to this very machine."""
    host = parts.hostname or ""
    return parts.scheme == "http" and (host == "localhost" or ip_address(host).is_loopback)


JwksUrl: TypeAlias = Annotated[str, AfterValidator(_fetchable)]
"""Where a JWK set (RFC 7517) is fetched from; plain http only from this very machine."""

CallerApp: TypeAlias = Annotated[str, AfterValidator(_known)]


class Caller(Words):
    """An admin caller: whose tokens or certificates are believed, and what they may do.

    Tokens are known by `issuer` and `audience`, and verified with `keys` or
    those of `jwks_url`; client `certificates` by one of their subject
    alternative names. `apps` and `scopes` of None, written `["*"]`, are all.
    """

    model_config = ConfigDict(
        json_schema_extra={"anyOf": each_required(("keys", "jwks_url", "certificates"))}
    )

    name: str = Field(pattern=r"^[A-Za-z0-9._-]{1,63}$")
    """What logs and `{caller: true}` columns call it."""
    issuer: str | None = Field(default=None, min_length=1, max_length=255)
    audience: str | None = Field(default=None, min_length=1, max_length=255)
    algorithms: Annotated[frozenset[Algorithm], Field(min_length=1)] = frozenset(("EdDSA", "ES256"))
    """Which signatures are believed."""
    keys: tuple[KeyFile, ...] = ()
    jwks_url: JwksUrl | None = None
    certificates: tuple[Annotated[str, Field(min_length=1, max_length=255)], ...] = ()
    apps: Annotated[
        frozenset[CallerApp] | None,
        BeforeValidator(_one_or_all, json_schema_input_type=list[str]),
    ]
    scopes: Annotated[
        frozenset[ScopeName] | None,
        BeforeValidator(_one_or_all, json_schema_input_type=list[ScopeName | Literal["*"]]),
    ]
    requests_per_second: PerSecond | None = None
    """How often it may call each process; as often as it likes unless said."""
    burst: Burst | None = None
    """How many of them may come at once after a pause; a second's worth unless said."""

    @model_validator(mode="after")
    def _has_a_rate_for_a_burst(self) -> Self:
        check_burst(self.requests_per_second, self.burst)
        return self

    @field_validator("keys")
    @classmethod
    def _suit_an_algorithm(
        cls, files: tuple[KeyFile, ...], info: ValidationInfo
    ) -> tuple[KeyFile, ...]:
        allowed = info.data.get("algorithms", frozenset())
        for key in (key for file in files for key in file.keys):
            if allowed and not key.algorithms & allowed:
                raise ValueError(
                    f"a key of {', '.join(sorted(key.algorithms))} suits none of the algorithms"
                )
        return files

    @model_validator(mode="after")
    def _is_known_by_something(self) -> Self:
        has_keys = bool(self.keys) or self.jwks_url is not None
        is_named = self.issuer is not None and self.audience is not None
        if has_keys and not is_named:
            raise ValueError("keys need the issuer and the audience of the tokens they verify")
        if is_named and not has_keys:
            raise ValueError("say the keys that its tokens are verified with, or their jwks_url")
        if not has_keys and not self.certificates:
            raise ValueError("say how it is known: issuer, audience and keys, or certificates")
        return self


def distinct(callers: tuple[Caller, ...]) -> tuple[Caller, ...]:
    """Returns the callers; raises `ValueError` where two of them could be taken for each other."""
    if len({caller.name for caller in callers}) < len(callers):
        raise ValueError("two callers have the same name")
    tokens = [(caller.issuer, caller.audience) for caller in callers if caller.issuer]
    if len(set(tokens)) < len(tokens):
        raise ValueError("two callers have the same issuer and audience")
    certificates = [name for caller in callers for name in caller.certificates]
    if len(set(certificates)) < len(certificates):
        raise ValueError("two callers have the same certificate")
    return callers
