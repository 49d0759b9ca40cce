"""`ownid-grpc accounts`, a command at a time, against a real service."""

import json
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from ownid_grpc.server.servicers import add_servicers
from tests.cli.running import Commands, config_of
from tests.support.serving import serving_with
from tests.support.shop import KEYED, open_shop

ADA = "apps/shop/accounts/1"


@pytest.fixture
def ada(commands: Commands) -> Commands:
    """Gives the commands, with the account of Ada in the shop."""
    commands.printed(
        "accounts", "create", "email=ada@example.com", "loyalty:=5", "address.city=London"
    )
    return commands


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[Commands]:
    """Gives the commands of a shop where the caller chooses the key."""
    with open_shop(tmp_path, KEYED) as shop:
        shop.set_schema()
        adding = partial(add_servicers, services=shop.services)
        with serving_with(config_of(tmp_path), adding) as running:
            yield Commands(running.address)


def test_create_shows_what_the_database_has(commands: Commands) -> None:
    """An account made of assignments is printed as one JSON line, with its name and etag."""
    (made,) = commands.lines(
        "accounts", "create", "email=ada@example.com", "address.city=London", "loyalty:=5"
    )

    assert made["name"] == ADA
    assert made["etag"]
    assert made["profile"] == {
        "email": "ada@example.com",
        "loyalty": 5,
        "address": {"city": "London"},
    }


def test_create_takes_a_profile_from_stdin(commands: Commands) -> None:
    """A profile on stdin is taken, and assignments go over it."""
    text = '{"email": "ada@example.com", "given_name": "A"}'

    made = commands.json("accounts", "create", "-", "given_name=Ada", text=text)

    assert made["profile"] == {"email": "ada@example.com", "given_name": "Ada"}


def test_create_takes_a_profile_from_a_file(commands: Commands, tmp_path: Path) -> None:
    """A profile in a file is taken, with a byte order mark too."""
    file = tmp_path / "ada.json"
    file.write_text('{"email": "ada@example.com"}', encoding="utf-8-sig")

    made = commands.json("accounts", "create", f"@{file}")

    assert made["profile"] == {"email": "ada@example.com"}


def test_create_can_be_tried_again(commands: Commands) -> None:
    """The same request id makes one account, however often it is sent."""
    create = ("accounts", "create", "email=ada@example.com", "--request-id", str(uuid.uuid4()))

    first, second = commands.json(*create), commands.json(*create)

    assert first == second


def test_create_can_be_rehearsed(commands: Commands) -> None:
    """With --validate-only nothing is made, and that is said."""
    result = commands.run("accounts", "create", "email=ada@example.com", "--validate-only")

    assert result.exit_code == 0
    assert "nothing was written" in result.stderr
    assert commands.lines("accounts", "list") == []


def test_create_disabled(commands: Commands) -> None:
    """An account can be made disabled."""
    assert commands.json("accounts", "create", "email=a@b.example", "--disabled")["disabled"]


@pytest.mark.parametrize(
    "key", ["plain", "ada@example.com", "a/b", "~", "~YQ", "..", "-", "[x", "Ünï cødé", '["a"]']
)
def test_any_key_can_be_given_as_it_is(keyed: Commands, key: str) -> None:
    """An account is found by its key, by its id and by its name, whatever the key looks like."""
    made = keyed.json("accounts", "create", "email=a@b.example", "--id", key)
    name = made["name"]

    for given in (key, name.rpartition("/")[2], name):
        assert keyed.json("accounts", "get", "--", given)["name"] == name


def test_app_is_not_needed_beside_a_full_name(ada: Commands) -> None:
    """A full name says the app, so that --app may be missing."""
    result = ada.run("accounts", "get", ADA, OWNID_APP="")

    assert json.loads(result.stdout)["name"] == ADA


def test_get_shows_the_fields_asked_for(ada: Commands) -> None:
    """--fields names properties with or without `profile`, and account fields."""
    shown = ada.json("accounts", "get", "1", "--fields", "name,email,profile.address.city")

    assert shown == {
        "name": ADA,
        "profile": {"email": "ada@example.com", "address": {"city": "London"}},
    }


