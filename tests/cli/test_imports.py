"""`ownid-grpc accounts import`: files of accounts, and what becomes of each line."""

import json
from pathlib import Path

import pytest

from tests.cli.importing import GOOD, failures_in, lines_of, profiles
from tests.cli.running import Commands
from tests.support.shop import Shop


def test_every_line_becomes_an_account(shop: Shop, commands: Commands, tmp_path: Path) -> None:
    """Profiles and accounts as searches print them are imported, and counted."""
    file = tmp_path / "accounts.jsonl"
    whole = {"name": "apps/old/accounts/9", "profile": GOOD[4], "etag": '"x"', "disabled": True}
    file.write_text(f"\ufeff{lines_of(*GOOD[:4])}\n{lines_of(whole)}", "utf-8")

    counts = commands.json("accounts", "import", str(file))

    assert counts == {"created": 5, "updated": 0, "failed": 0}
    assert profiles(shop) == GOOD
    assert [each.disabled for each in shop.store.accounts.values()] == [False] * 4 + [True]


def test_what_search_prints_is_imported_again(shop: Shop, commands: Commands) -> None:
    """An export goes back as it is: with --upsert nothing is made twice, nor changed."""
    commands.printed("accounts", "import", "-", text=lines_of(*GOOD))
    before = dict(shop.store.accounts)
    export = commands.printed("accounts", "search")

    counts = commands.json("accounts", "import", "-", "--upsert", text=export)

    assert counts == {"created": 0, "updated": 5, "failed": 0}
    assert shop.store.accounts == before


def test_bad_lines_fail_alone_and_say_why(shop: Shop, commands: Commands) -> None:
    """Each line that fails is a JSON line on stderr with its number; the rest are imported."""
    text = lines_of(GOOD[0], {"email": "bad"}) + "{oops\n[]\n" + lines_of(GOOD[0], GOOD[1])

    result = commands.run("accounts", "import", "-", text=text)

    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"created": 2, "updated": 0, "failed": 4}
    failed = {each["line"]: each for each in failures_in(result.stderr)}
    assert sorted(failed) == [2, 3, 4, 5]
    assert failed[2]["reason"] == "PROFILE_INVALID"
    assert failed[2]["violations"] == ["account.profile.email: must be a valid email"]
    assert "no JSON" in failed[3]["message"]
    assert "no object" in failed[4]["message"]
    assert failed[5]["code"] == "ALREADY_EXISTS"
    assert profiles(shop) == GOOD[:2]


def test_failures_go_to_a_file(commands: Commands, tmp_path: Path) -> None:
    """With --failures the lines that failed are written there, and stderr stays readable."""
    file = tmp_path / "failures.jsonl"

    result = commands.run(
        "accounts", "import", "-", "--failures", str(file), text=lines_of({"email": "bad"})
    )

    assert result.exit_code == 1
    assert [each["line"] for each in failures_in(file.read_text("utf-8"))] == [1]
    assert failures_in(result.stderr) == []


def test_rehearsed_import_writes_nothing(shop: Shop, commands: Commands) -> None:
    """With --validate-only the lines are judged and nothing is written."""
    text = lines_of(GOOD[0], {"email": "bad"})

    result = commands.run("accounts", "import", "-", "--validate-only", text=text)

    assert json.loads(result.stdout) == {"created": 1, "updated": 0, "failed": 1}
    assert profiles(shop) == []


def test_csv_names_its_properties(shop: Shop, commands: Commands, tmp_path: Path) -> None:
    """The header names properties; empty cells are absent, and := columns hold JSON."""
    file = tmp_path / "accounts.CSV"
    file.write_bytes(
        "\ufeffemail,given_name,address.city,loyalty:=\r\n"
        'ada@example.com,"Ada ""L.""\r\nLovelace",London,5\r\n'
        "\r\n"
        "eve@example.com,,,\r\n"
        "short@example.com,x\r\n"
        "odd@example.com,,,five\r\n".encode()
    )

    result = commands.run("accounts", "import", str(file))

    assert json.loads(result.stdout) == {"created": 2, "updated": 0, "failed": 2}
    assert [each["line"] for each in failures_in(result.stderr)] == [6, 7]
    assert profiles(shop) == [
        {
            "email": "ada@example.com",
            "given_name": 'Ada "L."\r\nLovelace',
            "address": {"city": "London"},
            "loyalty": 5,
        },
        {"email": "eve@example.com"},
    ]


@pytest.mark.parametrize("name", ["@file", "{file"])
def test_csv_may_name_a_property_as_arguments_name_a_file(
    shop: Shop, commands: Commands, name: str
) -> None:
    """A column is a property, whatever it is called: no file is read, and no value is said."""
    text = f"email,{name}\nada@example.com,geheim\n"

    result = commands.run("accounts", "import", "-", "--csv", text=text)

    assert f"account.profile.{name}: is not in the account schema" in result.stderr
    assert "geheim" not in result.output
    assert profiles(shop) == []


def test_line_that_is_no_text_fails_alone(shop: Shop, commands: Commands, tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are the fault of their line, in JSON and in CSV."""
    json_file, csv_file = tmp_path / "a.jsonl", tmp_path / "a.csv"
    json_file.write_bytes(b'{"email": "\xff"}\n{"email": "ada@example.com"}\n')
    csv_file.write_bytes(b"email\n\xff\neve@example.com\n")

    for file, line in ((json_file, 1), (csv_file, 2)):
        result = commands.run("accounts", "import", str(file))

        assert [each["line"] for each in failures_in(result.stderr)] == [line]
        assert "UTF-8" in result.stderr
    assert [each["email"] for each in profiles(shop)] == ["ada@example.com", "eve@example.com"]


def test_import_goes_on_from_a_line(shop: Shop, commands: Commands) -> None:
    """Lines before --from-line are passed over."""
    counts = commands.json("accounts", "import", "-", "--from-line", "4", text=lines_of(*GOOD))

    assert counts["created"] == 2
    assert profiles(shop) == GOOD[3:]


def test_import_of_csv_goes_on_from_a_line(shop: Shop, commands: Commands) -> None:
    """Lines of CSV before --from-line are passed over unjudged, but for the names at the top."""
    text = 'email,loyalty:=\nodd@example.com,five\n"\nb"ad@example.com,\neve@example.com,5\n'

    counts = commands.json("accounts", "import", "-", "--csv", "--from-line", "5", text=text)

    assert counts == {"created": 1, "updated": 0, "failed": 0}
    assert profiles(shop) == [{"email": "eve@example.com", "loyalty": 5}]


@pytest.mark.parametrize(
    "arguments",
    [["nowhere.jsonl"], ["-", "--failures", "no/such/folder/file"]],
    ids=["no such file", "no such folder"],
)
def test_files_that_cannot_be_opened_are_said(commands: Commands, arguments: list[str]) -> None:
    """A file that cannot be read or written ends the command before anything is sent."""
    result = commands.run("accounts", "import", *arguments)

    assert result.exit_code == 2
    assert "No such file" in result.stderr


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ("email,,x", "names the property"),
        ('"email"x,name', "is no CSV"),
        ("email,a..b", "this is none: a..b"),
        ("email,loyalty=:=", "this is none: loyalty=:="),
    ],
)
def test_csv_without_names_is_refused(commands: Commands, header: str, complaint: str) -> None:
    """CSV whose first line names no properties imports nothing."""
    result = commands.run("accounts", "import", "-", "--csv", text=f"{header}\na@example.com,1\n")

    assert result.exit_code == 2
    assert complaint in result.stderr
