"""Nobody is signed out by time, a network that goes, or a service that does."""

from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.gateway.running import await_true
from tests.sdk.shop import Refresh, WebShop, web_shop

pytestmark = [pytest.mark.browser, pytest.mark.gateway, pytest.mark.slow]

TOKEN_SECONDS = 10
LEEWAY_SECONDS = 30


def seconds_between(calls: list[Refresh]) -> list[float]:
    """Returns how much time lies between each and the next."""
    return [(later.time - earlier.time).total_seconds() for earlier, later in pairwise(calls)]


def test_three_tabs_renew_once(tmp_path: Path, profile: BrowserContext) -> None:
    """Across two ends of the tokens one tab renews them for all, in the background."""
    with web_shop(tmp_path, access_token_seconds=TOKEN_SECONDS) as shop:
        tabs = [shop.site.open(profile) for _ in range(3)]
        tabs[0].sign_in(shop.ticket())
        for each in tabs:
            each.follow()

        renewed = shop.await_refreshes(4)

        assert {each.status for each in renewed} == {200}
        assert min(seconds_between(renewed)) > TOKEN_SECONDS / 2
        for each in tabs:
            assert each.run("() => ownid.session.get()") is not None
            assert each.run("() => told.some(each => each.type === 'sessionexpired')") is False


def test_tabs_that_ask_at_once_renew_once(shop: WebShop, profile: BrowserContext) -> None:
    """Calls for new tokens that come together make one."""
    tab = shop.site.open(profile)
    tab.sign_in(shop.ticket())
    before = len(shop.refreshes())

    tab.run("() => Promise.all(Array.from({length: 5}, () => ownid.session.refresh()))")

    shop.await_refreshes(before + 1)
    tab.run("() => ownid.account.get()")
    assert len(shop.refreshes()) == before + 1


def test_page_that_was_offline_is_back(
    tmp_path: Path, profile: BrowserContext, other_profile: BrowserContext
) -> None:
    """Offline until its tokens have ended, it goes on by itself and knows what it missed."""
    with web_shop(tmp_path, access_token_seconds=TOKEN_SECONDS) as shop:
        tab, other = shop.site.open(profile), shop.site.open(other_profile)
        for each in (tab, other):
            each.sign_in(shop.ticket())
            each.follow()
        profile.set_offline(True)
        tab.await_told("connectionchange", "!each.connected")
        other.run("() => ownid.account.update({given_name: 'Missed'})")
        refused = tab.reason_of("ownid.account.get()")
        tab.page.wait_for_timeout(1000 * (TOKEN_SECONDS + LEEWAY_SECONDS + 2))
        tab.forget_told()
        profile.set_offline(False)

        tab.await_told("accountchange", "each.account.profile.given_name === 'Missed'")
        tab.await_told("connectionchange", "each.connected")
        assert refused == "UNAVAILABLE"
        assert tab.run("() => ownid.session.get()") is not None
        assert tab.run("() => told.some(each => each.type === 'sessionexpired')") is False


def test_page_recovers_from_a_restart(tmp_path: Path, profile: BrowserContext) -> None:
    """The service ends and comes back: the page, left alone, is in step again."""
    with web_shop(tmp_path) as shop:
        tab = shop.site.open(profile)
        tab.sign_in(shop.ticket())
        tab.follow()
        shop.stop()
        tab.await_told("connectionchange", "!each.connected")
        refused = tab.reason_of("ownid.account.get()")
        shop.execute("UPDATE customers SET first_name = 'Byron' WHERE id = 1")
        tab.forget_told()
        shop.start()

        tab.await_told("accountchange", "each.account.profile.given_name === 'Byron'", seconds=40)
        shop.execute("UPDATE customers SET first_name = 'Ada' WHERE id = 1")
        tab.await_told("accountchange", "each.account.profile.given_name === 'Ada'", seconds=5)
        assert refused == "UNAVAILABLE"
        assert tab.run("() => ownid.session.get()") is not None


def test_tokens_that_have_ended_are_renewed_by_the_call(
    tmp_path: Path, profile: BrowserContext
) -> None:
    """A page that was closed until its tokens had ended is signed in when it is opened again."""
    with web_shop(tmp_path, access_token_seconds=TOKEN_SECONDS) as shop:
        tab = shop.site.open(profile)
        tab.sign_in(shop.ticket())
        tab.page.close()
        again = shop.site.open(profile)
        again.page.wait_for_timeout(1000 * (TOKEN_SECONDS + LEEWAY_SECONDS + 2))

        found = again.run("() => ownid.session.get()")

        await_true(lambda: len(shop.refreshes()) == 1, shop.service.process)
        assert found["state"] == "ACTIVE"
