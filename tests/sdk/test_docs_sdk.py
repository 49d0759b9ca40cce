"""What docs/sdk.md shows works as written, by its types and in a page."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.sdk.shop import WebShop
from tests.support.browser import SDK

pytestmark = [pytest.mark.browser, pytest.mark.gateway]

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "sdk.md").read_text("utf-8")
README = (ROOT / "sdk" / "js" / "README.md").read_text("utf-8")
BASE_URL = "https://api.shop.example.com"

# What is the page's own: what it shows is kept for the test to see.
OF_README = """
declare function note(...words: unknown[]): void;
function showSignedIn(isSignedIn: boolean) { note("signed in", isSignedIn); }
function showProfile(profile: Profile) { note("profile", profile.email); }
"""
OF_GUIDE = """
declare function note(...words: unknown[]): void;
function showSignedIn(isSignedIn: boolean) { note("signed in", isSignedIn); }
function showSignIn(reason: string) { note("sign in", reason); }
function showAccount(account: Account<Profile>) { note("account", account.profile.given_name); }
function showFault(field: string, description: string) { note("fault", field, description); }
async function askUser(...versions: unknown[]) { note("conflict", ...versions); return true; }
Object.assign(window, { ownid, bare, save, saveOn, read, leave });
"""


def snippets(text: str) -> str:
    """Returns the snippets of a guide, one after the other."""
    return "\n".join(re.findall(r"```ts\n(.*?)```", text, re.DOTALL))


def ran(*command: str, given: str = "") -> str:
    """Returns what a program of the SDK's own tools prints."""
    done = subprocess.run(
        [ROOT / "tools" / "npm", "exec", "--silent", "--", *command],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("text", "own"), [(GUIDE, OF_GUIDE), (README, OF_README)], ids=["guide", "readme"]
)
def test_snippets_have_the_types_of_what_is_shipped(text: str, own: str, tmp_path: Path) -> None:
    """Nothing but the one file of types is needed for them."""
    (tmp_path / "page.ts").write_text(snippets(text) + own, "utf-8")
    words = {
        "strict": True,
        "noEmit": True,
        "target": "es2022",
        "module": "es2022",
        "moduleResolution": "bundler",
        "types": [],
        "paths": {"@ownid-grpc/js": [str(SDK.with_suffix(".d.ts"))]},
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": words}), "utf-8")

    ran("tsc", "--project", str(tmp_path))


def test_snippets_work_in_a_page(shop: WebShop, profile: BrowserContext) -> None:
    """A user signs in by the ticket, sees and changes the account, and is told of the end."""
    page = profile.new_page()
    page.goto(f"{shop.site.origin()}/blank#ticket={shop.ticket()}")
    shown: list[list[object]] = []
    page.expose_function("note", lambda *words: shown.append([*words]))
    script = ran("esbuild", "--loader=ts", "--format=esm", given=snippets(GUIDE) + OF_GUIDE)
    _add(page, script.replace(BASE_URL, shop.site.base_url).replace("@ownid-grpc/js", "/ownid.js"))

    page.wait_for_function("window.leave && ownid.account.current")
    email = page.evaluate("() => read(new AbortController().signal)")
    page.evaluate("() => save({ given_name: 'x'.repeat(21) })")
    first = page.evaluate_handle("() => ownid.account.current")
    page.evaluate("() => save({ given_name: 'Theirs' })")
    page.evaluate("first => saveOn(first, { address: { city: 'Rome' } })", first)
    page.evaluate("() => ownid.session.revoke()")
    left = page.evaluate("() => read(new AbortController().signal)")
    page.evaluate("() => leave()")

    assert (email, left) == ("ada@example.com", "signed out")
    assert page.url == f"{shop.site.origin()}/blank"
    kinds = [each[0] for each in shown]
    assert kinds[0] == "account"
    assert next(each for each in shown if each[0] == "fault")[1] == "account.profile.given_name"
    assert ["account", "Theirs"] in shown
    assert "conflict" in kinds
    assert kinds[-1] == "signed in"
    assert shown[-1] == ["signed in", False]


def _add(page: Page, script: str) -> None:
    page.add_script_tag(type="module", content=script)
