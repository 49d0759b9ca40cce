"""`ownid-grpc accounts export`: files that an import takes, whole or marked as partial."""

import csv
import json
import os
import stat
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ownid.v1.account_service_pb2_grpc import add_AccountServiceServicer_to_server

from ownid_grpc.cli.accounts.csv_columns import columns_of
from ownid_grpc.domain.account import Account, Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.errors import Reason, Unavailable
from ownid_grpc.server.servicers import add_servicers
from ownid_grpc.services.writing import NewAccount
from tests.cli.breaking import Breaking
from tests.cli.running import Commands, config_of
from tests.support.serving import serving_with
from tests.support.shop import APP, Shop, open_shop

PROFILES: list[Profile] = [
    {
        "email": "ada@example.com",
        "given_name": 'Ada "L."\r\nLovelace, née 1',
        "loyalty": 5,
        "serial": str(2**60),
        "address": {"city": "London", "zip": "007"},
    },
    {"email": "bob@example.com"},
    {"email": "eve@example.com", "given_name": "=1+1", "phone": "+49 30 1", "loyalty": 0},
    {"email": "zoe@example.com", "address": {"city": "\u202eRome"}},
]
COUNT = 1200

DOWN = Unavailable(Reason.DATABASE_UNAVAILABLE, "Down.")


def fill(shop: Shop) -> None:
    """Makes the accounts."""
    for profile in PROFILES:
        shop.services.accounts.create(Call(), APP, NewAccount(profile))


@pytest.fixture
def full(shop: Shop) -> Shop:
    """Returns the shop with some accounts."""
    fill(shop)
    return shop


def accounts_of(shop: Shop) -> list[tuple[Profile, bool | None]]:
    """Returns what the accounts of a shop hold, in the order of their keys."""
    held: list[Account] = list(shop.store.accounts.values())
    return [(each.profile, each.disabled) for each in held]


