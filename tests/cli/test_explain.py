"""Holds `ownid-grpc explain` to showing what would run, and to doing nothing of it."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ownid_grpc.cli import app
from tests.cli.customers import write_customers

GUIDE = Path(__file__).parents[2] / "docs" / "command-line.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Returns a folder with a shop of one account and a schema in force."""
    write_customers(tmp_path, "VALUES (17, 7, 'ada@example.com', 'Köln', 5)")
    return tmp_path


def explain(folder: Path, *arguments: str) -> Result:
    """Runs `explain` on the file in the folder."""
    config = ["--config", str(folder / "ownid.yaml")]
    return CliRunner().invoke(app, ["explain", *arguments, *config])


def test_guide_shows_what_is_printed(folder: Path) -> None:
    """The output in docs/command-line.md is that of the command."""
    text = GUIDE.read_text("utf-8")
    shown = re.search(r"\$ ownid-grpc explain update 17 city=Bonn\n(.*?)```", text, re.DOTALL)

    printed = explain(folder, "update", "17", "city=Bonn")

    assert shown is not None
    assert printed.exit_code == 0
    assert printed.stdout == shown[1]


COMMANDS = [
    ("get", "17"),
    ("get", "apps/shop/accounts/17"),
    ("lookup", "Ada@example.com"),
    ("list", "--filter", 'city = "K*"', "--order-by", "points desc"),
    ("search", "--filter", "points > 3", "--page-size", "7"),
    ("create", "email=bob@example.com", "points:=3"),
    ("update", "17", "city=Bonn", "--mask", "city,points"),
    ("delete", "17"),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_every_call_is_explained_and_none_made(folder: Path, arguments: tuple[str, ...]) -> None:
    """Each command shows statements, and leaves every file as it was."""
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    found = explain(folder, *arguments, "--json")

    assert found.exit_code == 0, found.output
    statements = json.loads(found.stdout)["statements"]
    assert any("customers" in each["sql"] for each in statements)
    assert "example.com" not in str(statements)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_no_index_serves_is_said(folder: Path) -> None:
    """Below the statements stands what they lack."""
    found = explain(folder, "search", "--filter", "points = 3")

    assert "SCAN account" in found.stdout
    assert "no index serves points by equality" in found.stdout


def test_change_that_would_be_refused_is_refused(folder: Path) -> None:
    """What the schema forbids, or is not there, is said as the service would."""
    forbidden = explain(folder, "update", "17", "points:=-1")
    missing = explain(folder, "delete", "18")

    assert (forbidden.exit_code, missing.exit_code) == (1, 1)
    assert "must be at least 0" in forbidden.stderr
    assert "ACCOUNT_NOT_FOUND" in missing.stderr


def test_key_may_be_any_text(folder: Path) -> None:
    """What has a slash is a key, as it is to `accounts`, unless it is a whole name."""
    key, name = explain(folder, "get", "eu/7"), explain(folder, "get", "apps/other/accounts/7")

    assert key.exit_code == 0, key.stderr
    assert "NAME_INVALID" in name.stderr


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["words", "JSON"])
def test_nothing_of_an_account_drives_a_terminal(folder: Path, options: tuple[str, ...]) -> None:
    """Controls within a value are written as escapes, for people and for programs."""
    found = explain(folder, "update", "17", "city=a\u202e\x9b31mb", *options)

    assert found.exit_code == 0
    assert r"a\u202e\u009b31mb" in found.stdout


def test_command_that_makes_no_sense_ends_with_2(folder: Path) -> None:
    """An app that is not there, or no account, is a matter of usage."""
    assert explain(folder, "get", "17", "--app", "none").exit_code == 2
    assert explain(folder, "get").exit_code == 2


def test_database_that_is_not_there_is_told_from_a_fault(folder: Path) -> None:
    """A database that does not answer ends the command with 3."""
    (folder / "shop.db").unlink()

    assert explain(folder, "get", "17").exit_code == 3
