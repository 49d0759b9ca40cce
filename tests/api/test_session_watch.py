"""Holds WatchSession to telling every open page what happens, and to costing next to nothing."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.crowd import crowd_of
from tests.support.sessions import APP, Shop, session_shop
from tests.support.watching import Page, opened


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Gives a shop of its own."""
    with session_shop(tmp_path) as shop:
        yield shop


def test_page_hears_of_a_change_through_the_service(shop: Shop) -> None:
    """What another tab changes reaches the page."""
    user = shop.sign_in()
    with opened(user) as page:
        user.call("UpdateSessionAccount", account={"profile": {"given_name": "Augusta"}})

        assert page.next() == "account_changed"


def test_page_hears_of_a_change_straight_in_the_database(shop: Shop) -> None:
    """What somebody changes by SQL, also in a joined table, reaches the page."""
    user = shop.sign_in()
    with opened(user) as page:
        shop.execute("UPDATE customers SET note = 'changed' WHERE id = 1")
        assert page.next() == "account_changed"

        shop.execute("INSERT INTO addresses VALUES (1, 'Ockham', NULL)")
        assert page.next() == "account_changed"


def test_page_hears_of_its_own_account_only(shop: Shop) -> None:
    """What happens to others is not told."""
    user, other = shop.sign_in(), shop.sign_in("2")
    with opened(user) as page, opened(other) as others:
        shop.execute("UPDATE customers SET note = 'changed' WHERE id = 2")
        assert others.next() == "account_changed"

        shop.execute("UPDATE customers SET note = 'changed' WHERE id = 1")
        assert page.next() == "account_changed"


@pytest.mark.parametrize(
    ("end", "event"),
    [
        ("revoke", "session_ended stolen"),
        ("delete", "session_ended account deleted"),
        ("disable", "session_ended account disabled"),
        ("sign out", "session_ended signed out"),
        ("expire", "session_ended"),
    ],
)
def test_page_is_told_the_end_and_let_go(shop: Shop, end: str, event: str) -> None:
    """However a session ends, its pages hear it as the last event, and the stream is over."""
    user = shop.sign_in()
    name = user.call("GetCurrentSession").name
    ways: dict[str, Callable[[], object]] = {
        "revoke": lambda: shop.admin_call("RevokeSession", name=name, reason="stolen"),
        "delete": lambda: shop.execute("DELETE FROM customers WHERE id = 1"),
        "disable": lambda: shop.execute("UPDATE customers SET blocked = 1 WHERE id = 1"),
        "sign out": lambda: user.call("RevokeCurrentSession"),
        "expire": lambda: shop.clock.move(days=8),
    }
    with opened(user) as page:
        ways[end]()

        assert page.next() == event
        assert page.next() == "end"


def test_other_sessions_of_the_account_watch_on(shop: Shop) -> None:
    """The end of one session is no end of another of the same account."""
    ended, kept = shop.sign_in(), shop.sign_in()
    with opened(kept) as page:
        ended.call("RevokeCurrentSession")
        shop.execute("UPDATE customers SET note = 'changed' WHERE id = 1")

        assert page.next() == "account_changed"


def test_watching_is_no_use(shop: Shop) -> None:
    """A page that only watches does not keep its session from ending of idleness."""
    user = shop.sign_in()
    before = user.call("GetCurrentSession").last_active_time
    name = user.call("GetCurrentSession").name
    shop.clock.move(minutes=5)
    with opened(user):
        assert shop.admin_call("GetSession", name=name).last_active_time == before


def test_session_that_has_ended_cannot_be_watched(shop: Shop) -> None:
    """Watching needs a session that holds, as every call does."""
    user = shop.sign_in()
    user.call("RevokeCurrentSession")

    assert Page(user).next() == "SESSION_ENDED"


@pytest.mark.slow
def test_thousand_pages_leave_the_others_their_calls(shop: Shop) -> None:
    """With 1,000 pages watching, calls go on as before, and each page hears of its end."""
    users = [shop.sign_in(str(1 + number % 2)) for number in range(10)]
    with crowd_of(shop.address, users, 1000) as crowd:
        begun = crowd.next_events()

        started = time.monotonic()
        for _ in range(100):
            users[0].call("GetSessionAccount")
        took = time.monotonic() - started
        shop.admin_call("RevokeAllSessions", parent=f"{APP}/accounts/1")
        shop.admin_call("RevokeAllSessions", parent=f"{APP}/accounts/2")
        ends = crowd.ends()

    assert begun == ["heartbeat"] * 1000
    assert took < 10, "100 calls must not wait for those who watch"
    assert ends == ["session_ended"] * 1000
