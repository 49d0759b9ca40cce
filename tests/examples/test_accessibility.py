"""Holds the example site to being used by everybody: axe-core, the keyboard, a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from ownid_grpc.cli.demo.passwords import PASSWORD
from ownid_grpc.cli.demo.rows import SITE_CUSTOMER, SITE_MAIL
from tests.examples.conftest import NewBrowser
from tests.examples.shown import STEP_MS, Profile, ShownSite

pytestmark = [pytest.mark.browser, pytest.mark.gateway]


def faults_of(page: Page) -> list[str]:
    """Returns what axe-core finds wrong, best practices included."""
    page.wait_for_function("document.getAnimations().every(each => each.playState !== 'running')")
    found = Axe().run(page)
    return [each["id"] for each in found.response["violations"]]


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing(
    simple_site: ShownSite, new_browser: NewBrowser, color_scheme: str, width: int
) -> None:
    """Neither page has a fault, with violations and a conflict shown too."""
    browser = new_browser(color_scheme=color_scheme, viewport={"width": width, "height": 800})
    entrance = simple_site.open(browser)
    expect(entrance.get_by_label("Password")).to_be_visible()
    before = faults_of(entrance)
    profile = simple_site.sign_in(browser)
    plain = faults_of(profile.page)
    profile.field("Phone").fill("call me")
    profile.save()
    profile.says("Not saved: look at what is marked.")
    profile.field("First name").fill("Amber")
    simple_site.execute(
        "UPDATE {cust} SET fname = 'Cinder', rev = rev + 1 WHERE cust_no = :number",
        number=SITE_CUSTOMER,
    )
    expect(profile.page.get_by_role("button", name="Keep mine")).to_be_visible(timeout=STEP_MS)

    assert (before, plain, faults_of(profile.page)) == ([], [], [])


def test_keyboard_is_enough(simple_site: ShownSite, new_browser: NewBrowser) -> None:
    """Signing in and saving a change take no mouse."""
    page = simple_site.open(new_browser())
    page.get_by_label("Email address").focus()
    page.keyboard.type(SITE_MAIL)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    profile = Profile(page).shown()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to your profile")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(profile.field("First name")).to_be_focused()
    page.keyboard.type("Amber")
    page.keyboard.press("Enter")

    profile.says("Saved.")


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_page_fits_its_screen(simple_site: ShownSite, new_browser: NewBrowser, width: int) -> None:
    """Nothing is wider than the screen, and what is pressed is large enough for a thumb."""
    profile = simple_site.sign_in(new_browser(viewport={"width": width, "height": 700}))
    overflow = profile.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    heights = profile.page.evaluate(
        "[...document.querySelectorAll('button, select, input:not([type=checkbox])')]"
        ".filter(each => each.checkVisibility()).map(each => each.offsetHeight)"
    )

    assert overflow == 0
    assert min(heights) >= 44


def test_page_keeps_to_its_origin(simple_site: ShownSite, new_browser: NewBrowser) -> None:
    """No request leaves for elsewhere, and the content security policy is nowhere in the way."""
    browser = new_browser()
    requests: list[str] = []
    complaints: list[str] = []
    browser.on("request", lambda request: requests.append(request.url))
    browser.on("console", lambda message: complaints.append(message.text))
    browser.on("weberror", lambda error: complaints.append(str(error.error)))
    profile = simple_site.sign_in(browser)
    profile.field("City").fill("Sandport")
    profile.save()
    profile.says("Saved.")

    assert len(requests) > 10
    assert [url for url in requests if not url.startswith(simple_site.url)] == []
    # That nobody is signed in yet is an answer of 401, which the browser tells the console.
    assert [text for text in complaints if "401" not in text] == []
