"""Holds the example site to what a signed-in user does there, in a real browser."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from ownid_grpc.cli.demo.passwords import PASSWORD
from ownid_grpc.cli.demo.rows import SITE_CUSTOMER, SITE_MAIL
from tests.examples.shown import ACCOUNT, PAGE_MS, STEP_MS, ShownSite

pytestmark = [pytest.mark.browser, pytest.mark.gateway]

CUSTOMER = f"WHERE cust_no = {SITE_CUSTOMER}"


def is_signed_out(page: Page, *, because: str, milliseconds: float = STEP_MS) -> None:
    """Waits until a tab shows the sign-in page, and why."""
    expect(page.locator("#notice")).to_have_text(because, timeout=milliseconds)
    expect(page.get_by_label("Password")).to_be_visible()


def test_signed_in_user_reads_the_profile(site: ShownSite, browser: BrowserContext) -> None:
    """The form has what the schema lets the user change, and the rest stands beside it."""
    profile = site.sign_in(browser)

    expect(profile.field("First name")).to_have_value("Ember")
    assert profile.field("First name").get_attribute("aria-required") == "true"
    expect(profile.field("Country")).to_have_value(re.compile(r"\d"))
    expect(profile.page.locator("#facts")).to_contain_text(SITE_MAIL)
    expect(profile.page.locator("#facts")).to_contain_text("Bonus points")
    assert profile.page.locator("#profile [name=email]").count() == 0
    assert site.value(f"SELECT pwd_hash FROM {{cust}} {CUSTOMER}") not in profile.page.content()


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (SITE_MAIL, "marmalade"),
        ("nobody@example.net", PASSWORD),
        ("onyx.oatcake.2@example.org", PASSWORD),
        (SITE_MAIL, ""),
    ],
    ids=["other", "nobody", "old-hash", "empty"],
)
def test_wrong_password_signs_nobody_in(
    simple_site: ShownSite, browser: BrowserContext, email: str, password: str
) -> None:
    """Whatever is wrong, it is said in the same words."""
    page = simple_site.open(browser)
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("alert")).to_have_text(
        "The email address or the password is wrong.", timeout=PAGE_MS
    )
    assert browser.cookies() == []


def test_change_is_saved(site: ShownSite, browser: BrowserContext) -> None:
    """What is saved is in the database, in rows that are only then made too."""
    profile = site.sign_in(browser)
    profile.field("First name").fill("Amber")
    profile.field("City").fill("Grønvik")
    profile.says("2 unsaved changes")
    profile.save()
    profile.says("Saved.")

    assert site.value(f"SELECT fname FROM {{cust}} {CUSTOMER}") == "Amber"
    assert site.value(f"SELECT town FROM {{cust_ext}} {CUSTOMER}") == "Grønvik"


def test_violation_stands_at_its_field(site: ShownSite, browser: BrowserContext) -> None:
    """What the schema refuses is said where it is wrong, and read out with the field."""
    profile = site.sign_in(browser)
    profile.field("Phone").fill("call me")
    profile.field("First name").fill("")
    profile.save()
    profile.says("Not saved: look at what is marked.")

    expect(profile.field("First name")).to_be_focused()
    for label in ("First name", "Phone"):
        assert profile.field(label).get_attribute("aria-invalid") == "true"
    assert "This is not written as it should be." in profile.described("Phone")
    assert profile.described("First name")
    assert profile.field("Last name").get_attribute("aria-invalid") is None
    assert site.value(f"SELECT fname FROM {{cust}} {CUSTOMER}") == "Ember"


def test_other_tab_and_other_browser_follow(
    site: ShownSite, browser: BrowserContext, other_browser: BrowserContext
) -> None:
    """A change is in every open page within two seconds."""
    first = site.sign_in(browser)
    others = [site.open_profile(browser), site.sign_in(other_browser)]
    first.field("Last name").fill("Coverlet")
    first.save()

    for other in others:
        expect(other.field("Last name")).to_have_value("Coverlet", timeout=STEP_MS)
        other.says("Changed elsewhere: Last name.", STEP_MS)


def test_change_of_the_row_is_followed(site: ShownSite, browser: BrowserContext) -> None:
    """What the shop's own programs write is shown, in the form and beside it."""
    profile = site.sign_in(browser)
    site.execute(f"UPDATE {{cust}} SET fname = 'Cinder', bonus_pts = 777, rev = rev + 1 {CUSTOMER}")

    expect(profile.field("First name")).to_have_value("Cinder", timeout=STEP_MS)
    expect(profile.page.locator("#facts")).to_contain_text("777", timeout=STEP_MS)


