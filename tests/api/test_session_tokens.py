"""Holds SessionService to what tickets and tokens open: a session, for a while, and no more."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from ownid.v1 import session_pb2, session_service_pb2

from ownid_grpc.domain.texts import base64url
from tests.support.keys import bearer
from tests.support.serving import error_info_in
from tests.support.sessions import APP, Shop, User, refusal_of, session_shop

ACTIVE = session_pb2.Session.ACTIVE


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Gives a shop of its own."""
    with session_shop(tmp_path) as shop:
        yield shop


def test_access_token_is_a_jwt_that_others_can_verify(shop: Shop) -> None:
    """With the key set of GetJwks, any JWT library reads who the user is."""
    opened = shop.open()
    keys = shop.sessions.GetJwks(session_service_pb2.GetJwksRequest(parent=APP)).keys
    kid = jwt.get_unverified_header(opened.access_token)["kid"]
    (key,) = [key for key in keys if key.kid == kid]
    public = jwt.PyJWK({"kty": key.kty, "crv": key.crv, "x": key.x, "alg": key.alg})

    claims = jwt.decode(opened.access_token, public.key, algorithms=["EdDSA"], audience="shop")

    assert (claims["sub"], claims["iss"]) == ("1", "ownid-grpc")
    assert opened.session.name.endswith(claims["sid"])


def test_ticket_opens_once(shop: Shop) -> None:
    """A ticket is traded for tokens that work, once; also when eight browsers try at once."""
    ticket = shop.open().ticket

    def exchange(_: int) -> str:
        request = session_service_pb2.ExchangeTicketRequest(parent=APP, ticket=ticket)
        try:
            return str(shop.sessions.ExchangeTicket(request, timeout=20).access_token)
        except grpc.RpcError as error:
            return error_info_in(error).reason

    with ThreadPoolExecutor(8) as pool:
        answers = [*pool.map(exchange, range(8))]

    tokens = [answer for answer in answers if answer != "TICKET_INVALID"]
    assert len(tokens) == 1
    assert User(shop.sessions, tokens[0], "").call("GetCurrentSession").state == ACTIVE


def test_ticket_is_for_a_minute(shop: Shop) -> None:
    """After 60 seconds a ticket opens nothing."""
    ticket = shop.open().ticket
    shop.clock.move(seconds=61)

    user = User(shop.sessions, "", "")

    assert refusal_of(user.sessions_call, "ExchangeTicket", (), ticket=ticket) == (
        "UNAUTHENTICATED",
        "TICKET_INVALID",
    )


def test_session_id_opens_nothing(shop: Shop) -> None:
    """Who knows the name of a session can do nothing with it."""
    session = shop.open().session
    session_id = session.name.rpartition("/")[2]
    user = User(shop.sessions, session_id, session_id)

    assert refusal_of(user.call, "GetCurrentSession")[0] == "UNAUTHENTICATED"
    assert refusal_of(user.refreshed)[1] == "CREDENTIAL_INVALID"
    assert refusal_of(user.sessions_call, "ExchangeTicket", (), ticket=session_id)[1] == (
        "TICKET_INVALID"
    )


def test_refresh_token_is_replaced_at_each_use(shop: Shop) -> None:
    """Each refresh gives tokens that work, in a chain."""
    user = shop.sign_in()

    for _ in range(5):
        shop.clock.move(seconds=30)
        user = user.refreshed()

    assert user.call("GetCurrentSession").state == ACTIVE


def test_stolen_refresh_token_ends_the_session(shop: Shop) -> None:
    """A token used again after it was replaced ends the session for both who hold it."""
    stolen = shop.sign_in()
    user = stolen.refreshed()
    shop.clock.move(seconds=11)

    assert refusal_of(stolen.refreshed) == ("UNAUTHENTICATED", "REFRESH_TOKEN_REUSED")

    assert refusal_of(user.refreshed)[1] == "SESSION_ENDED"
    assert refusal_of(user.call, "GetCurrentSession")[1] == "SESSION_ENDED"


def test_token_older_than_the_last_is_no_matter_of_grace(shop: Shop) -> None:
    """The seconds of grace are for the token that was replaced last, for no older one."""
    first = shop.sign_in()
    first.refreshed().refreshed()

    assert refusal_of(first.refreshed)[1] == "REFRESH_TOKEN_REUSED"


