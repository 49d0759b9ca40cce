"""Tokens that are forged, broken or odd: none gets in, and none breaks the check."""

import base64
import hmac
import json
from collections.abc import Callable

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownid_grpc.errors import Reason, Unauthenticated
from ownid_grpc.server.credentials import MAX_TOKEN_LENGTH, Credentials
from tests.support.keys import ISSUER, KEY_ID, PRIVATE_KEY, claims, public_pem, token

from .registered import NOW, OTHER_KEY, SCOPES, refusal_of


def signed_by_hand(header: object, body: object, signature: bytes = b"") -> str:
    """Returns a token made of anything, with no good signature."""
    parts = (json.dumps(header).encode(), json.dumps(body).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def with_shared_secret() -> str:
    """Returns a token whose secret is the public key: what a naive verifier would believe."""
    header = {"alg": "HS256", "kid": KEY_ID, "typ": "JWT"}
    unsigned = signed_by_hand(header, claims()).rstrip(".")
    signature = hmac.digest(public_pem(), unsigned.encode(), "sha256")
    return f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def tampered() -> str:
    """Returns a good token whose claims were changed afterwards."""
    header, _, signature = token().split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims(scope="*")).encode()).rstrip(b"=").decode()
    return f"{header}.{body}.{signature}"


def with_own_key(**header: object) -> str:
    """Returns a token that is signed with a stranger's key, and says where to find that."""
    return token(key=OTHER_KEY, headers=header)


JWK = json.loads(jwt.get_algorithm_by_name("EdDSA").to_jwk(OTHER_KEY.public_key()))
CERTIFICATE = base64.b64encode(public_pem(OTHER_KEY.public_key())).decode()


def with_empty_secret(key_id: str) -> str:
    """Returns a token whose secret is empty, as the content of the file that its kid leads to."""
    unsigned = signed_by_hand({"alg": "HS256", "kid": key_id}, claims()).rstrip(".")
    signature = hmac.digest(b"", unsigned.encode(), "sha256")
    return f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def said_twice(first: str, then: str) -> str:
    """Returns a good token whose header says twice how it is signed."""
    _, body, signature = token().split(".")
    header = f'{{"alg":"{first}","kid":"{KEY_ID}","alg":"{then}"}}'.encode()
    return f"{base64.urlsafe_b64encode(header).rstrip(b'=').decode()}.{body}.{signature}"


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
    "key in the header": with_own_key(kid=KEY_ID, jwk=JWK),
    "key in the header alone": with_own_key(jwk=JWK),
    "key set of its own": with_own_key(kid=KEY_ID, jku="https://evil.example.com/keys"),
    "certificate of its own": with_own_key(kid=KEY_ID, x5u="https://evil.example.com/c.pem"),
    "certificate in the header": with_own_key(kid=KEY_ID, x5c=[CERTIFICATE]),
    "kid is a path": with_empty_secret("../../../../dev/null"),
    "kid is a path of ours": with_empty_secret(f"{KEY_ID}.pub.pem"),
    "kid is SQL": with_empty_secret("x' UNION SELECT '"),
    "kid has a NUL": with_empty_secret(f"{KEY_ID}\0"),
    "unsigned in other case": signed_by_hand({"alg": "nOnE", "kid": KEY_ID}, claims()),
    "unsigned, said twice": said_twice("EdDSA", "none"),
    "signed, said twice": said_twice("none", "EdDSA"),
    "content is not encoded": token(headers={"kid": KEY_ID, "b64": False, "crit": ["b64"]}),
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


def test_forged_token_is_not_told_that_it_expired(make: Callable[..., Credentials]) -> None:
    """What a token says of its time counts only when its signature holds."""
    forged = token(key=OTHER_KEY, exp=NOW - 86_400)

    assert refusal_of(make(), forged) is Reason.CREDENTIAL_INVALID


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
