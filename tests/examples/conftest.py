"""Profiles of a browser, and the example site on each kind of database."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.examples.shown import ShownSite, shown_site
from tests.support.postgres import postgres_database

NewBrowser = Callable[..., BrowserContext]


@pytest.fixture
def new_browser(chromium: Browser) -> Iterator[NewBrowser]:
    """Opens browser profiles, which share nothing with each other."""
    with ExitStack() as opened:

        def open_one(**words: object) -> BrowserContext:
            context: BrowserContext = chromium.new_context(**words)  # type: ignore[arg-type]  # as the test says
            opened.callback(context.close)
            return context

        yield open_one


@pytest.fixture
def browser(new_browser: NewBrowser) -> BrowserContext:
    """One browser profile."""
    return new_browser()


@pytest.fixture
def other_browser(new_browser: NewBrowser) -> BrowserContext:
    """Another one, as on another device."""
    return new_browser()


@pytest.fixture(scope="session")
def sqlite_site(
    tmp_path_factory: pytest.TempPathFactory,
    chromium: Browser,  # noqa: ARG001 - without one, nothing needs to run
) -> Iterator[ShownSite]:
    """The site on SQLite."""
    with shown_site(tmp_path_factory.mktemp("demo")) as shown:
        yield shown


@pytest.fixture(scope="session")
def postgresql_site(
    tmp_path_factory: pytest.TempPathFactory,
    chromium: Browser,  # noqa: ARG001 - likewise
) -> Iterator[ShownSite]:
    """The site on PostgreSQL."""
    with (
        postgres_database() as url,
        shown_site(tmp_path_factory.mktemp("demo"), url) as shown,
    ):
        yield shown


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def site(request: pytest.FixtureRequest) -> ShownSite:
    """The site, its customer as the demo made it, on each kind of database."""
    shown: ShownSite = request.getfixturevalue(f"{request.param}_site")
    shown.reset()
    return shown


@pytest.fixture
def simple_site(sqlite_site: ShownSite) -> ShownSite:
    """The site, for what no database makes a difference to."""
    sqlite_site.reset()
    return sqlite_site