def test_two_tabs_both_go_on(shop: Shop) -> None:
    """Tabs that refresh at once get the same new token, which then refreshes as any other."""
    user = shop.sign_in()
    with ThreadPoolExecutor(8) as pool:
        tabs = [*pool.map(lambda _: user.refreshed(), range(8))]

    assert len({tab.refresh_token for tab in tabs}) == 1
    shop.clock.move(seconds=60)
    assert tabs[0].refreshed().call("GetCurrentSession").state == ACTIVE


def test_forged_refresh_token_ends_nothing(shop: Shop) -> None:
    """Who knows a session's id and guesses the rest of a token is refused, to no effect."""
    user = shop.sign_in()
    forged = user.refresh_token[:-4] + ("AAAA" if user.refresh_token[-4:] != "AAAA" else "BBBB")

    assert refusal_of(user.refreshed, forged) == ("UNAUTHENTICATED", "CREDENTIAL_INVALID")
    assert user.refreshed().call("GetCurrentSession").state == ACTIVE


def test_access_token_ends_long_before_its_session(shop: Shop) -> None:
    """An access token of ten minutes holds no more after them; refreshing helps."""
    user = shop.sign_in()
    shop.clock.move(minutes=11)

    assert refusal_of(user.call, "GetCurrentSession") == ("UNAUTHENTICATED", "CREDENTIAL_EXPIRED")
    assert user.refreshed().call("GetCurrentSession").state == ACTIVE


def test_clocks_may_differ_by_seconds(shop: Shop) -> None:
    """A token is taken for half a minute longer, for the sake of a replica whose clock is slow."""
    user = shop.sign_in()
    shop.clock.move(minutes=10, seconds=20)

    assert user.call("GetCurrentSession").state == ACTIVE


def test_credentials_do_not_work_on_each_others_methods(shop: Shop) -> None:
    """An admin token is nobody's session, and an access token no admin's."""
    user = shop.sign_in()
    own = user.call("GetCurrentSession").name

    assert refusal_of(user.sessions_call, "GetSessionAccount", bearer()) == (
        "UNAUTHENTICATED",
        "CREDENTIAL_INVALID",
    )
    request = session_service_pb2.GetSessionRequest(name=own)
    assert refusal_of(shop.sessions.GetSession, request, metadata=user.bearer()) == (
        "UNAUTHENTICATED",
        "CREDENTIAL_INVALID",
    )


@pytest.mark.parametrize("forgery", ["unsigned", "shared secret", "own key", "other account"])
def test_forged_access_token_is_refused(shop: Shop, forgery: str) -> None:
    """An access token that the app has not signed is refused, whatever it says of its signature."""
    good = shop.sign_in().access_token
    header, claims = jwt.get_unverified_header(good), jwt.decode(good, options=_UNVERIFIED)
    (jwk, *_) = shop.sessions.GetJwks(session_service_pb2.GetJwksRequest(parent=APP)).keys
    own = Ed25519PrivateKey.generate()
    stranger = json.loads(jwt.get_algorithm_by_name("EdDSA").to_jwk(own.public_key()))
    names = {name: header[name] for name in ("kid", "typ")}
    head, _, signature = good.split(".")
    changed = base64url(json.dumps(claims | {"sub": "2"}).encode())
    forged = {
        "unsigned": lambda: jwt.encode(claims, "", "none", names),
        "shared secret": lambda: jwt.encode(claims, jwk.x.ljust(32), "HS256", names),
        "own key": lambda: jwt.encode(claims, own, "EdDSA", names | {"jwk": stranger}),
        "other account": lambda: f"{head}.{changed}.{signature}",
    }

    user = User(shop.sessions, forged[forgery](), "")

    assert refusal_of(user.call, "GetSessionAccount") == ("UNAUTHENTICATED", "CREDENTIAL_INVALID")


_UNVERIFIED: Any = {"verify_signature": False}  # as PyJWT has it, a class of its own


def test_new_secret_ends_old_tokens(tmp_path: Path) -> None:
    """After the secret is replaced nobody is signed in, and everybody can sign in again."""
    with session_shop(tmp_path) as before:
        user = before.sign_in()
    with session_shop(tmp_path, secret=b"another secret of 32 bytes......") as after:
        old = User(after.sessions, user.access_token, user.refresh_token)

        assert refusal_of(old.call, "GetCurrentSession")[0] == "UNAUTHENTICATED"
        assert refusal_of(old.refreshed)[0] == "UNAUTHENTICATED"
        assert after.sign_in().call("GetCurrentSession").state == ACTIVE