def test_lookup_finds_by_login_id(ada: Commands) -> None:
    """The account that signs in so is shown."""
    assert ada.json("accounts", "lookup", "ADA@example.com")["name"] == ADA


def test_update_changes_and_clears(ada: Commands) -> None:
    """Assignments change what they name; null clears; the rest stays."""
    changed = ada.json("accounts", "update", "1", "loyalty:=null", "address.zip=N1", "--disabled")

    assert changed["profile"] == {
        "email": "ada@example.com",
        "address": {"city": "London", "zip": "N1"},
    }
    assert changed["disabled"] is True


def test_update_by_mask_clears_what_is_not_given(ada: Commands) -> None:
    """A field that the mask names and that is not given is cleared."""
    changed = ada.json("accounts", "update", "1", "address.city=Paris", "--mask", "address,loyalty")

    assert changed["profile"] == {"email": "ada@example.com", "address": {"city": "Paris"}}


def test_update_that_says_nothing_is_not_sent(ada: Commands) -> None:
    """An update without any change is a mistake, and said to be."""
    result = ada.run("accounts", "update", "1")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: Nothing to change")


def test_update_by_an_old_etag_is_refused_with_the_current_one(ada: Commands) -> None:
    """An etag that holds no more is refused, and the current one is told."""
    old = ada.json("accounts", "get", "1")["etag"]
    new = ada.json("accounts", "update", "1", "loyalty:=6", "--etag", old)["etag"]

    result = ada.run("accounts", "update", "1", "loyalty:=7", "--etag", old)

    assert result.exit_code == 1
    assert "(ABORTED, ETAG_MISMATCH)" in result.stderr
    assert f"current etag: {new}" in result.stderr


def test_numbers_keep_their_digits(ada: Commands) -> None:
    """A whole number that a double would bend arrives as it was written."""
    changed = ada.json("accounts", "update", "1", "serial:=9007199254740993")

    assert changed["profile"]["serial"] == "9007199254740993"


def test_delete(ada: Commands) -> None:
    """A deleted account is gone; deleting it again is an error, unless that is allowed."""
    assert ada.printed("accounts", "delete", "1") == ""

    assert ada.run("accounts", "get", "1").exit_code == 1
    assert ada.run("accounts", "delete", "1").exit_code == 1
    assert ada.run("accounts", "delete", "1", "--allow-missing").exit_code == 0


def test_delete_by_an_old_etag_is_refused(ada: Commands) -> None:
    """An etag guards a delete too."""
    result = ada.run("accounts", "delete", "1", "--etag", '"old"')

    assert result.exit_code == 1
    assert "ETAG_MISMATCH" in result.stderr


def test_list_goes_page_by_page(commands: Commands) -> None:
    """A page says how to get the next one, and how many there are where asked."""
    for number in range(3):
        commands.printed("accounts", "create", f"email=a{number}@example.com")
    page = ("accounts", "list", "--page-size", "2", "--order-by", "email desc")

    first = commands.run(*page, "--total")
    token = first.stderr.rpartition("--page-token ")[2].strip()
    second = commands.run(*page, "--page-token", token)

    emails = [json.loads(line)["profile"]["email"] for line in first.stdout.splitlines()]
    assert emails == ["a2@example.com", "a1@example.com"]
    assert "3 accounts match" in first.stderr
    assert json.loads(second.stdout)["profile"]["email"] == "a0@example.com"
    assert second.stderr == ""


def test_list_in_full_is_the_page_as_the_wire_has_it(commands: Commands) -> None:
    """--full prints one object with accounts, token and total, for programs to go on with."""
    for number in range(2):
        commands.printed("accounts", "create", f"email=a{number}@example.com")

    page = commands.json("accounts", "list", "--page-size", "1", "--total", "--full")

    assert len(page["accounts"]) == 1
    assert page["nextPageToken"]
    assert page["totalSize"] == "2"


def test_list_filters(ada: Commands) -> None:
    """A filter says which accounts are shown."""
    assert len(ada.lines("accounts", "list", "--filter", "loyalty >= 5")) == 1
    assert ada.lines("accounts", "list", "--filter", "loyalty > 5") == []
