"""Holds accounts to their database where the schema says less than the database demands."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.call import Call
from ownid_grpc.errors import InvalidArgument
from ownid_grpc.repositories.sql import open_repository
from ownid_grpc.services.searches import Search
from ownid_grpc.services.services import Services
from ownid_grpc.services.writing import NewAccount
from ownid_grpc.state.sql import SqlStateStore
from tests.support.shop import APP, SECRET


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Gives services over a table that is stricter than its schema."""
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute(
            "CREATE TABLE people (id INTEGER PRIMARY KEY, mail TEXT NOT NULL, born DATE)"
        )
    repository = open_repository(
        {
            "type": "sql",
            "url": "sqlite:///shop.db",
            "table": "people",
            "key": "id",
            "properties": {"email": "mail", "birthdate": "born"},
        },
        tmp_path,
    )
    state = SqlStateStore(f"sqlite:///{tmp_path / 'state.db'}", SECRET)
    state.migrate()
    services = Services.over({APP: repository}, state, SECRET)
    properties: dict[str, JsonValue] = {
        "email": {"type": "string"},
        "birthdate": {"type": "string"},
    }
    document: dict[str, JsonValue] = {"type": "object", "properties": properties}
    services.schemas.update(APP, document, etag="", validate_only=False)
    yield services
    repository.close()
    state.close()


@pytest.mark.parametrize(
    ("profile", "field", "rule"),
    [
        ({"birthdate": "1815-12-10"}, "account.profile.email", "required"),
        ({"email": "a@example.com", "birthdate": "soon"}, "account.profile.birthdate", "format"),
    ],
)
def test_write_that_the_database_cannot_take_is_refused(
    services: Services, profile: dict[str, JsonValue], field: str, rule: str
) -> None:
    """A value that only the database rules out is named as one that the schema rules out is."""
    with pytest.raises(InvalidArgument) as refused:
        services.accounts.create(Call(), APP, NewAccount(profile))

    assert [(each.field, each.rule) for each in refused.value.violations] == [(field, rule)]


def test_time_is_compared_as_one_all_the_same(services: Services) -> None:
    """A filter on a column of dates compares dates, whether or not the schema says so."""
    for day in ("1815-12-10", "1906-12-09"):
        profile: dict[str, JsonValue] = {"email": f"{day}@example.com", "birthdate": day}
        services.accounts.create(Call(), APP, NewAccount(profile))

    found = services.searches.list(Call(), Search(APP, 'birthdate < "1900-01-01"')).accounts

    assert [account.profile["birthdate"] for account in found] == ["1815-12-10"]
