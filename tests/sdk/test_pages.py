"""What users of real pages see: signed in, in step, and signed out."""

import time
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.sdk.shop import ACCOUNT, WebShop, web_shop
from tests.support.postgres import postgres_database

pytestmark = [pytest.mark.browser, pytest.mark.gateway]

SOON_SECONDS = 2


def test_page_signs_in_reads_changes_and_signs_out(shop: WebShop, profile: BrowserContext) -> None:
    """By a ticket, with all that the page then does by its cookies."""
    tab = shop.site.open(profile)
    before = tab.run("() => ownid.session.get()")
    tab.sign_in(shop.ticket())
    read = tab.run("() => ownid.account.get()")
    changed = tab.run("etag => ownid.account.update({given_name: 'Augusta'}, {etag})", read["etag"])
    schema = tab.run("() => ownid.account.schema()")
    tab.run("() => ownid.session.revoke()")
    after = tab.run("() => ownid.session.get()")

    assert before is None
    assert read["profile"]["email"] == "ada@example.com"
    assert changed["profile"]["given_name"] == "Augusta"
    assert schema["jsonSchema"]["title"] == "Customer"
    assert after is None
    assert tab.run("() => told.filter(each => each.type === 'sessionexpired')") == []


def test_reloaded_page_is_still_signed_in(shop: WebShop, profile: BrowserContext) -> None:
    """Cookies outlast the page."""
    tab = shop.site.open(profile)
    tab.sign_in(shop.ticket())

    tab.page.reload()
    tab.await_true("window.ownid")

    assert tab.run("() => ownid.session.get()")["state"] == "ACTIVE"


def test_tabs_and_other_profiles_follow_a_change(
    shop: WebShop, profile: BrowserContext, other_profile: BrowserContext
) -> None:
    """Within two seconds, whether the browser is the same or another."""
    writer, beside, elsewhere = (
        shop.site.open(profile),
        shop.site.open(profile),
        shop.site.open(other_profile),
    )
    writer.sign_in(shop.ticket())
    beside.follow()
    elsewhere.sign_in(shop.ticket())
    elsewhere.follow()

    writer.run("() => ownid.account.update({given_name: 'Lovelace'})")

    begin = time.monotonic()
    for tab in (beside, elsewhere):
        tab.await_told("accountchange", "each.account.profile.given_name === 'Lovelace'")
    assert time.monotonic() - begin < SOON_SECONDS


def test_signing_in_and_out_reaches_other_tabs(shop: WebShop, profile: BrowserContext) -> None:
    """A tab that was there before shows who is signed in, and that nobody is."""
    tab, beside = shop.site.open(profile), shop.site.open(profile)
    assert beside.run("() => ownid.session.get()") is None

    tab.sign_in(shop.ticket())
    beside.await_told("sessionchange", "each.session !== null")
    tab.run("() => ownid.session.revoke()")
    beside.await_told("sessionchange", "each.session === null")


def test_row_changed_by_sql_is_followed(shop: WebShop, profile: BrowserContext) -> None:
    """Whoever changes the customer's table changes what the page shows."""
    tab = shop.site.open(profile)
    tab.sign_in(shop.ticket())
    tab.follow()

    shop.execute("UPDATE customers SET first_name = 'Byron' WHERE id = 1")

    tab.await_told("accountchange", "each.account.profile.given_name === 'Byron'", SOON_SECONDS)


@pytest.mark.postgresql
def test_row_changed_by_sql_in_postgresql_is_followed(
    tmp_path: Path, profile: BrowserContext
) -> None:
    """So it is where the table lies in PostgreSQL, and tokens are renewed there too."""
    with postgres_database() as url, web_shop(tmp_path, url, access_token_seconds=10) as shop:
        tab = shop.site.open(profile)
        tab.sign_in(shop.ticket())
        tab.follow()
        shop.execute("UPDATE customers SET first_name = 'Byron' WHERE id = 1")
        tab.await_told("accountchange", "each.account.profile.given_name === 'Byron'", SOON_SECONDS)
        shop.await_refreshes(1)

        assert tab.run("() => ownid.session.get()") is not None


def test_session_revoked_by_an_administrator_signs_the_page_out(
    shop: WebShop, profile: BrowserContext
) -> None:
    """The page is told at once, and why."""
    tab = shop.site.open(profile)
    tab.sign_in(shop.ticket())

    reason = {"reason": "new password"}
    shop.service.rest.admin("POST", f"{ACCOUNT}/sessions:revokeAll", reason)

    expired = tab.await_told("sessionexpired", seconds=SOON_SECONDS)
    assert expired["reason"] == "new password"
    assert tab.run("() => ownid.session.current") is None
    assert tab.run("() => ownid.session.get()") is None


def test_conflict_shows_both_versions(
    shop: WebShop, profile: BrowserContext, other_profile: BrowserContext
) -> None:
    """A page that writes on an older version decides by both what is written."""
    tab, other = shop.site.open(profile), shop.site.open(other_profile)
    for each in (tab, other):
        each.sign_in(shop.ticket())
    other.run("() => ownid.account.update({given_name: 'Nobody'})")
    etag = tab.run("() => ownid.account.get()")["etag"]
    other.run("() => ownid.account.update({given_name: 'Theirs', address: {city: 'Rome'}})")

    refused = tab.reason_of("ownid.account.update({given_name: 'Mine'}, {etag: argument})", etag)
    written = tab.run(
        """etag => ownid.account.update({given_name: "Mine"}, {etag, onConflict: (conflict) => {
             window.conflict = conflict;
             const { changes, theirs } = conflict;
             return {given_name: `${changes.given_name} ${theirs.profile.given_name}`};
           }})""",
        etag,
    )

    assert refused == "ETAG_MISMATCH"
    assert written["profile"]["given_name"] == "Mine Theirs"
    assert written["profile"]["address"]["city"] == "Rome"
    assert tab.run("() => window.conflict.theirs.profile.given_name") == "Theirs"


def test_errors_say_what_the_contract_says(shop: WebShop, profile: BrowserContext) -> None:
    """A form finds the field, and the reason by its type."""
    tab = shop.site.open(profile)
    tab.sign_in(shop.ticket())

    found = tab.run(
        """() => ownid.account.update({given_name: "x".repeat(21)}).catch(error => ({
             is: sdk.isOwnIDError(error, "PROFILE_INVALID"), code: error.code,
             field: error.violations[0].field, says: error.violations[0].description,
             id: error.requestId}))"""
    )

    assert (found["is"], found["code"]) == (True, "INVALID_ARGUMENT")
    assert found["field"] == "account.profile.given_name"
    assert "20" in found["says"]
    assert found["id"]
    assert tab.reason_of("ownid.session.exchange('nothing')") == "TICKET_INVALID"


def test_call_ends_with_its_signal(shop: WebShop, profile: BrowserContext) -> None:
    """Whoever does not wait any longer is let go, and the session stays."""
    tab = shop.site.open(profile)
    tab.sign_in(shop.ticket())

    name = tab.run(
        "() => ownid.account.get({signal: AbortSignal.abort()}).catch(error => error.name)"
    )

    assert name == "AbortError"
    assert tab.run("() => ownid.session.get()") is not None


def test_disposed_page_calls_nobody(shop: WebShop, profile: BrowserContext) -> None:
    """After `dispose` nothing goes on in the background, and nothing can be asked."""
    tab = shop.site.open(profile)
    tab.sign_in(shop.ticket())

    tab.run("() => ownid.dispose()")

    tab.await_told("connectionchange", "!each.connected")
    assert tab.run("() => ownid.session.get().catch(error => error.name)") == "AbortError"
