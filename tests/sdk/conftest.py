"""A browser, and the shop that most tests use."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.sdk.pages import SDK
from tests.sdk.shop import WebShop, web_shop

_FLAGS = [
    "--no-sandbox",  # which root, as CI is, cannot have
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
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


@pytest.fixture
def profile(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser profile of its own: no cookies, no storage."""
    context = chromium.new_context(ignore_https_errors=True)
    yield context
    context.close()


@pytest.fixture
def other_profile(chromium: Browser) -> Iterator[BrowserContext]:
    """Another one, as on another device."""
    context = chromium.new_context(ignore_https_errors=True)
    yield context
    context.close()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebShop]:
    """A shop whose tests leave it running, and sign in anew."""
    with web_shop(tmp_path_factory.mktemp("shop")) as running:
        yield running
