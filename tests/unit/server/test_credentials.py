"""Tokens of admin callers: which hold, what they grant, and which are refused."""

import base64
import json
import socket
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ownid_grpc.config import parse_config
from ownid_grpc.errors import Reason, Unauthenticated, Unavailable
from ownid_grpc.server.credentials import MAX_TOKEN_LENGTH, Credentials
from ownid_grpc.services.key_sources import KeySets, key_sources
from ownid_grpc.services.signed_tokens import LEEWAY_SECONDS
from ownid_grpc.telemetry.logs import new_logger
from tests.support.keys import (
    AUDIENCE,
    ISSUED,
    ISSUER,
    KEY_ID,
    PRIVATE_KEY,
    claims,
    public_pem,
    token,
)

SCOPES = ("accounts.read", "accounts.write", "schemas.read")
NOW = ISSUED
OTHER_KEY = Ed25519PrivateKey.generate()
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Credentials]:
    """Makes the credentials of a caller that is configured with some words of its own."""
    folder = tmp_path_factory.mktemp("keys")
    for name, key in ((KEY_ID, PRIVATE_KEY), ("ec", EC_KEY), ("rsa", RSA_KEY)):
        (folder / f"{name}.pub.pem").write_bytes(public_pem(key.public_key()))

    def made(now: Callable[[], float] = lambda: NOW, **words: object) -> Credentials:
        caller = {
            "name": "backoffice",
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "keys": [f"{KEY_ID}.pub.pem"],
            "apps": ["*"],
            "scopes": ["*"],
        }
        text = json.dumps(
            {
                "callers": [caller | words],
                "apps": {app: {"repository": {"type": "x"}} for app in ("shop", "blog")},
            }
        )
        callers, log = parse_config(text, {}, folder=folder).callers, new_logger()
        return Credentials(callers, key_sources(callers, KeySets(log), log), SCOPES, now)

    return made


def refusal_of(credentials: Credentials, text: str) -> Reason:
    """Returns why a token is refused."""
    with pytest.raises(Unauthenticated) as caught:
        credentials.principal_of(text)
    return caught.value.reason


def test_good_token_is_believed(make: Callable[..., Credentials]) -> None:
    """A token of a registered key grants what the operator has given its caller."""
    principal = make(apps=["shop"], scopes=["accounts.read"]).principal_of(token())

    assert principal.caller == "backoffice"
    assert principal.scopes == {"accounts.read"}
    assert (principal.may_use("shop"), principal.may_use("blog")) == (True, False)


def test_star_grants_everything(make: Callable[..., Credentials]) -> None:
    """A caller of all apps and scopes has them all."""
    principal = make().principal_of(token())

    assert principal.scopes == set(SCOPES)
    assert principal.may_use("whatever")


@pytest.mark.parametrize(
    ("claimed", "granted"),
    [
        ("accounts.read", {"accounts.read"}),
        ("accounts.read schemas.read", {"accounts.read"}),
        ("", set()),
        ("*", set()),
        ("openid profile", set()),
    ],
)
def test_token_can_ask_for_fewer_scopes_and_never_for_more(
    make: Callable[..., Credentials], claimed: str, granted: set[str]
) -> None:
    """A scope is granted when the operator allows it and the token, if it says any, asks for it."""
    credentials = make(scopes=["accounts.read", "accounts.write"])

    assert credentials.principal_of(token(scope=claimed)).scopes == granted


@pytest.mark.parametrize(
    ("words", "claimed", "shop", "blog"),
    [
        (["*"], {"apps": ["shop"]}, True, False),
        (["*"], {"app": "blog"}, False, True),
        (["*"], {"apps": ["*"]}, True, True),
        (["shop"], {"apps": ["*"]}, True, False),
        (["shop"], {"apps": ["blog"]}, False, False),
        (["shop"], {"apps": []}, False, False),
    ],
)
def test_token_can_ask_for_fewer_apps_and_never_for_more(
    make: Callable[..., Credentials],
    words: list[str],
    claimed: dict[str, Any],
    shop: bool,  # noqa: FBT001 - a column of the table
    blog: bool,  # noqa: FBT001 - likewise
) -> None:
    """A token holds for the apps that the operator allows and the token, if it says any, names."""
    principal = make(apps=words).principal_of(token(**claimed))

    assert (principal.may_use("shop"), principal.may_use("blog")) == (shop, blog)


