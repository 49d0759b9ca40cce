"""Habits of products that are older than their databases' types, as inspect takes them."""

from pathlib import Path

from tests.sql.legacy import Database
from tests.support.inspected import inspected

NUMBERS = range(1, 13)

BOARD = """CREATE TABLE brd_users (user_id <automatic>, user_type SMALLINT NOT NULL DEFAULT 0,
    username VARCHAR(80) NOT NULL, username_clean VARCHAR(80) NOT NULL UNIQUE,
    user_regdate BIGINT NOT NULL DEFAULT 0, user_lastvisit BIGINT NOT NULL DEFAULT 0,
    timemodified BIGINT NOT NULL DEFAULT 0, user_actkey VARCHAR(32) NOT NULL DEFAULT '')"""


def test_words_written_together_are_known(database: Database, tmp_path: Path) -> None:
    """Counts of seconds, codes and names in one case are what they are, if oddly called."""
    database.execute(
        BOARD,
        *(
            f"""INSERT INTO brd_users (user_type, username, username_clean, user_regdate,
                user_lastvisit, timemodified) VALUES ({n % 2}, 'User{n}', 'user{n}',
                {1_400_000_000 + n}, {n % 2 * 1_500_000_000}, {1_500_000_000 + n})"""
            for n in NUMBERS
        ),
    )

    found = inspected(database.url, tmp_path)

    assert {"username", "type", "lastvisit"} == set(found.properties)
    assert found.properties["type"] == "user_type"
    with found.opened() as accounts:
        made = accounts.create({"username": "Grace"})
        assert accounts.look_up("GRACE") == made
        assert made.create_time is not None
        assert made.update_time is not None
        assert made.profile == {"username": "Grace", "type": 0}
    query = "SELECT username_clean FROM brd_users WHERE username = 'Grace'"
    assert database.rows(query) == [("grace",)]


CLIENTS = """CREATE TABLE clients (id <automatic>, email VARCHAR(80) NOT NULL UNIQUE,
    country CHAR(3) NOT NULL, deleted_on DATE NULL, birthdate DATE NOT NULL DEFAULT '1900-01-01',
    member_until <naive> NOT NULL DEFAULT '9999-12-31 23:59:59')"""


def test_dates_say_deleted_and_none(database: Database, tmp_path: Path) -> None:
    """A day of deleting hides an account, and a date that nobody means is absence."""
    database.execute(
        CLIENTS,
        *(
            f"""INSERT INTO clients (email, country, deleted_on, birthdate, member_until)
                VALUES ('p{n}@example.com', '', {"NULL" if n % 4 else "'2020-02-03'"},
                '{f"19{n:02}-02-03" if n % 2 else "1900-01-01"}',
                '{"9999-12-31 23:59:59" if n % 3 else "2030-01-01 00:00:00"}')"""
            for n in NUMBERS
        ),
    )

    found = inspected(database.url, tmp_path)

    with found.opened() as accounts:
        assert len(accounts.all()) == 9
        made = accounts.create({"email": "ada@example.com"})
        assert made.profile == {"email": "ada@example.com"}
        changed = accounts.update(made, {"birthdate": "1915-12-10", "country": "DE"})
        assert changed.profile["birthdate"] == "1915-12-10"
        cleared = accounts.update(made, {}, ["profile.birthdate", "profile.country"])
        assert cleared.profile == made.profile
        accounts.delete(made)
        assert len(accounts.all()) == 9
    query = "SELECT birthdate = '1900-01-01', deleted_on FROM clients WHERE id = 13"
    ((is_none, deleted_on),) = database.rows(query)
    assert is_none
    assert deleted_on is not None


def test_empty_document_hinders_no_change(database: Database, tmp_path: Path) -> None:
    """An account whose document is an empty object keeps it when something else changes."""
    check = "CHECK (json_valid(settings))" if database.kind == "sqlite" else ""
    database.execute(
        f"""CREATE TABLE users (id <automatic>, email VARCHAR(80) NOT NULL UNIQUE,
            nick VARCHAR(20), settings <document> NOT NULL {check})"""
    )

    found = inspected(database.url, tmp_path)

    with found.opened() as accounts:
        made = accounts.create({"email": "ada@example.com"})
        changed = accounts.update(made, {"nick": "Ada"})
    assert changed.profile == {"email": "ada@example.com", "nick": "Ada", "settings": {}}
