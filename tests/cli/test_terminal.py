"""What people see: tables on a terminal that no value can drive."""

from collections.abc import Iterator

import pytest

from ownid_grpc.cli.output import Progress, RowPrinter
from tests.cli.running import Commands

HOSTILE = "[red]\x1b[2J\x07\x9b\u202e\n"
SHOWN = "[red]\\u001b[2J\\u0007\\u009b\\u202e\\n"


@pytest.fixture
def hostile(commands: Commands) -> Commands:
    """Gives the commands, with an account in the shop that would drive a terminal."""
    commands.printed("accounts", "create", "email=ada@example.com", f"given_name={HOSTILE}")
    return commands


def test_accounts_are_a_table_on_a_terminal(hostile: Commands) -> None:
    """A list on a terminal has a row for each account, and columns for what they hold."""
    code, shown = hostile.on_terminal("accounts", "list")

    header, row = shown.splitlines()
    assert code == 0
    assert "account" in header
    assert "email" in header
    assert row.startswith("1 ")
    assert "ada@example.com" in row


@pytest.mark.parametrize("command", [("list",), ("search",), ("get", "1"), ("list", "-o", "json")])
def test_values_do_not_drive_the_terminal(hostile: Commands, command: tuple[str, ...]) -> None:
    """Control characters are shown as escapes and markup as it is, in tables and in JSON."""
    _, shown = hostile.on_terminal("accounts", *command)

    assert SHOWN in shown
    for character in "\x07\x9b\u202e":
        assert character not in shown
    assert "\x1b[2J" not in shown


def test_json_keeps_the_values(hostile: Commands) -> None:
    """What JSON writes as an escape is still the value."""
    assert hostile.json("accounts", "get", "1")["profile"]["given_name"] == HOSTILE


def test_delete_asks_on_a_terminal(hostile: Commands) -> None:
    """Nothing is deleted without a yes, which --yes says beforehand."""
    refused, asked = hostile.on_terminal("accounts", "delete", "1", typed=b"n\n")
    assert refused == 1
    assert "Delete apps/shop/accounts/1?" in asked
    assert hostile.run("accounts", "get", "1").exit_code == 0

    deleted, silent = hostile.on_terminal("accounts", "delete", "1", "--yes")
    assert deleted == 0
    assert "Delete apps" not in silent
    assert hostile.run("accounts", "get", "1").exit_code == 1


def test_schema_is_coloured_on_a_terminal_only(commands: Commands) -> None:
    """The same document is for eyes on a terminal and for files elsewhere."""
    _, shown = commands.on_terminal("schema", "get")
    printed = commands.printed("schema", "get")

    assert "\x1b[" in shown
    assert "\x1b" not in printed
    assert len(shown.splitlines()) == len(printed.splitlines())


def test_table_has_the_columns_that_there_is_room_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns that do not fit are named on stderr; no line is wider than the terminal."""
    monkeypatch.setenv("COLUMNS", "40")
    row = {"account": "1"} | {f"column{number:02}": "x" * 12 for number in range(30)}

    RowPrinter("account").add([row])

    out, err = capsys.readouterr()
    assert max(len(line) for line in out.splitlines()) <= 40
    assert "column29" in err


def test_rows_are_printed_as_they_come(capsys: pytest.CaptureFixture[str]) -> None:
    """Later rows go under the same columns, cut where they are too long; ids are never cut."""
    rows = RowPrinter("account")

    rows.add([{"account": "1", "name": "Ada"}])
    assert capsys.readouterr().out == "account  name\n1        Ada\n"
    rows.add([{"account": "a-long-id-2", "name": "日本の人"}])
    assert capsys.readouterr().out == "a-long-id-2  日 …\n"


def test_progress_counts_a_search_that_takes_long(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is shown in the first second; then a line that is taken away at the end."""
    moments: Iterator[float] = iter([0.0, 0.5, 2.0])

    with Progress(is_shown=True, clock=lambda: next(moments)) as progress:
        progress.advance(1000)
        assert capsys.readouterr().err == ""
        progress.advance(1000)
        assert capsys.readouterr().err == "\r2,000 accounts, 1,000 a second\x1b[K"

    assert capsys.readouterr().err == "\r\x1b[K"