@pytest.mark.parametrize(
    ("algorithm", "key", "file"),
    [
        ("EdDSA", PRIVATE_KEY, KEY_ID),
        ("ES256", EC_KEY, "ec"),
        ("RS256", RSA_KEY, "rsa"),
        ("PS512", RSA_KEY, "rsa"),
    ],
)
def test_each_algorithm_works_with_its_key(
    make: Callable[..., Credentials], algorithm: str, key: object, file: str
) -> None:
    """A caller may sign with any algorithm that is allowed, and several keys hold at a time."""
    keys = [f"{name}.pub.pem" for name in (KEY_ID, "ec", "rsa")]
    credentials = make(keys=keys, algorithms=["EdDSA", "ES256", "RS256", "PS512"])

    principal = credentials.principal_of(token(key=key, algorithm=algorithm, headers={"kid": file}))

    assert principal.caller == "backoffice"


def signed_by_hand(header: object, body: object, signature: bytes = b"") -> str:
    """Returns a token made of anything, with no good signature."""
    parts = (json.dumps(header).encode(), json.dumps(body).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def with_shared_secret() -> str:
    """Returns a token whose secret is the public key: what a naive verifier would believe."""
    header = {"alg": "HS256", "kid": KEY_ID, "typ": "JWT"}
    unsigned = signed_by_hand(header, claims()).rstrip(".")
    hmac = jwt.get_algorithm_by_name("HS256")
    signature = hmac.sign(unsigned.encode(), public_pem())
    return f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def tampered() -> str:
    """Returns a good token whose claims were changed afterwards."""
    header, _, signature = token().split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims(scope="*")).encode()).rstrip(b"=").decode()
    return f"{header}.{body}.{signature}"


BAD_TOKENS = {
    "no token": "x",
    "three empty parts": "..",
    "no JSON": "AAAA.AAAA.AAAA",
    "not ASCII": "ä.ö.ü",
    "too long": "a" * (MAX_TOKEN_LENGTH + 1),
    "nested far too deep": signed_by_hand({"alg": "EdDSA"}, None).replace(
        ".", "." + base64.urlsafe_b64encode(b"[" * 3000).decode(), 1
    ),
    "header nested far too deep": base64.urlsafe_b64encode(b"[" * 3000).decode() + ".e30.AA",
    "claims are a list": jwt.PyJWS().encode(b"[]", PRIVATE_KEY, "EdDSA", {"kid": KEY_ID}),
    "unsigned": signed_by_hand({"alg": "none", "kid": KEY_ID}, claims()),
    "signed with nothing": signed_by_hand({"alg": "EdDSA", "kid": KEY_ID}, claims()),
    "kid is a list": signed_by_hand({"alg": "EdDSA", "kid": [KEY_ID]}, claims(), b"x"),
    "alg is a list": signed_by_hand({"alg": ["EdDSA"], "kid": KEY_ID}, claims(), b"x"),
    "critical header": token(headers={"kid": KEY_ID, "crit": ["x"], "x": 1}),
    "public key as shared secret": with_shared_secret(),
    "tampered with": tampered(),
    "key of somebody else": token(key=OTHER_KEY),
    "unknown kid": token(headers={"kid": "nobody"}),
    "unknown issuer": token(iss="https://evil.example.com"),
    "issuer is a list": signed_by_hand({"alg": "EdDSA"}, {"iss": [ISSUER]}),
    "other audience": token(aud="other"),
    "no audience": token(aud=None),
    "no expiry": token(exp=None),
    "expiry is text": token(exp="tomorrow"),
    "expiry is true": token(exp=True),
    "expiry is infinite": token(exp=float("inf")),
    "expiry is huge": token(exp=10**400),
    "not-before is text": token(nbf="x"),
    "scope is a list": token(scope=["accounts.read"]),
    "apps are numbers": token(apps=[1]),
}


