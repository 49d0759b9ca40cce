"""Holds the cookies that carry a session to what keeps them from strangers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from ownid.v1 import session_service_pb2

from ownid_grpc.config import SessionSettings
from tests.support.serving import error_info_in
from tests.support.sessions import APP, ORIGIN, Shop, session_shop

FROM_SHOP = ("origin", ORIGIN)
FROM_EVIL = ("origin", "https://evil.example.com")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Gives a shop whose pages keep their tokens in cookies."""
    with session_shop(tmp_path, SessionSettings(cookies=True, origins=(ORIGIN,))) as shop:
        yield shop


def call(
    shop: Shop, method: str, metadata: tuple[tuple[str, str], ...], **fields: object
) -> tuple[Any, list[str]]:
    """Calls as a browser behind the gateway does, and returns the answer and its cookies."""
    request = getattr(session_service_pb2, f"{method}Request")(parent=APP, **fields)
    answer, made = getattr(shop.sessions, method).with_call(request, metadata=metadata, timeout=20)
    return answer, [value for key, value in made.initial_metadata() if key == "set-cookie"]


def reason_of(
    shop: Shop, method: str, metadata: tuple[tuple[str, str], ...], **fields: object
) -> str:
    """Returns the reason with which a call is refused."""
    with pytest.raises(grpc.RpcError) as caught:
        call(shop, method, metadata, **fields)
    return error_info_in(caught.value).reason


def signed_in(shop: Shop) -> tuple[str, str]:
    """Returns the cookie metadata of a browser that has signed in."""
    _, cookies = call(shop, "ExchangeTicket", (FROM_SHOP,), ticket=shop.open().ticket)
    return "cookie", "; ".join(cookie.partition(";")[0] for cookie in cookies)


def test_cookies_are_kept_from_scripts_and_other_hosts(shop: Shop) -> None:
    """Both tokens come in cookies with every attribute that protects them, and in nothing else."""
    answer, cookies = call(shop, "ExchangeTicket", (FROM_SHOP,), ticket=shop.open().ticket)

    assert len(cookies) == 2
    assert (answer.access_token, answer.refresh_token) == ("", "")
    for cookie in cookies:
        name, *attributes = cookie.split("; ")
        assert name.startswith("__Host-ownid-")
        assert {"Path=/", "HttpOnly", "Secure", "SameSite=Lax"} < set(attributes)
        assert "Domain" not in cookie


def test_browser_works_by_cookie(shop: Shop) -> None:
    """A browser reads, changes, refreshes and signs out with nothing but its cookies."""
    browser = signed_in(shop)

    account, _ = call(shop, "GetSessionAccount", (browser,))
    changed, _ = call(
        shop,
        "UpdateSessionAccount",
        (browser, FROM_SHOP),
        account={"profile": {"given_name": "Augusta"}},
    )
    refreshed, cookies = call(shop, "RefreshSession", (browser, FROM_SHOP))
    _, cleared = call(shop, "RevokeCurrentSession", (browser, FROM_SHOP))

    assert account.profile["given_name"] == "Ada"
    assert changed.profile["given_name"] == "Augusta"
    assert (refreshed.access_token, len(cookies)) == ("", 2)
    assert all("Max-Age=0" in cookie for cookie in cleared)
    assert len(cleared) == 2
    assert reason_of(shop, "GetSessionAccount", (browser,)) == "SESSION_ENDED"


@pytest.mark.parametrize("origin", [(), (FROM_EVIL,), (FROM_SHOP, FROM_EVIL)])
@pytest.mark.parametrize(
    "method", ["UpdateSessionAccount", "RefreshSession", "RevokeCurrentSession"]
)
def test_call_by_cookie_needs_an_allowed_origin(
    shop: Shop, method: str, origin: tuple[tuple[str, str], ...]
) -> None:
    """What changes something is refused from other pages, and without an origin."""
    browser = signed_in(shop)

    assert reason_of(shop, method, (browser, *origin)) == "ORIGIN_NOT_ALLOWED"


def test_ticket_from_another_page_sets_no_cookie(shop: Shop) -> None:
    """Nobody can sign a browser in to an account of theirs from a page of their own."""
    ticket = shop.open().ticket

    assert reason_of(shop, "ExchangeTicket", (FROM_EVIL,), ticket=ticket) == "ORIGIN_NOT_ALLOWED"
    assert call(shop, "ExchangeTicket", (FROM_SHOP,), ticket=ticket)[1]


def test_program_gets_tokens_in_the_answer(shop: Shop) -> None:
    """Who sends no origin is no browser, and gets no cookies."""
    answer, cookies = call(shop, "ExchangeTicket", (), ticket=shop.open().ticket)

    assert answer.access_token
    assert answer.refresh_token
    assert cookies == []


def test_bearer_token_needs_no_origin(shop: Shop) -> None:
    """A token in the authorization is sent by no browser on its own, wherever the page is from."""
    user = shop.sign_in()

    fields = {"account": {"profile": {"given_name": "Augusta"}}}
    answer, _ = call(shop, "UpdateSessionAccount", (*user.bearer(), FROM_EVIL), **fields)

    assert answer.profile["given_name"] == "Augusta"


def test_cookie_sent_twice_is_not_believed(shop: Shop) -> None:
    """Two cookies of one name cannot both be ours."""
    key, value = signed_in(shop)

    assert reason_of(shop, "GetSessionAccount", ((key, f"{value}; {value}"),)) == (
        "CREDENTIAL_MISSING"
    )


def test_app_without_cookies_takes_none(tmp_path: Path) -> None:
    """Where an app has no cookies, a token in a cookie is no credential."""
    with session_shop(tmp_path) as shop:
        user = shop.sign_in()
        cookie = ("cookie", f"__Host-ownid-access-shop={user.access_token}")

        assert reason_of(shop, "GetSessionAccount", (cookie,)) == "CREDENTIAL_MISSING"
