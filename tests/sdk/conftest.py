"""Profiles of a browser, and the shop that most tests use."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.sdk.shop import WebShop, web_shop


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
