"""Tokens of admin callers: which hold, for how long, and what they grant."""

import socket
from collections.abc import Callable
from typing import Any

import pytest

from ownid_grpc.errors import Reason, Unavailable
from ownid_grpc.server.credentials import Credentials
from ownid_grpc.services.signed_tokens import LEEWAY_SECONDS
from tests.support.keys import AUDIENCE, KEY_ID, PRIVATE_KEY, token

from .registered import EC_KEY, NOW, RSA_KEY, SCOPES, refusal_of


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
