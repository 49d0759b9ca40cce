"""What ownid.yaml says of identity providers whose tokens sign users in."""

import json
from pathlib import Path

import pytest

from ownid_grpc.config import ConfigError, TrustedIssuer, parse_config

GOOD = {
    "issuer": "https://idp.example.com",
    "audience": "shop-site",
    "jwks_url": "https://idp.example.com/keys",
}


def issuers_of(*issuers: object) -> tuple[TrustedIssuer, ...]:
    """Returns the issuers of an app that names these."""
    app = {"repository": {"type": "memory"}, "sessions": {"issuers": issuers}}
    return (
        parse_config(json.dumps({"apps": {"shop": app}}), {}, folder=Path())
        .apps["shop"]
        .sessions.issuers
    )


def test_address_must_be_verified_unless_said_otherwise() -> None:
    """An issuer of whom little is said is asked for verified e-mail addresses."""
    (issuer,) = issuers_of(GOOD)

    assert (issuer.claim, issuer.property) == ("email", "email")
    assert issuer.verified_claim == "email_verified"
    assert issuer.required_claims == {}


@pytest.mark.parametrize(
    ("issuers", "expected"),
    [
        ([GOOD | {"jwks_url": "http://idp.example.com/keys"}], "jwks_url: must be an https URL"),
        ([{"issuer": "a", "audience": "b"}], "issuers.0: say the keys"),
        ([GOOD | {"audience": ""}], "audience: "),
        ([GOOD | {"algorithms": ["HS256"]}], "algorithms.0: "),
        ([GOOD | {"required_claims": {"hd": ["example.com"]}}], "required_claims.hd"),
        ([GOOD, GOOD | {"claim": "upn"}], "issuers: two issuers have the same"),
    ],
)
def test_wrong_word_of_an_issuer_is_named(issuers: list[object], expected: str) -> None:
    """What would let the wrong ones in, or nobody, is a fault with its place."""
    with pytest.raises(ConfigError) as caught:
        issuers_of(*issuers)

    assert expected in str(caught.value)