@pytest.mark.parametrize(
    ("choice", "kept"), [("Take that", "Cinder"), ("Keep mine", "Amber")], ids=["theirs", "mine"]
)
def test_edit_in_progress_is_compared(
    site: ShownSite, browser: BrowserContext, choice: str, kept: str
) -> None:
    """What the user is about to change stays, and the user chooses where both changed the same."""
    profile = site.sign_in(browser)
    profile.field("First name").fill("Amber")
    profile.field("City").fill("Sandport")
    site.execute(f"UPDATE {{cust}} SET fname = 'Cinder', lname = 'X', rev = rev + 1 {CUSTOMER}")

    expect(profile.field("Last name")).to_have_value("X", timeout=STEP_MS)
    expect(profile.field("First name")).to_have_value("Amber")
    expect(profile.field("City")).to_have_value("Sandport")
    assert "Changed elsewhere meanwhile: Cinder" in profile.described("First name")
    profile.save()
    profile.says("Choose what is to stay before you save.")
    profile.page.get_by_role("button", name=choice).click()
    profile.save()
    profile.says("Saved.")
    assert site.value(f"SELECT fname FROM {{cust}} {CUSTOMER}") == kept
    assert site.value(f"SELECT town FROM {{cust_ext}} {CUSTOMER}") == "Sandport"


def test_value_is_set_once(
    site: ShownSite, browser: BrowserContext, other_browser: BrowserContext
) -> None:
    """What may be set once is fixed from then on, in every page."""
    profile, other = site.sign_in(browser), site.sign_in(other_browser)
    profile.field("Date of birth").fill("1990-04-01")
    profile.save()
    profile.says("Saved.")

    for each in (profile, other):
        expect(each.field("Date of birth")).to_have_value("1990-04-01", timeout=STEP_MS)
        expect(each.field("Date of birth")).not_to_be_editable()
        assert each.described("Date of birth") == "This was set, and stays as it is."


def test_sign_out_everywhere(
    site: ShownSite, browser: BrowserContext, other_browser: BrowserContext
) -> None:
    """One button signs out every tab of every browser."""
    first = site.sign_in(browser)
    others = [site.open_profile(browser), site.sign_in(other_browser)]
    first.page.get_by_role("button", name="Sign out everywhere").click()

    for each in (first, *others):
        is_signed_out(each.page, because="Signed out everywhere.")


def test_one_session_is_signed_out(
    site: ShownSite, browser: BrowserContext, other_browser: BrowserContext
) -> None:
    """The list has every session, and ends the one that is chosen."""
    first, other = site.sign_in(browser), site.sign_in(other_browser)
    items = other.page.locator("#sessions li")
    expect(items).to_have_count(2, timeout=PAGE_MS)
    items.filter(has_not_text="This browser").get_by_role("button").click()

    is_signed_out(first.page, because="Signed out from another device.")
    expect(items).to_have_count(1, timeout=PAGE_MS)
    expect(items).to_contain_text("This browser")


def test_sign_out_of_this_browser(
    site: ShownSite, browser: BrowserContext, other_browser: BrowserContext
) -> None:
    """Who signs out does so in every tab of the browser, and in no other."""
    first, other = site.sign_in(browser), site.sign_in(other_browser)
    tab = site.open_profile(browser)
    first.page.get_by_role("banner").get_by_role("button", name="Sign out").click()

    for each in (first, tab):
        expect(each.page.get_by_label("Password")).to_be_visible(timeout=PAGE_MS)
    assert browser.cookies() == []
    other.field("City").fill("Sandport")
    other.save()
    other.says("Saved.")


def test_session_revoked_by_an_admin_signs_out(site: ShownSite, browser: BrowserContext) -> None:
    """A page whose session the back office ends shows the sign-in, and the reason."""
    profile = site.sign_in(browser)
    sessions = site.admin("GET", f"{ACCOUNT}/sessions?filter=state=ACTIVE")["sessions"]
    assert len(sessions) == 1
    site.admin("DELETE", f"v1/{sessions[0]['name']}?reason=Ask+the+support.")

    is_signed_out(profile.page, because="Ask the support.")


def test_profile_page_is_for_who_is_signed_in(
    simple_site: ShownSite, browser: BrowserContext
) -> None:
    """Who is not is led to the sign-in page; who is has no need of that."""
    page = simple_site.open(browser, "profile")
    expect(page.get_by_label("Password")).to_be_visible(timeout=PAGE_MS)
    simple_site.sign_in(browser)
    page.goto(simple_site.url)

    expect(page.get_by_role("heading", name="Your profile")).to_be_visible(timeout=PAGE_MS)
