"""Holds sessions in cookies to what a browser does with them, through a real Envoy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ownid_grpc.config import SessionSettings
from tests.support.envoy import Answer, Rest, envoy_before
from tests.support.sessions import ORIGIN, Shop, session_shop

SESSION = "/v1/apps/shop/session"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Gives a shop whose pages keep their tokens in cookies."""
    folder = tmp_path_factory.mktemp("shop")
    with session_shop(folder, SessionSettings(cookies=True, origins=(ORIGIN,))) as shop:
        yield shop


@pytest.fixture(scope="module")
def rest(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    """Gives the gateway in front of it."""
    folder: Path = tmp_path_factory.mktemp("envoy")
    with envoy_before(shop.address, folder) as rest:
        yield rest


def signed_in(shop: Shop, rest: Rest) -> Answer:
    """Returns what a browser gets that trades a ticket in."""
    body = {"ticket": shop.open().ticket}
    return rest.call("POST", f"{SESSION}:exchange", body, origin=ORIGIN)


def sent_back(answer: Answer) -> str:
    """Returns the cookies of an answer as a browser sends them from then on."""
    return "; ".join(cookie.partition(";")[0] for cookie in answer.cookies)


def reason_of(answer: Answer) -> str:
    """Returns the reason in the body of an error."""
    reasons = [each["reason"] for each in answer.body["details"] if "domain" in each]
    return str(reasons[0])


def test_both_cookies_reach_the_browser(shop: Shop, rest: Rest) -> None:
    """The gateway hands on two cookies that no script can read, and no token beside them."""
    answer = signed_in(shop, rest)

    assert answer.status == 200
    assert [cookie.partition("=")[0] for cookie in answer.cookies] == [
        "__Host-ownid-access-shop",
        "__Host-ownid-refresh-shop",
    ]
    assert all("; HttpOnly; Secure; SameSite=Lax" in cookie for cookie in answer.cookies)
    assert answer.body.keys() == {"session", "access_token_expire_time"}


def test_browser_lives_by_its_cookies(shop: Shop, rest: Rest) -> None:
    """A browser reads, changes, refreshes and signs out over REST."""
    cookie = sent_back(signed_in(shop, rest))

    read = rest.call("GET", f"{SESSION}/account", cookie=cookie)
    changed = rest.call(
        "PATCH",
        f"{SESSION}/account",
        {"profile": {"given_name": "Augusta"}},
        cookie=cookie,
        origin=ORIGIN,
    )
    refreshed = rest.call("POST", f"{SESSION}:refresh", {}, cookie=cookie, origin=ORIGIN)
    newer = sent_back(refreshed)
    left = rest.call("DELETE", SESSION, cookie=newer, origin=ORIGIN)
    after = rest.call("GET", f"{SESSION}/account", cookie=newer)

    assert read.body["profile"]["email"] == "ada@example.com"
    assert changed.body["profile"]["given_name"] == "Augusta"
    assert len(refreshed.cookies) == 2
    assert newer != cookie
    assert all("Max-Age=0" in each for each in left.cookies)
    assert (after.status, reason_of(after)) == (401, "SESSION_ENDED")


def test_page_of_a_stranger_changes_nothing(shop: Shop, rest: Rest) -> None:
    """A page from elsewhere, whose browser sends the cookies along, is refused with a reason."""
    cookie = sent_back(signed_in(shop, rest))
    body = {"profile": {"given_name": "Eve"}}

    strange = rest.call(
        "PATCH", f"{SESSION}/account", body, cookie=cookie, origin="https://evil.example.com"
    )
    nowhere = rest.call("PATCH", f"{SESSION}/account", body, cookie=cookie)

    assert [(each.status, reason_of(each)) for each in (strange, nowhere)] == [
        (403, "ORIGIN_NOT_ALLOWED")
    ] * 2
    assert shop.row("SELECT count(*) FROM customers WHERE first_name = 'Eve'") == (0,)


def test_fault_comes_with_its_field(shop: Shop, rest: Rest) -> None:
    """What is wrong with a profile is named in the body of the error."""
    cookie = sent_back(signed_in(shop, rest))

    answer = rest.call(
        "PATCH",
        f"{SESSION}/account",
        {"profile": {"given_name": "A" * 21}},
        cookie=cookie,
        origin=ORIGIN,
    )

    assert (answer.status, reason_of(answer)) == (400, "PROFILE_INVALID")
    assert "account.profile.given_name" in str(answer.body)
