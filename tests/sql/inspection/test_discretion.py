"""What inspect never does: write to a database, read all of it, or tell of somebody in it."""

from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from ownid_grpc.errors import OwnIdError
from ownid_grpc.inspection.database import read_only
from tests.sql.legacy import Database, kinds, new_database
from tests.support.inspected import inspected

READ_AT_MOST = 60_000
"""Rows that may be read of a table, however large it is."""


def test_nothing_can_be_written(database: Database) -> None:
    """The connection refuses to change anything, whatever its user may do."""
    database.execute("CREATE TABLE users (id <automatic>, email VARCHAR(80))")

    with pytest.raises((DBAPIError, OwnIdError)), read_only(database.url) as connection:
        connection.exec_driver_sql("INSERT INTO users (email) VALUES ('ada@example.com')")

    assert database.rows("SELECT count(*) FROM users") == [(0,)]


def test_nothing_of_anybody_is_shown(database: Database, tmp_path: Path) -> None:
    """Of values only codes get into the files, however few different ones a column has."""
    marks = {
        "first_name": "Markname",
        "city": "Marktown",
        "note": "marknote",
        "password": "markpassword",
        "reset_token": "marktoken",
        "gender": "markgender",
        "avatar_url": "https://example.com/markavatar",
        "status": "active",
    }
    columns = ", ".join(f"{name} VARCHAR(60) NOT NULL" for name in marks)
    values = ", ".join(f"'{value}'" for value in marks.values())
    database.execute(
        f"""CREATE TABLE users (id <automatic>, email VARCHAR(80) NOT NULL UNIQUE,
            pin_code INT NOT NULL, {columns})""",
        """CREATE TABLE user_settings (id <automatic>, user_id BIGINT NOT NULL,
            name VARCHAR(60) NOT NULL, value VARCHAR(60) NOT NULL)""",
        *(
            f"""INSERT INTO users (email, pin_code, {", ".join(marks)})
                VALUES ('mark{n}@example.com', 8899, {values})"""
            for n in range(12)
        ),
        *(
            f"INSERT INTO user_settings (user_id, name, value) VALUES ({n}, 'theme', 'marktheme')"
            for n in range(1, 12)
        ),
        "INSERT INTO user_settings (user_id, name, value) VALUES (1, 'markonly', 'x')",
    )

    found = inspected(database.url, tmp_path)

    written = found.text + (tmp_path / "schema.json").read_text("utf-8")
    assert "mark" not in written.lower()
    assert "8899" not in written
    assert found.schema["properties"]["status"]["enum"] == ["active"]
    assert found.properties["theme"] == {"join": "setting", "name": "theme"}
    assert {"password", "reset_token", "pin_code"}.isdisjoint(found.properties)


@pytest.mark.parametrize("kind", kinds("postgresql"))
@pytest.mark.slow
def test_large_tables_are_not_read_whole(
    kind: str, databases: dict[str, str], tmp_path: Path
) -> None:
    """Of a table of a million rows, and of those that hang on it, a bounded part is read."""
    with new_database(kind, databases[kind], tmp_path) as database:
        database.execute(
            "CREATE TABLE users (id BIGINT PRIMARY KEY, email VARCHAR(80) UNIQUE, bio TEXT)",
            "CREATE TABLE user_data (user_id BIGINT, name VARCHAR(20), value VARCHAR(20))",
            "CREATE TABLE user_meta (id INT PRIMARY KEY, user_id BIGINT, name TEXT, value TEXT)",
            "INSERT INTO user_meta SELECT n, n, 'color', 'red' FROM generate_series(1, 300000) n",
            "CREATE TABLE user_notes (id BIGINT PRIMARY KEY, user_id BIGINT, note TEXT)",
            "INSERT INTO users SELECT n, 'p' || n, 'x' FROM generate_series(1, 1000000) n",
            "INSERT INTO user_data SELECT n, 'color', 'red' FROM generate_series(1, 300000) n",
            "INSERT INTO user_notes SELECT n, n, 'x' FROM generate_series(1, 300000) n",
            "ANALYZE",
            "SELECT pg_stat_reset()",
        )

        found = inspected(database.url, tmp_path)
        database.rows("SELECT pg_stat_force_next_flush()")
        read = database.rows(
            "SELECT relname, (seq_tup_read + coalesce(idx_tup_fetch, 0))::int "
            "FROM pg_stat_user_tables"
        )

    assert {name: count for name, count in read if count > READ_AT_MOST} == {}
    assert "1,000,000 rows" in found.text
    assert found.schema["properties"]["email"]["x-ownid-login-id"] == "exact"
