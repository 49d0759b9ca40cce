"""The example site as `ownid-grpc demo` shows it, and pages of it in a browser."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import sqlalchemy
from playwright.sync_api import BrowserContext, Locator, Page, expect

from ownid_grpc.cli.demo.passwords import PASSWORD
from ownid_grpc.cli.demo.rows import SITE_CUSTOMER, SITE_MAIL

ROOT = Path(__file__).parents[2]
ACCOUNT = f"v1/apps/shop/accounts/{SITE_CUSTOMER}"
STEP_MS = 2_000
"""How soon a page follows what happens elsewhere."""

PAGE_MS = 20_000
"""How soon a page is there, on a machine that has other things to do."""


@dataclass(frozen=True)
class ShownSite:
    """The demo, and all that a test needs to know of it."""

    process: "subprocess.Popen[str]"
    url: str
    token: str
    engine: sqlalchemy.Engine
    prefix: str

    def execute(self, statement: str, **values: object) -> None:
        """Changes the database as the shop's own programs do: `{cust}` and so on are its tables."""
        with self.engine.begin() as connection:
            connection.execute(sqlalchemy.text(self._named(statement)), values)

    def value(self, statement: str) -> Any:  # noqa: ANN401 - whatever the column holds
        """Returns what the database itself has."""
        with self.engine.connect() as connection:
            return connection.execute(sqlalchemy.text(self._named(statement))).scalar_one()

    def admin(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - any value of JSON
        """Calls the API as the demo's admin caller."""
        request = Request(  # noqa: S310 - the gateway's, on this very machine
            f"{self.url}{path}",
            None if body is None else json.dumps(body).encode(),
            {"authorization": f"Bearer {self.token}", "content-type": "application/json"},
            method=method,
        )
        with urlopen(request, timeout=20) as answer:  # noqa: S310 - as above
            return json.load(answer)

    def open(self, browser: BrowserContext, path: str = "") -> Page:
        """Opens a tab."""
        page = browser.new_page()
        page.goto(f"{self.url}{path}")
        return page

    def sign_in(self, browser: BrowserContext) -> "Profile":
        """Signs in as the customer whose password is known."""
        page = self.open(browser)
        page.get_by_label("Email address").fill(SITE_MAIL)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        return Profile(page).shown()

    def open_profile(self, browser: BrowserContext) -> "Profile":
        """Opens another tab, where somebody is signed in already."""
        return Profile(self.open(browser, "profile")).shown()

    def reset(self) -> None:
        """Has the customer's row be as the demo made it, and nobody be signed in."""
        self.admin("POST", f"{ACCOUNT}/sessions:revokeAll", {})
        self.execute("DELETE FROM {cust_ext} WHERE cust_no = :number", number=SITE_CUSTOMER)
        self.execute(
            "UPDATE {cust} SET fname = 'Ember', lname = 'Quilt', dob = NULL, newsletter = 1,"
            " rev = rev + 1 WHERE cust_no = :number",
            number=SITE_CUSTOMER,
        )

    def _named(self, statement: str) -> str:
        return re.sub(r"\{(\w+)\}", rf"{self.prefix}\1", statement)


@dataclass(frozen=True)
class Profile:
    """The profile page in one tab."""

    page: Page

    def shown(self) -> "Profile":
        """Waits until the page is there, and follows changes."""
        expect(self.page.locator("#sessions li")).not_to_have_count(0, timeout=PAGE_MS)
        return self

    def field(self, label: str) -> Locator:
        """Returns the control of this label."""
        return self.page.locator("#profile").get_by_label(label)

    def save(self) -> None:
        """Presses the button."""
        self.page.get_by_role("button", name="Save changes").click()

    def says(self, text: str, milliseconds: float = PAGE_MS) -> None:
        """Waits until the form says this."""
        expect(self.page.locator("#status")).to_have_text(text, timeout=milliseconds)

    def described(self, label: str) -> str:
        """Returns what is said of a field beside its label, as it is read out."""
        control = self.field(label)
        ids = (control.get_attribute("aria-describedby") or "").split()
        found = [self.page.locator(f"[id='{each}']") for each in ids]
        return " ".join(each.inner_text() for each in found if each.is_visible())


@contextmanager
def shown_site(folder: Path, url: str = "") -> Iterator[ShownSite]:
    """Runs the demo with its site, on the database of a URL or else in a file."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OWNID_")}
    environment = kept | ({"OWNID_DEMO_DATABASE_URL": url} if url else {})
    command = [sys.executable, "-m", "ownid_grpc", "demo", "--folder", str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            address, output = _await_site(process)
            assert address, output
            token = re.search(r"OWNID_TOKEN=(\S+)", (folder / "env").read_text())
            assert token is not None
            engine = sqlalchemy.create_engine(
                url or f"sqlite:///{folder / 'shop.db'}", poolclass=sqlalchemy.NullPool
            )
            prefix = "ownid_demo_" if url else "tbl_"
            yield ShownSite(process, address, token[1], engine, prefix)
        finally:
            process.terminate()
            process.wait(30)


def _await_site(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """Returns the address of the site that is printed, and all that is printed to the end."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "with Ctrl-C" in line:
            break
    output = "".join(lines)
    found = re.search(r"^  (http://localhost:\d+/)$", output, re.MULTILINE)
    return found[1] if found else "", output
