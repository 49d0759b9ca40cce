"""Holds `ownid-grpc sessions` to what it prints and does, over the whole service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import Commands
from tests.support.sessions import APP, Shop, User, session_shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Gives a shop whose customers sign in."""
    with session_shop(tmp_path) as shop:
        yield shop


@pytest.fixture
def commands(shop: Shop) -> Commands:
    """Returns the commands that call it."""
    return Commands(shop.address)


def test_open_prints_tokens_that_work(commands: Commands, shop: Shop) -> None:
    """What `open` prints in a pipe signs a developer in."""
    opened = commands.json("sessions", "open", "1", "--payload", '{"theme": "dark"}')

    user = User(shop.sessions, opened["accessToken"], opened["refreshToken"])
    assert user.call("GetSessionAccount").profile["given_name"] == "Ada"
    assert opened["session"]["payload"] == {"theme": "dark"}
    assert opened["ticket"]


def test_open_says_on_a_terminal_that_tokens_are_secret(commands: Commands) -> None:
    """A person who opens a session is told what the tokens are worth."""
    code, shown = commands.on_terminal("sessions", "open", "1")

    assert code == 0
    assert "refreshToken" in shown
    assert "keep them secret" in shown


def test_list_pages_through_all(commands: Commands, shop: Shop) -> None:
    """Without a page size every session comes, as JSON lines, those of one account where asked."""
    names = [shop.open(str(1 + number % 2)).session.name for number in range(4)]

    every = commands.lines("sessions", "list")
    of_two = commands.lines("sessions", "list", "--account", "2")

    assert sorted(each["name"] for each in every) == sorted(names)
    assert sorted(each["name"] for each in of_two) == sorted(names[1::2])


def test_list_shows_a_page_and_how_to_go_on(commands: Commands, shop: Shop) -> None:
    """A page ends with the token of the next one."""
    names = {shop.open().session.name for _ in range(3)}

    first = commands.run("sessions", "list", "--page-size", "2")
    token = first.stderr.split("--page-token ")[1].split()[0]
    rest = commands.lines("sessions", "list", "--page-size", "2", "--page-token", token)

    assert len(first.stdout.splitlines()) == 2
    assert len(rest) == 1
    assert rest[0]["name"] in names


def test_list_is_a_table_on_a_terminal(commands: Commands, shop: Shop) -> None:
    """A terminal shows names and states in columns."""
    name = shop.open().session.name

    code, shown = commands.on_terminal("sessions", "list", "--filter", "state = ACTIVE")

    assert code == 0
    assert name in shown
    assert "ACTIVE" in shown


def test_name_that_is_listed_can_be_shown_and_revoked(commands: Commands, shop: Shop) -> None:
    """What `list` prints is what `get` and `revoke` take."""
    shop.open()
    (listed,) = commands.lines("sessions", "list")

    revoked = commands.json("sessions", "revoke", listed["name"], "--reason", "test")
    shown = commands.json("sessions", "get", listed["name"])

    assert (revoked["state"], revoked["revokeReason"]) == ("REVOKED", "test")
    assert shown == revoked


def test_all_sessions_of_an_account_are_revoked(commands: Commands, shop: Shop) -> None:
    """`revoke-all` ends every session of the account."""
    shop.open()
    shop.open()

    commands.printed("sessions", "revoke-all", f"{APP}/accounts/1", "--yes")

    assert {each["state"] for each in commands.lines("sessions", "list")} == {"REVOKED"}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("open", "77"), 1, "ACCOUNT_NOT_FOUND"),
        (("open", "1", "--payload", "dark"), 2, "takes a JSON object"),
        (("get", "nothing"), 1, "NAME_INVALID"),
        (("list", "--filter", "state ="), 1, "FILTER_INVALID"),
    ],
)
def test_what_is_refused_is_said(
    commands: Commands, arguments: tuple[str, ...], code: int, message: str
) -> None:
    """A refusal ends the command with its code and a reason."""
    refused = commands.run("sessions", *arguments)

    assert refused.exit_code == code
    assert message in refused.stderr
