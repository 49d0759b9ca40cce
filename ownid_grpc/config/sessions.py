"""What an app says of its sessions."""

from datetime import timedelta
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import (
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    field_validator,
    model_validator,
)

from ownid_grpc.config.callers import Algorithm, JwksUrl, KeyFile
from ownid_grpc.config.words import Words
from ownid_grpc.domain.written_forms import each_required

Origin: TypeAlias = Annotated[
    str, Field(pattern=r"^https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$", max_length=255)
]
"""Where a page comes from, as browsers send it (RFC 6454): no path, no capital letters."""


class TrustedIssuer(Words):
    """An identity provider whose tokens say who has signed in.

    `claim` holds what `property`, a login id of the account schema, is looked
    up by; `verified_claim` must be true in the token, unless it is empty.
    `required_claims` must all be there, such as the tenant at a provider that
    signs the tokens of many with the same keys.
    """

    model_config = ConfigDict(json_schema_extra={"anyOf": each_required(("keys", "jwks_url"))})

    issuer: str = Field(min_length=1, max_length=255)
    """The claim `iss` of its tokens."""
    audience: str = Field(min_length=1, max_length=255)
    """The claim `aud` of its tokens."""
    algorithms: Annotated[frozenset[Algorithm], Field(min_length=1)] = frozenset(
        ("EdDSA", "ES256", "RS256")
    )
    """Which signatures are believed."""
    keys: tuple[KeyFile, ...] = ()
    """Files of the public keys that its tokens are verified with."""
    jwks_url: JwksUrl | None = None
    """Where they are fetched from, beside or instead of `keys`."""
    claim: str = Field(default="email", min_length=1, max_length=255)
    property: str = Field(default="email", min_length=1, max_length=255)
    verified_claim: str = Field(default="email_verified", max_length=255)
    required_claims: dict[str, StrictStr | StrictBool | StrictInt] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_keys(self) -> Self:
        if not self.keys and self.jwks_url is None:
            raise ValueError("say the keys that its tokens are verified with, or their jwks_url")
        return self


class SessionSettings(Words):
    """An app's sessions: how long they last, and how browsers carry them.

    A session ends `lifetime_seconds` after it was opened, or `idle_seconds`
    after it was last used. With `cookies`, browsers of the `origins` keep the
    tokens in cookies that no script reads. Watched accounts are looked at
    every `watch_seconds`. Tokens of the `issuers` say who has signed in.
    """

    issuer: str = Field(default="ownid-grpc", min_length=1, max_length=255)
    """The claim `iss` of access tokens."""
    access_token_seconds: int = Field(default=600, ge=10, le=86_400)
    """How long an access token lasts."""
    idle_seconds: int = Field(default=7 * 86_400, ge=60, le=3650 * 86_400)
    lifetime_seconds: int = Field(default=30 * 86_400, ge=60, le=3650 * 86_400)
    key_days: int = Field(default=30, ge=1, le=3650)
    """How long a signing key signs before the next one does."""
    cookies: bool = False
    same_site: Literal["lax", "strict", "none"] = "lax"
    """How browsers send the cookies from pages of elsewhere."""
    origins: tuple[Origin, ...] = ()
    watch_seconds: float = Field(default=0.5, ge=0.1, le=60)
    issuers: tuple[TrustedIssuer, ...] = ()

    @property
    def access_token_lifetime(self) -> timedelta:
        """How long an access token lasts."""
        return timedelta(seconds=self.access_token_seconds)

    @property
    def idle_timeout(self) -> timedelta:
        """After how long without use a session ends."""
        return timedelta(seconds=self.idle_seconds)

    @property
    def lifetime(self) -> timedelta:
        """After how long a session ends however much it is used."""
        return timedelta(seconds=self.lifetime_seconds)

    @property
    def key_rotation(self) -> timedelta:
        """How long a key signs."""
        return timedelta(days=self.key_days)

    @field_validator("issuers")
    @classmethod
    def _are_distinct(cls, issuers: tuple[TrustedIssuer, ...]) -> tuple[TrustedIssuer, ...]:
        if len({(each.issuer, each.audience) for each in issuers}) < len(issuers):
            raise ValueError("two issuers have the same issuer and audience")
        return issuers

    @model_validator(mode="after")
    def _cookies_have_origins(self) -> Self:
        if self.cookies and not self.origins:
            raise ValueError("cookies need origins: name the pages that may use them")
        return self