@pytest.mark.parametrize("text", BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_bad_token_is_refused(make: Callable[..., Credentials], text: str) -> None:
    """A token that is forged, broken, or not meant for us is refused, whatever is wrong with it."""
    assert refusal_of(make(), text) is Reason.CREDENTIAL_INVALID


def test_algorithm_must_be_allowed_for_the_caller(make: Callable[..., Credentials]) -> None:
    """A key that could verify an algorithm does not, unless the operator allows it."""
    credentials = make(keys=["rsa.pub.pem"], algorithms=["RS256"])
    headers: dict[str, object] = {"kid": "rsa"}

    allowed = token(key=RSA_KEY, algorithm="RS256", headers=headers)
    assert credentials.principal_of(allowed).caller == "backoffice"
    other = token(key=RSA_KEY, algorithm="PS256", headers=headers)
    assert refusal_of(credentials, other) is Reason.CREDENTIAL_INVALID


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOW - LEEWAY_SECONDS},
        {"exp": NOW - 86_400},
        {"nbf": NOW + LEEWAY_SECONDS + 1},
        {"iat": NOW + LEEWAY_SECONDS + 1},
    ],
)
def test_token_out_of_its_time_is_said_to_be(
    make: Callable[..., Credentials], changes: dict[str, Any]
) -> None:
    """A token that holds no more, or not yet, is refused as just that."""
    assert refusal_of(make(), token(**changes)) is Reason.CREDENTIAL_EXPIRED


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOW - LEEWAY_SECONDS + 1},
        {"nbf": NOW + LEEWAY_SECONDS},
        {"iat": NOW + LEEWAY_SECONDS},
        {"iat": None},
        {"aud": ["other", AUDIENCE]},
    ],
)
def test_clocks_may_differ_a_little(
    make: Callable[..., Credentials], changes: dict[str, Any]
) -> None:
    """A token that is off by no more than the leeway holds."""
    assert make().principal_of(token(**changes)).caller == "backoffice"


def test_forged_token_is_not_told_that_it_expired(make: Callable[..., Credentials]) -> None:
    """What a token says of its time counts only when its signature holds."""
    forged = token(key=OTHER_KEY, exp=NOW - 86_400)

    assert refusal_of(make(), forged) is Reason.CREDENTIAL_INVALID


def test_remembered_token_expires_all_the_same(make: Callable[..., Credentials]) -> None:
    """A token that was believed once is refused as soon as its time is over."""
    now = float(NOW)
    credentials = make(now=lambda: now)
    text = token(exp=NOW + 60)
    credentials.principal_of(text)

    now += 60 + LEEWAY_SECONDS

    assert refusal_of(credentials, text) is Reason.CREDENTIAL_EXPIRED


def test_token_without_kid_holds_while_there_is_one_key(make: Callable[..., Credentials]) -> None:
    """A token need not name its key where there is just one, and must where there are more."""
    nameless = token(headers={})

    assert make().principal_of(nameless).caller == "backoffice"
    several = make(keys=[f"{KEY_ID}.pub.pem", "ec.pub.pem"])
    assert refusal_of(several, nameless) is Reason.CREDENTIAL_INVALID


def test_key_may_stand_in_two_files(make: Callable[..., Credentials]) -> None:
    """A key that is registered twice verifies as one that is registered once."""
    credentials = make(keys=[f"{KEY_ID}.pub.pem", f"{KEY_ID}.pub.pem"])

    assert credentials.principal_of(token()).caller == "backoffice"


def test_keys_that_cannot_be_fetched_are_no_fault_of_the_token(
    make: Callable[..., Credentials],
) -> None:
    """While nobody can tell whether a token holds, its caller is told to try again."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/keys"
        credentials = make(jwks_url=url)

        assert credentials.principal_of(token()).caller == "backoffice"
        with pytest.raises(Unavailable) as caught:
            credentials.principal_of(token(headers={"kid": "newer"}))
    assert caught.value.reason is Reason.KEYS_UNAVAILABLE


@given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]{0,40}(\.[A-Za-z0-9_-]{0,40}){0,4}"))
def test_no_text_gets_in_or_breaks_the_check(make: Callable[..., Credentials], text: str) -> None:
    """Any text that is no token is refused as one."""
    assert refusal_of(make(), text) is Reason.CREDENTIAL_INVALID


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "x5c"]), JSON))
def test_no_header_gets_in_or_breaks_the_check(
    make: Callable[..., Credentials], header: dict[str, object]
) -> None:
    """Any header without a signature behind it is refused."""
    text = signed_by_hand(header, claims(), b"signature")

    assert refusal_of(make(), text) is Reason.CREDENTIAL_INVALID


CLAIMS = st.sampled_from(["iss", "aud", "exp", "nbf", "iat", "scope", "apps", "app", "sub"])


@given(st.dictionaries(CLAIMS, JSON))
def test_odd_claims_never_break_the_check(
    make: Callable[..., Credentials], odd: dict[str, object]
) -> None:
    """Even signed, odd claims are believed or refused, and nothing else happens."""
    body = json.dumps(claims() | odd).encode()
    text = jwt.PyJWS().encode(body, PRIVATE_KEY, "EdDSA", {"kid": KEY_ID})

    try:
        principal = make().principal_of(text)
    except Unauthenticated:
        return
    assert principal.scopes <= set(SCOPES)
