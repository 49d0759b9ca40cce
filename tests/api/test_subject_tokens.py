"""Holds tokens of an app's own identity provider to opening sessions of whom they are about."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ownid_grpc.config import TrustedIssuer
from ownid_grpc.config.keys import PublicKey
from ownid_grpc.services.key_sources import KeySource
from ownid_grpc.services.subject_tokens import Issuer
from tests.support.serving import error_info_in
from tests.support.sessions import APP, Shop, User, session_shop

KEY = Ed25519PrivateKey.generate()
ISSUER, AUDIENCE, KEY_ID = "https://idp.example.com", "shop-site", "idp-1"


class Keys:
    """The keys of the identity provider: two of one id, as a key set may have them."""

    is_current = True

    def keys(self, key_id: str | None) -> Sequence[PublicKey]:  # noqa: ARG002 - it has no others
        """Returns its keys."""
        ids, other = frozenset((KEY_ID,)), generate_private_key(SECP256R1())
        return [
            PublicKey(ids, frozenset(("ES256",)), other.public_key()),
            PublicKey(ids, frozenset(("EdDSA",)), KEY.public_key()),
        ]


class NoKeys:
    """A key set that has never been fetched."""

    is_current = False

    def keys(self, key_id: str | None) -> Sequence[PublicKey]:  # noqa: ARG002 - it has none
        """Returns none."""
        return ()


def issuer(keys: KeySource, **words: object) -> Issuer:
    """Returns the identity provider, trusted as some words say."""
    good = {"issuer": ISSUER, "audience": AUDIENCE, "jwks_url": "https://idp.example.com/keys"}
    return Issuer(TrustedIssuer.model_validate(good | words), [keys])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Gives a shop that trusts the identity provider."""
    with session_shop(tmp_path, issuers=[issuer(Keys())]) as shop:
        yield shop


def token(
    shop: Shop,
    *,
    key: Any = KEY,  # noqa: ANN401 - of PyJWT
    algorithm: str = "EdDSA",
    typ: str = "JWT",
    **changes: object,
) -> str:
    """Returns a token of the identity provider about Ada, with some claims changed."""
    now = int(shop.clock().timestamp())
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "17",
        "email": "Ada@Example.com",
        "email_verified": True,
        "iat": now,
        "exp": now + 300,
    }
    claims = {name: value for name, value in (good | changes).items() if value is not None}
    return jwt.encode(claims, key, algorithm, headers={"kid": KEY_ID, "typ": typ})


def refusal_of(shop: Shop, subject_token: str, account: str = "-") -> tuple[str, str]:
    """Returns the code and the reason with which a token opens nothing."""
    with pytest.raises(grpc.RpcError) as refused:
        opened(shop, subject_token, account)
    return refused.value.code().name, error_info_in(refused.value).reason


def opened(shop: Shop, subject_token: str, account: str = "-") -> Any:  # noqa: ANN401 - generated
    """Opens a session by a token."""
    parent = f"{APP}/accounts/{account}"
    return shop.admin_call("CreateSession", parent=parent, subject_token=subject_token)


@pytest.mark.parametrize("account", ["-", "1"])
def test_token_opens_a_session_of_whom_it_is_about(shop: Shop, account: str) -> None:
    """The login id in the token finds the account, in whatever case it is written."""
    answer = opened(shop, token(shop), account)

    user = User(shop.sessions, answer.access_token, answer.refresh_token)
    assert user.call("GetSessionAccount").profile["email"] == "ada@example.com"


def test_token_about_another_account_is_refused(shop: Shop) -> None:
    """Where the name and the token disagree, nobody is signed in."""
    assert refusal_of(shop, token(shop), "2") == ("INVALID_ARGUMENT", "ARGUMENT_INVALID")


def test_any_account_needs_a_token(shop: Shop) -> None:
    """Without a token the account must be named."""
    assert refusal_of(shop, "", "-") == ("INVALID_ARGUMENT", "NAME_INVALID")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"iss": "https://evil.example.com"}, id="another issuer"),
        pytest.param({"aud": "another-site"}, id="another audience"),
        pytest.param({"aud": None}, id="no audience"),
        pytest.param({"exp": None}, id="never expires"),
        pytest.param({"exp": 1}, id="expired"),
        pytest.param({"iat": 10**11}, id="not yet"),
        pytest.param({"exp": "soon"}, id="no time"),
        pytest.param({"email": None}, id="no claim"),
        pytest.param({"email": ["ada@example.com"]}, id="no text"),
        pytest.param({"email_verified": False}, id="not verified"),
        pytest.param({"email_verified": "false"}, id="not verified in words"),
        pytest.param({"email": ""}, id="nothing"),
        pytest.param({"email": "ada@example.com\0"}, id="with a NUL"),
        pytest.param({"email": "ada@example.com\ud800"}, id="with half of a character"),
        pytest.param({"email": "a" * 1025}, id="too long"),
        pytest.param({"iat": None}, id="issued at no time"),
        pytest.param({"iat": 1}, id="issued long ago"),
        pytest.param({"exp": float("nan")}, id="no number"),
        pytest.param({"aud": [AUDIENCE, "another-site"]}, id="had from another audience"),
        pytest.param({"events": {"http://schemas.openid.net/event": {}}}, id="logout token"),
        pytest.param({"typ": "at+jwt"}, id="access token"),
        pytest.param({"email_verified": None}, id="nothing said of it"),
        pytest.param({"key": Ed25519PrivateKey.generate()}, id="another key"),
        pytest.param({"key": "s" * 32, "algorithm": "HS256"}, id="a shared secret"),
        pytest.param({"key": None, "algorithm": "none"}, id="no signature"),
    ],
)
def test_token_that_does_not_hold_is_refused(shop: Shop, changes: dict[str, Any]) -> None:
    """Whatever is wrong with a token, it signs nobody in."""
    assert refusal_of(shop, token(shop, **changes)) == ("INVALID_ARGUMENT", "ARGUMENT_INVALID")