def emails(path: Path) -> list[str]:
    """Returns the emails of exported JSON lines."""
    return [json.loads(line)["profile"]["email"] for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("name", ["accounts.jsonl", "accounts.csv"])
@pytest.mark.usefixtures("full")
def test_export_is_imported_into_an_empty_database(
    commands: Commands, full: Shop, tmp_path: Path, name: str
) -> None:
    """What was exported makes equal accounts elsewhere, in either format."""
    file, folder = tmp_path / name, tmp_path / "other"
    folder.mkdir()

    assert commands.json("accounts", "export", str(file)) == {"exported": len(PROFILES)}
    with open_shop(folder) as other:
        other.set_schema()
        adding = partial(add_servicers, services=other.services)
        with serving_with(config_of(folder), adding) as running:
            there = Commands(running.address)
            counts = there.json("accounts", "import", str(file), "--upsert")

            assert counts == {"created": len(PROFILES), "updated": 0, "failed": 0}
            assert accounts_of(other) == accounts_of(full)


@pytest.mark.usefixtures("full")
def test_export_filters_and_orders(commands: Commands) -> None:
    """The words of a search are those of an export, which goes to stdout without a file."""
    words = ("--filter", "loyalty >= 0", "--order-by", "loyalty", "--fields", "loyalty")

    assert [each["profile"] for each in commands.lines("accounts", "export", *words)] == [
        {"loyalty": 0},
        {"loyalty": 5},
    ]


@pytest.mark.usefixtures("full")
def test_columns_are_chosen(commands: Commands) -> None:
    """CSV has the columns asked for in that order, JSON in those that are no text."""
    words = ("--csv", "--columns", "loyalty, address.city,email", "--filter", "loyalty = 5")

    printed = commands.printed("accounts", "export", *words)

    assert printed == "loyalty:=,address.city,email\n5,London,ada@example.com\n"


@pytest.mark.usefixtures("full")
def test_all_properties_are_columns(commands: Commands) -> None:
    """Without a choice there is a column for whatever the schema lets be read."""
    header, *rows = csv.reader(commands.printed("accounts", "export", "--csv").splitlines())

    expected = "address.city address.zip email given_name loyalty:= phone serial:= source"
    assert header == expected.split()
    assert rows


@pytest.mark.usefixtures("full")
def test_what_csv_does_not_say_is_said(commands: Commands) -> None:
    """Cells that a spreadsheet would run, empty texts and disabled accounts are counted."""
    commands.printed("accounts", "create", "email=x@example.com", "given_name=", "--disabled")

    result = commands.run("accounts", "export", "--csv")

    assert "1 empty texts are empty cells" in result.stderr
    assert "1 accounts are disabled" in result.stderr
    assert "2 cells would be run as formulas" in result.stderr


@pytest.mark.usefixtures("full")
def test_only_the_caller_may_read_the_file(commands: Commands, tmp_path: Path) -> None:
    """An export is readable for whoever made it, and leaves nothing beside it."""
    commands.printed("accounts", "export", str(tmp_path / "all.jsonl"))

    assert stat.S_IMODE((tmp_path / "all.jsonl").stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.glob("all.*")] == ["all.jsonl"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--columns", "email"), "--columns is for CSV"),
        (("--csv", "--fields", "email"), "--fields is for JSON lines"),
        (("--resume",), "--resume needs the file"),
        (("--csv", "--columns", "emial"), "known: address.city, address.zip, email"),
        (("no/such/folder/file",), "No such file"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_export_that_makes_no_sense_is_refused(
    commands: Commands, words: tuple[str, ...], complaint: str
) -> None:
    """What cannot be done is said before anything is written."""
    result = commands.run("accounts", "export", *words)

    assert (result.exit_code, result.stdout) == (2, "")
    assert complaint in result.stderr.replace("\n", " ")


class Broken:
    """A shop of many accounts whose service can be made to break, and what is exported of it."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        self.file = folder / "accounts.jsonl"
        self.partial = folder / "accounts.jsonl.partial"
        self.progress = folder / "accounts.jsonl.progress"
        self._shop = shop
        self._folder = folder

    def export(self, *words: str, breaks: int = 0) -> Any:  # noqa: ANN401 - a result of click
        """Runs an export; the service breaks `breaks` times after a message."""
        servicer = Breaking(self._shop.services, breaks, DOWN if breaks else None)
        adding = partial(add_AccountServiceServicer_to_server, servicer)
        with serving_with(config_of(self._folder), adding) as running:
            return Commands(running.address).run(
                "accounts", "export", str(self.file), "--retries", "0", *words
            )


@pytest.fixture
def broken(shop: Shop, tmp_path: Path) -> Broken:
    """Gives a shop of more accounts than fit two messages."""
    for number in range(COUNT):
        profile: Profile = {"email": f"a{number:04}@example.com"}
        shop.services.accounts.create(Call(), APP, NewAccount(profile))
    return Broken(shop, tmp_path)


def test_interrupted_export_goes_on_where_it_stopped(broken: Broken) -> None:
    """The partial file is marked; --resume makes it whole, no line lost, cut or doubled."""
    first = broken.export(breaks=99)
    assert first.exit_code == 3
    assert "500 accounts are there; the rest: the same command with --resume" in first.stderr
    assert not broken.file.exists()
    # A kill in the middle of a write leaves a part of a line.
    with broken.partial.open("ab") as file:
        file.write(b'{"name":"apps/sh')

    second = broken.export("--resume", breaks=99)
    third = broken.export("--resume")

    assert (second.exit_code, third.exit_code) == (3, 0), third.stderr
    assert json.loads(third.stdout) == {"exported": COUNT}
    assert emails(broken.file) == [f"a{number:04}@example.com" for number in range(COUNT)]
    assert not broken.partial.exists()
    assert not broken.progress.exists()


def test_interrupted_export_is_not_begun_anew_unasked(broken: Broken) -> None:
    """What is there of an export is neither written over nor mixed with another one."""
    broken.export(breaks=99)
    content = broken.partial.read_bytes()

    anew = broken.export()
    other = broken.export("--resume", "--filter", "loyalty = 1")

    assert "interrupted" in anew.stderr
    assert "other words" in other.stderr
    assert (anew.exit_code, other.exit_code) == (2, 2)
    assert broken.partial.read_bytes() == content


@pytest.mark.parametrize("damage", ["partial", "progress"])
def test_damaged_export_is_not_gone_on_with(broken: Broken, damage: str) -> None:
    """A partial file that lost lines, or progress that says nothing, is refused."""
    broken.export(breaks=99)
    os.truncate(broken.partial if damage == "partial" else broken.progress, 10)

    result = broken.export("--resume")

    assert result.exit_code == 2
    assert "to begin anew" in result.stderr.replace("\n", " ")


def test_odd_names_are_columns_too() -> None:
    """Names that would read as something else are in backticks; references are followed."""
    schema = {
        "type": "object",
        "properties": {
            "a.b": {"type": "string"},
            "@c": {"$ref": "#/$defs/odd~1name"},
            "tags": {"type": "array"},
            "secret": {"type": "string", "writeOnly": True},
        },
        "$defs": {"odd/name": {"type": "object", "properties": {"d:": {"type": "integer"}}}},
    }

    headers = [each.header for each in columns_of(schema)]

    assert headers == ["`@c`.`d:`:=", "`a.b`", "tags:="]
