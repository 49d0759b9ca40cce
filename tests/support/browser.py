"""A real Chromium, which all tests of a process share: Playwright starts once in a thread."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

SDK = Path(__file__).parents[2] / "sdk" / "js" / "dist" / "ownid.js"

_FLAGS = [
    "--no-sandbox",  # which root, as CI is, cannot have
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real Chromium."""
    program = shutil.which("chromium")
    if program is None or not SDK.exists():
        missing = "Chromium is not installed" if program is None else "the SDK is not built"
        assert os.environ.get("CI") != "true", missing
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        yield browser
        browser.close()
