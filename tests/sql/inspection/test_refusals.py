"""Databases of which inspect can make nothing, and what it says of them."""

import sqlite3
from pathlib import Path

import pytest

from tests.sql.legacy import Database
from tests.support.inspected import run_inspect
from tests.support.service import free_address

SECRET = "s3cret-password"


def test_a_database_without_users_is_refused(database: Database, tmp_path: Path) -> None:
    """Where no table is one of accounts, all are named, so that one can be chosen."""
    database.execute(
        "CREATE TABLE products (id <automatic>, name VARCHAR(80), email_text VARCHAR(80))",
        "CREATE TABLE user_groups (id <automatic>, user_id BIGINT, group_id BIGINT)",
    )

    result = run_inspect(database.url, tmp_path)

    assert result.exit_code == 1
    assert "No table looks like one of accounts" in result.stderr
    assert "products, user_groups" in result.stderr
    assert list(tmp_path.glob("*.yaml")) == []


def test_a_table_that_is_not_there_is_refused(database: Database, tmp_path: Path) -> None:
    """A table that --table misspells is none, and those that are there are named."""
    database.execute("CREATE TABLE users (id <automatic>, email VARCHAR(80))")

    result = run_inspect(database.url, tmp_path, "--table", "usrs")

    assert result.exit_code == 1
    assert "There is no table 'usrs'; there are: users." in result.stderr


def test_rows_that_nothing_identifies_are_refused(database: Database, tmp_path: Path) -> None:
    """Without a primary key or a unique index there are no accounts."""
    database.execute("CREATE TABLE users (login VARCHAR(40), email VARCHAR(80))")

    result = run_inspect(database.url, tmp_path)

    assert result.exit_code == 1
    assert "Nothing identifies the rows of 'users'" in result.stderr


@pytest.mark.parametrize("scheme", ["postgresql", "mariadb"])
def test_a_database_that_is_down_is_said_to_be(scheme: str, tmp_path: Path) -> None:
    """Neither the password nor the host of a database that does not answer is shown."""
    address = free_address()

    result = run_inspect(f"{scheme}://ada:{SECRET}@{address}/shop", tmp_path)

    assert result.exit_code == 3
    assert result.stderr == "The database does not answer, or refuses this user.\n"


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """A file of SQLite that is not there stays so."""
    result = run_inspect(f"sqlite:///{tmp_path / 'none.db'}", tmp_path)

    assert result.exit_code == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", [f"oracle://ada:{SECRET}@host/shop", SECRET, ""])
def test_what_is_no_url_is_not_repeated(url: str, tmp_path: Path) -> None:
    """A URL of another kind, or none at all, is a mistake in the command."""
    result = run_inspect(url, tmp_path)

    assert result.exit_code == 2
    assert SECRET not in result.output


def test_files_are_written_over_only_by_force(tmp_path: Path) -> None:
    """What somebody has edited stays, unless --force is said."""
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE)")
    database.close()
    config = tmp_path / "ownid.yaml"
    config.write_text("edited", "utf-8")

    refused = run_inspect(f"sqlite:///{path}", tmp_path)
    before = config.read_text("utf-8")
    forced = run_inspect(f"sqlite:///{path}", tmp_path, "--force")

    assert refused.exit_code == 1
    assert "--force" in refused.stderr
    assert before == "edited"
    assert forced.exit_code == 0
    assert "table: users" in config.read_text("utf-8")


def test_names_cannot_drive_a_terminal(tmp_path: Path) -> None:
    """What a table is called is shown, less what a terminal would obey."""
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as database:
        database.execute('CREATE TABLE "a\x1b[31m\nb" (id INTEGER PRIMARY KEY, note TEXT)')
    database.close()

    refused = run_inspect(f"sqlite:///{path}", tmp_path)
    chosen = run_inspect(f"sqlite:///{path}", tmp_path, "--table", "a\x1b[31m\nb")

    assert chosen.exit_code == 0, chosen.output
    assert "\x1b" not in refused.stderr + chosen.stderr
    assert "\x1b" not in (tmp_path / "ownid.yaml").read_text("utf-8")
