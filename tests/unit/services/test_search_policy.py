"""Holds searches that no index serves to what the operator says of them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from ownid_grpc.config import SearchSettings
from ownid_grpc.domain.account import Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.errors import FailedPrecondition, NotFound, Reason
from ownid_grpc.repositories.sql import open_repository
from ownid_grpc.services.search_policy import WARNED_SECONDS, SearchPolicy
from ownid_grpc.services.searches import Search
from ownid_grpc.services.services import Services
from ownid_grpc.state.sql import SqlStateStore
from ownid_grpc.telemetry.logs import new_logger
from tests.support.logs import captured_logs
from tests.support.shop import APP, SECRET

SCHEMA: Profile = {
    "type": "object",
    "properties": {
        "email": {"type": "string", "x-ownid-login-id": True},
        "city": {"type": "string"},
        "points": {"type": "integer"},
    },
}

SERVED = [
    'city = "secret7"',
    'city = "secret*"',
    'city = "a" AND points = 7',
    'points > 5 AND city = "a"',
]
UNSERVED = [
    "points = 7",
    'city = "a" OR points = 7',
    'NOT city = "a"',
    'city = "*secret"',
    "city:*",
]
REFUSING = SearchSettings(unindexed="refuse", rows=10)
WARNING = SearchSettings(unindexed="warn", rows=10)


@dataclass(frozen=True)
class Opened:
    """The services over a table of 20 rows, with an index on the city."""

    services: Services
    path: Path

    def execute(self, statement: str) -> None:
        """Runs a statement in the app's database."""
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute(statement)

    def find(self, filter_text: str = "", order_by: str = "") -> int:
        """Returns how many accounts a page of a list has."""
        search = Search(APP, filter_text, order_by)
        return len(self.services.searches.list(Call(), search).accounts)


def opened_with(tmp_path: Path, settings: SearchSettings) -> Iterator[Opened]:
    """Gives the services with settings of their own."""
    path = tmp_path / "shop.db"
    path.touch()
    repository = open_repository(
        {
            "url": f"sqlite:///{path}",
            "table": "t",
            "key": "id",
            "properties": {"email": "email", "city": "city", "points": "points"},
        },
        tmp_path,
    )
    state = SqlStateStore(f"sqlite:///{tmp_path / 'state.db'}", SECRET)
    state.migrate()
    services = Services.over({APP: repository}, state, SECRET, searches={APP: settings})
    opened = Opened(services, path)
    opened.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, email TEXT, city TEXT, points INTEGER)")
    opened.execute("CREATE INDEX t_city ON t (city)")
    for number in range(20):
        opened.execute(f"INSERT INTO t VALUES (NULL, 'u{number}', 'secret{number}', {number})")
    services.schemas.update(APP, SCHEMA, etag="", validate_only=False)
    yield opened
    repository.close()
    state.close()


@pytest.fixture
def opened(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Opened]:
    """Gives services that refuse, unless the test says otherwise."""
    yield from opened_with(tmp_path, getattr(request, "param", REFUSING))


@pytest.mark.parametrize("text", SERVED)
def test_what_an_index_serves_is_let_through(opened: Opened, text: str) -> None:
    """A filter that an index serves is answered."""
    assert opened.find(text) >= 0


@pytest.mark.parametrize("text", UNSERVED)
def test_filter_that_no_index_serves_is_refused(opened: Opened, text: str) -> None:
    """The refusal names what lacks an index, and what to do, and no value."""
    with pytest.raises(FailedPrecondition) as caught:
        opened.find(text)

    error = caught.value
    assert error.reason is Reason.INDEX_MISSING
    assert error.metadata["argument"] == "filter"
    assert error.metadata["fields"] in ("city", "points")
    assert error.metadata["fields"] in error.message
    assert "ownid-grpc check" in error.message
    assert "secret" not in error.message
    assert [each.field for each in error.violations] == [error.metadata["fields"]]


def test_order_counts_where_nothing_is_filtered(opened: Opened) -> None:
    """An order without an index is refused; what an index finds may be sorted."""
    with pytest.raises(FailedPrecondition) as caught:
        opened.find(order_by="points")

    assert caught.value.metadata["argument"] == "order_by"
    assert opened.find(order_by="city") == 20
    assert opened.find('city = "secret7"', "points") == 1
    assert opened.find() == 20


def test_streams_are_held_to_the_same(opened: Opened) -> None:
    """A stream is refused before its first account."""
    with pytest.raises(FailedPrecondition):
        next(opened.services.searches.stream(Call(), Search(APP, "points = 7")))


def test_lookup_needs_an_index_too(opened: Opened) -> None:
    """A login id that would be looked for in the whole table is refused."""
    with pytest.raises(FailedPrecondition) as caught:
        opened.services.accounts.look_up(Call(), APP, "u7")

    assert caught.value.metadata == {"argument": "login_id", "fields": "email"}


def test_lookup_with_an_index_finds(tmp_path: Path) -> None:
    """With an index of the one case, it is answered."""
    for opened in opened_with(tmp_path, REFUSING):
        opened.execute("CREATE INDEX t_email ON t (lower(email))")

        assert opened.services.accounts.look_up(Call(), APP, "U7").profile["email"] == "u7"


@pytest.mark.parametrize("opened", [SearchSettings(unindexed="refuse", rows=20)], indirect=True)
def test_small_table_may_be_read_as_a_whole(opened: Opened) -> None:
    """A table of no more rows than that is nobody's trouble."""
    assert opened.find("points = 7") == 1


@pytest.mark.parametrize("opened", [SearchSettings(rows=0)], indirect=True)
def test_all_is_allowed_unless_said(opened: Opened) -> None:
    """Without a word of the operator nothing is refused, and nothing is logged."""
    with captured_logs() as log:
        assert opened.find("points = 7") == 1
        with pytest.raises(NotFound):
            opened.services.accounts.look_up(Call(), APP, "nobody")

        assert "search.unindexed" not in log.getvalue()


@pytest.mark.parametrize("opened", [WARNING], indirect=True)
def test_warning_is_logged_once_for_each_shape(opened: Opened) -> None:
    """The log says which fields were asked for how, now and then, and never a value."""
    searches, now = opened.services.searches, [0.0]
    with captured_logs() as log:
        searches._policy = SearchPolicy(
            searches._apps, {APP: WARNING}, new_logger(), lambda: now[0]
        )
        for text in ("points = 4711", "points = 4711", "points = 4712"):
            opened.find(text)
        opened.find('city = "*4711"')
        now[0] += WARNED_SECONDS
        opened.find("points = 4711")
        lines = log.getvalue()

    assert lines.count("search.unindexed") == 3
    assert lines.count("points by equality") == 2
    assert "4711" not in lines
