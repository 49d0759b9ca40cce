"""What becomes of members of a `rest` document that the schema does not name."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ownid_grpc.bootstrap import open_repositories, open_state
from ownid_grpc.config import load_config
from ownid_grpc.domain.account import JsonValue, Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.services.services import Services
from ownid_grpc.services.writing import AccountChange

CONFIG = """
apps:
  shop:
    repository:
      type: sql
      url: sqlite:///shop.db
      table: people
      key: id
      properties:
        email: email
        address.city: city
        extra: {column: more, rest: true}
"""

TEXT: Profile = {"type": "string"}

SCHEMA: Profile = {
    "type": "object",
    "properties": {
        "email": TEXT,
        "address": {"type": "object", "properties": {"city": TEXT, "zip": TEXT}},
        "hobby": {"type": "object", "properties": {"name": TEXT}},
    },
}

HOBBY: Profile = {"name": "chess", "since": 1999}

STORED: Profile = {"hobby": HOBBY, "address": {"zip": "1", "door": "2"}, "legacy": {"kept": True}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Returns a folder with one person whose document holds more than the schema names."""
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database, database:
        database.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, email, city, more TEXT)")
        database.execute("INSERT INTO people (more) VALUES (?)", [json.dumps(STORED)])
    (tmp_path / "ownid.yaml").write_text(CONFIG, "utf-8")
    return tmp_path


@pytest.fixture
def services(folder: Path) -> Iterator[Services]:
    """Gives the services over that database, the schema in force."""
    config = load_config(folder / "ownid.yaml")
    with open_state(config, b"") as state, open_repositories(config) as repositories:
        state.migrate()
        services = Services.over(repositories, state, b"s" * 32)
        services.schemas.update("shop", SCHEMA, etag="", validate_only=False)
        yield services


def stored(folder: Path) -> JsonValue:
    """Returns the document as the database has it."""
    with closing(sqlite3.connect(folder / "shop.db")) as database:
        ((document,),) = database.execute("SELECT more FROM people")
    content: JsonValue = json.loads(document)
    return content


def test_members_beside_those_of_the_schema_are_not_shown(services: Services) -> None:
    """Neither are those within an object that the mapping keeps in places of its own."""
    account = services.accounts.get(Call(), "shop", ("1",), [])

    assert account.profile == {"hobby": HOBBY, "address": {"zip": "1"}}


@pytest.mark.parametrize(
    ("given", "mask"),
    [
        ({}, ["*"]),
        ({}, ["profile"]),
        ({}, ["profile.hobby", "profile.address"]),
        ({"hobby": None, "address": {"zip": None}}, []),
    ],
    ids=str,
)
def test_what_is_not_shown_is_not_changed(
    services: Services, folder: Path, given: Profile, mask: list[str]
) -> None:
    """A change clears what it was shown, objects that are stored whole with all that is in them."""
    change = AccountChange(given, update_mask=mask)

    account = services.accounts.update(Call(), "shop", ("1",), change)

    assert account.profile == {"address": {}}
    assert stored(folder) == {"address": {"door": "2"}, "legacy": {"kept": True}}