@pytest.mark.parametrize("text", ["nonsense", "a.b.c", "." * 20_000])
def test_what_is_no_token_is_refused(shop: Shop, text: str) -> None:
    """Text that is no JWT is an argument that is wrong."""
    assert refusal_of(shop, text) == ("INVALID_ARGUMENT", "ARGUMENT_INVALID")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"email_verified": "true"}, id="verified in words"),
        pytest.param({"aud": [AUDIENCE]}, id="a list of one"),
        pytest.param({"aud": [AUDIENCE, "api"], "azp": AUDIENCE}, id="issued to us"),
    ],
)
def test_token_may_be_written_in_other_ways(shop: Shop, changes: dict[str, Any]) -> None:
    """Providers write the same thing differently."""
    assert opened(shop, token(shop, **changes)).access_token


def test_clock_of_the_provider_may_be_ahead(shop: Shop) -> None:
    """A token that begins to hold in some seconds holds."""
    soon = int(shop.clock().timestamp()) + 20

    assert opened(shop, token(shop, iat=soon, nbf=soon)).access_token


def test_token_opens_one_session(shop: Shop) -> None:
    """A token that somebody has copied is worth nothing once it was used."""
    used = token(shop)
    opened(shop, used)

    assert refusal_of(shop, used) == ("INVALID_ARGUMENT", "ARGUMENT_INVALID")


def test_token_opens_one_session_on_all_replicas(shop: Shop, tmp_path: Path) -> None:
    """What one replica has seen used is used for all of them."""
    used = token(shop)
    opened(shop, used)

    with session_shop(tmp_path, issuers=[issuer(Keys())]) as replica:
        assert refusal_of(replica, used) == ("INVALID_ARGUMENT", "ARGUMENT_INVALID")


def test_token_that_opened_nothing_may_be_used_again(shop: Shop) -> None:
    """Only a session that was opened uses a token up."""
    unused = token(shop)
    refusal_of(shop, unused, "2")
    shop.execute("UPDATE customers SET blocked = 1 WHERE id = 1")
    refusal_of(shop, unused)
    shop.execute("UPDATE customers SET blocked = 0 WHERE id = 1")

    assert opened(shop, unused).access_token


def test_used_token_is_not_in_the_store(shop: Shop) -> None:
    """What is kept of a token tells nobody what it was."""
    used = token(shop)
    opened(shop, used)

    content = b"".join(each.read_bytes() for each in shop.state_file.parent.glob("state.db*"))
    assert not any(part.encode() in content for part in used.split(".")[1:])


def test_tenant_must_be_ours(tmp_path: Path) -> None:
    """At a provider of many tenants, users of the others are nobody here."""
    ours = issuer(Keys(), required_claims={"hd": "example.com"})
    with session_shop(tmp_path, issuers=[ours]) as shop:
        assert opened(shop, token(shop, hd="example.com")).access_token
        for changes in ({"hd": "evil.example"}, {"hd": None}, {"hd": ["example.com"]}):
            refused = refusal_of(shop, token(shop, sub="18", **changes))
            assert refused == ("INVALID_ARGUMENT", "ARGUMENT_INVALID")


def test_property_must_be_a_login_id(tmp_path: Path) -> None:
    """Nobody is found by a property that does not identify anybody."""
    with session_shop(tmp_path, issuers=[issuer(Keys(), property="note")]) as shop:
        assert refusal_of(shop, token(shop)) == ("FAILED_PRECONDITION", "MAPPING_FAULTY")


def test_provider_that_is_down_is_no_fault_of_the_token(tmp_path: Path) -> None:
    """While the keys cannot be fetched nobody can tell, and the backend tries again."""
    with session_shop(tmp_path, issuers=[issuer(NoKeys())]) as shop:
        assert refusal_of(shop, token(shop)) == ("UNAVAILABLE", "KEYS_UNAVAILABLE")


def test_unknown_user_has_no_account(shop: Shop) -> None:
    """A user of the identity provider whom the shop does not know is told so."""
    unknown = token(shop, email="nobody@example.com")

    assert refusal_of(shop, unknown) == ("NOT_FOUND", "ACCOUNT_NOT_FOUND")


def test_disabled_account_is_not_signed_in(shop: Shop) -> None:
    """What the shop says of an account goes before what the identity provider says."""
    shop.execute("UPDATE customers SET blocked = 1 WHERE id = 1")

    assert refusal_of(shop, token(shop)) == ("FAILED_PRECONDITION", "ACCOUNT_DISABLED")


def test_token_is_no_credential_of_its_own(shop: Shop) -> None:
    """A token of the identity provider alone calls nothing: a backend must hand it in."""
    bearer = (("authorization", f"Bearer {token(shop)}"),)
    user = User(shop.sessions, "", "")

    with pytest.raises(grpc.RpcError) as refused:
        user.sessions_call("GetSessionAccount", bearer)
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_app_that_trusts_nobody_takes_no_token(tmp_path: Path) -> None:
    """Without issuers in ownid.yaml no token signs anybody in."""
    with session_shop(tmp_path) as shop:
        assert refusal_of(shop, token(shop))[1] == "ARGUMENT_INVALID"
