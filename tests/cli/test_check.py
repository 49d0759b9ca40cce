"""Holds `ownid-grpc check` to finding what is wrong before the service meets it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ownid_grpc.cli import app
from ownid_grpc.domain.account import Profile
from tests.cli.customers import execute, set_schema, write_config

CONFIG = """
apps:
  shop:
    repository:
      type: sql
      url: sqlite:///shop.db
      table: customers
      key: id
      properties:
        email: mail
        active: {column: st, values: {true: A, false: D}}
      on_create: {pw: "!"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Returns a folder with a shop and an ownid.yaml that fits it."""
    execute(
        tmp_path,
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, mail TEXT UNIQUE, "
        "st CHAR(1) NOT NULL, pw TEXT NOT NULL)",
    )
    write_config(tmp_path, CONFIG)
    return tmp_path


def check(folder: Path, *options: str) -> Result:
    """Runs `check` on the file in the folder."""
    return CliRunner().invoke(app, ["check", "--config", str(folder / "ownid.yaml"), *options])


def rewrite(folder: Path, old: str, new: str) -> None:
    """Changes the words of the file."""
    write_config(folder, CONFIG.replace(old, new))


def test_file_that_fits_passes_and_nothing_is_made(folder: Path) -> None:
    """Where all is well the command ends with 0, and has made no store."""
    passed = check(folder)

    assert passed.exit_code == 0
    assert "shop: the mapping fits the database, with 2 properties" in passed.stdout
    assert sorted(path.name for path in folder.iterdir()) == ["ownid.yaml", "shop.db"]


def test_every_fault_is_said_with_its_line(folder: Path) -> None:
    """Faults of the mapping come all at once, each on a line that an editor can jump to."""
    rewrite(folder, "email: mail", "email: mial\n        phone: tel")

    failed = check(folder)

    assert failed.exit_code == 1
    lines = failed.stdout.splitlines()
    assert any("ownid.yaml:10: " in line and "did you mean 'mail'?" in line for line in lines)
    assert any("ownid.yaml:11: " in line and "'tel'" in line for line in lines)


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["words", "JSON"])
def test_nothing_of_the_file_drives_a_terminal(folder: Path, options: tuple[str, ...]) -> None:
    """Controls within a name are written as escapes, for people and for programs."""
    rewrite(folder, "email: mail", r'email: "m\u202el"')

    failed = check(folder, *options)

    assert failed.exit_code == 1
    assert r"'m\u202el'" in failed.stdout


def test_column_that_no_create_would_fill_is_a_fault(folder: Path) -> None:
    """A NOT NULL column without a default must be filled by some rule."""
    rewrite(folder, '      on_create: {pw: "!"}\n', "")

    failed = check(folder)

    assert failed.exit_code == 1
    assert "'pw'" in failed.stdout


def test_unknown_word_and_unknown_adapter_are_faults_of_the_file(folder: Path) -> None:
    """What no adapter understands is said without asking any database."""
    rewrite(folder, "key: id", "key: id\n      tabel: x")
    misspelt = check(folder)
    rewrite(folder, "type: sql", "type: ldap")
    unknown = check(folder)

    assert (misspelt.exit_code, unknown.exit_code) == (1, 1)
    assert "ownid.yaml:9: apps.shop.repository.tabel" in misspelt.stderr
    assert "known: sql" in unknown.stderr


@pytest.mark.parametrize("url", ["oracle://u:geheim@h/d", "geheim", "mysql://u:geheim@h:x/d"])
def test_url_of_no_known_database_is_not_quoted(folder: Path, url: str) -> None:
    """A URL may hold a password, so that what is wrong with it is said without it."""
    rewrite(folder, "sqlite:///shop.db", url)

    failed = check(folder)

    assert failed.exit_code == 1
    assert "must be a URL of sqlite, postgresql, mariadb or mysql" in failed.stderr
    assert "geheim" not in failed.output


def test_database_that_is_not_there_is_told_from_a_fault(folder: Path) -> None:
    """A database that does not answer ends the command with 3."""
    rewrite(folder, "shop.db", "elsewhere.db")

    failed = check(folder)

    assert failed.exit_code == 3
    assert "shop: the app's database does not answer" in failed.stdout


def test_schema_in_force_is_held_against_the_mapping(folder: Path) -> None:
    """A property that the mapping lost since the schema was set is a fault."""
    properties: Profile = {"email": {"type": "string"}, "active": {"type": "boolean"}}
    set_schema(folder, {"type": "object", "properties": properties, "required": [*properties]})
    fits = check(folder)
    rewrite(
        folder, "        active: {column: st, values: {true: A, false: D}}", "      where: {st: A}"
    )

    failed = check(folder)

    assert fits.exit_code == 0
    assert "the account schema in force fits" in fits.stdout
    assert failed.exit_code == 1
    assert "active" in failed.stdout
