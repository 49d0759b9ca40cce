"""Awkward tables that nobody has described: what inspect writes of them works as it is."""

from pathlib import Path

import pytest

from ownid_grpc.domain.names import account_id
from tests.sql.legacy import Database
from tests.support.inspected import inspected

CODED = """CREATE TABLE customers (cust_no <automatic>, mail VARCHAR(80) NOT NULL UNIQUE,
    created_ms BIGINT NOT NULL, last_login BIGINT NOT NULL, newsletter CHAR(1) NOT NULL,
    is_vip SMALLINT NOT NULL, blocked CHAR(1) NOT NULL, plan VARCHAR(10) NOT NULL,
    is_deleted SMALLINT NOT NULL, row_version INT NOT NULL, homepage_url VARCHAR(90),
    birth_date VARCHAR(10), points INT NOT NULL, changed_at <moment> NULL)"""


def coded_row(number: int) -> str:
    """Returns what makes one customer."""
    return f"""INSERT INTO customers (mail, created_ms, last_login, newsletter, is_vip, blocked,
        plan, is_deleted, row_version, homepage_url, birth_date, points)
        VALUES ('p{number}@example.com', {1_600_000_000_000 + number},
        {number % 2 * 1_700_000_000}, '{"YN"[number % 2]}', {number % 2}, 'N',
        '{("free", "gold")[number % 2]}', {int(number == 3)}, 1,
        'https://example.com/{number}', '19{10 + number}-01-02', {number})"""


def test_codes_counts_and_marks_are_told_by_rows(database: Database, tmp_path: Path) -> None:
    """Epoch milliseconds, Y and N, 0 and 1, and a mark of deletion read as what they are."""
    database.execute(CODED, *map(coded_row, range(20)))

    found = inspected(database.url, tmp_path)

    words = found.repository
    assert words["key"] == "cust_no"
    assert words["create_time"] == {"column": "created_ms", "encoding": "epoch_millis"}
    assert words["disabled"]["values"] == {True: "Y", False: "N"}
    assert words["delete"] == {"set": {"is_deleted": 1}}
    assert words["version"] == "row_version"
    assert found.properties["newsletter"]["values"] == {True: "Y", False: "N"}
    assert found.properties["last_login"]["encoding"] == "epoch_seconds"
    assert found.schema["properties"]["plan"]["enum"] == ["free", "gold"]
    assert found.schema["properties"]["homepage_url"]["format"] == "uri"
    assert found.schema["properties"]["birth_date"]["format"] == "date"


def test_an_account_lives_by_codes_counts_and_marks(database: Database, tmp_path: Path) -> None:
    """An account is made, changed and marked as deleted in the codes of the other rows."""
    database.execute(CODED, *map(coded_row, range(20)))

    found = inspected(database.url, tmp_path)

    with found.opened() as accounts:
        assert len(accounts.all()) == 19
        made = accounts.create({"mail": "ada@example.com", "is_vip": True, "plan": "gold"})
        assert made.disabled is False
        assert made.create_time is not None
        assert made.create_time.year > 2020
        assert "last_login" not in made.profile
        changed = accounts.update(made, {"newsletter": True, "points": 7})
        assert changed.profile["newsletter"] is True
        assert changed.etag != made.etag
        assert changed.update_time is not None
        accounts.delete(made)
    assert database.rows("SELECT is_deleted FROM customers WHERE mail = 'ada@example.com'") == [
        (1,)
    ]


FILLED = {
    "VARCHAR(20)": "'code'",
    "INT": "4711",
    "<boolean>": "TRUE",
    "<moment>": "'2020-01-02 03:04:05'",
    "DECIMAL(8,2)": "12.5",
    "DATE": "'2020-01-02'",
}
"""Types, and what stands in the columns of each."""

COLUMNS = {f"f{n:02}": [*FILLED][n % len(FILLED)] for n in range(86)}

NINETY = f"""CREATE TABLE members (id <automatic>, email VARCHAR(80) NOT NULL UNIQUE,
    password_hash VARCHAR(60) NOT NULL, api_token VARCHAR(40) NOT NULL UNIQUE,
    {", ".join(f"{name} {kind} NOT NULL" for name, kind in COLUMNS.items())})"""


def row_of_ninety(number: int) -> str:
    """Returns what makes one member."""
    return f"""INSERT INTO members (email, password_hash, api_token, {", ".join(COLUMNS)})
        VALUES ('p{number}@example.com', 'x', 't{number}',
        {", ".join(FILLED[kind] for kind in COLUMNS.values())})"""


@pytest.mark.parametrize("rows", [0, 30], ids=["no rows", "rows"])
def test_ninety_columns_are_filled(database: Database, tmp_path: Path, rows: int) -> None:
    """Of a table in which nearly all columns refuse NULL, few have to be given."""
    database.execute(NINETY, *map(row_of_ninety, range(rows)))

    found = inspected(database.url, tmp_path)

    assert found.schema["required"] == ["email"]
    assert "4711" not in found.text
    with found.opened() as accounts:
        made = accounts.create({"email": "ada@example.com"})
        accounts.update(made, {"f00": "text", "f01": 12})
        accounts.create({"email": "bob@example.com"})
        accounts.delete(made)
    ((password, token),) = database.rows(
        "SELECT password_hash, api_token FROM members WHERE email = 'bob@example.com'"
    )
    assert password == "!"
    assert len(token) >= 32


def test_a_composite_key_is_the_callers(database: Database, tmp_path: Path) -> None:
    """A key of several columns is chosen by who makes the account, and shown."""
    database.execute(
        """CREATE TABLE clients (region VARCHAR(4), client_no INT, email VARCHAR(80) NOT NULL
            UNIQUE, PRIMARY KEY (region, client_no))"""
    )

    found = inspected(database.url, tmp_path)

    assert found.repository["key"] == ["region", "client_no"]
    with found.opened() as accounts:
        made = accounts.create({"email": "ada@example.com"}, key=account_id(("eu", "7")))
        assert made.profile["region"] == "eu"
        accounts.update(made, {"email": "lovelace@example.com"})
        accounts.delete(made)


def test_a_login_for_a_key_is_the_callers(database: Database, tmp_path: Path) -> None:
    """A login that is the primary key is chosen as the account's id, and identifies it."""
    database.execute("CREATE TABLE logins (login VARCHAR(40) PRIMARY KEY, full_name VARCHAR(80))")

    found = inspected(database.url, tmp_path, "--table", "logins")

    with found.opened() as accounts:
        made = accounts.create({"full_name": "Ada"}, key="ada")
        assert accounts.look_up("ada").profile["full_name"] == "Ada"
        accounts.delete(made)


def test_a_view_can_be_chosen(database: Database, tmp_path: Path) -> None:
    """A view gives way to a table, and is read where it is chosen."""
    database.execute(
        "CREATE TABLE users (id <automatic>, email VARCHAR(80) NOT NULL UNIQUE)",
        "CREATE VIEW active_users AS SELECT id, email FROM users",
        "INSERT INTO users (email) VALUES ('ada@example.com')",
    )

    table, view = (tmp_path / name for name in ("table", "view"))

    assert inspected(database.url, table).repository["table"] == "users"
    found = inspected(database.url, view, "--table", "active_users")
    with found.opened() as accounts:
        (ada,) = accounts.all()
        assert ada.profile["email"] == "ada@example.com"


NORMALIZED = """CREATE TABLE "AspNetUsers" ("Id" VARCHAR(36) NOT NULL PRIMARY KEY,
    "UserName" VARCHAR(80), "NormalizedUserName" VARCHAR(80) UNIQUE,
    "Email" VARCHAR(80), "NormalizedEmail" VARCHAR(80), "PasswordHash" VARCHAR(90),
    "SecurityStamp" VARCHAR(60), "ConcurrencyStamp" VARCHAR(60),
    "AccessFailedCount" INT NOT NULL)"""


def test_columns_in_one_case_are_kept_in_step(database: Database, tmp_path: Path) -> None:
    """What holds a name in capitals is no property of its own, but finds who signs in by it."""
    database.execute(database.quoted(NORMALIZED))

    found = inspected(database.url, tmp_path)

    assert found.repository["version"] == "ConcurrencyStamp"
    assert {"user_name", "email", "access_failed_count"} == set(found.properties)
    with found.opened() as accounts:
        made = accounts.create({"user_name": "Ada", "email": "ada@example.com"})
        assert accounts.look_up("aDA") == made
        changed = accounts.update(made, {"user_name": "Augusta"})
        assert changed.etag != made.etag
        ((name, email),) = database.rows(
            database.quoted('SELECT "NormalizedUserName", "NormalizedEmail" FROM "AspNetUsers"')
        )
        assert (name, email) == ("AUGUSTA", "ADA@EXAMPLE.COM")
        accounts.delete(made)


def test_tables_of_long_ago_are_recognised(database: Database, tmp_path: Path) -> None:
    """Stamps without a name of today, defaults everywhere and no unique index at all."""
    database.execute(
        """CREATE TABLE fe_users (uid <automatic>, pid INT NOT NULL DEFAULT 0,
            tstamp INT NOT NULL DEFAULT 0, crdate INT NOT NULL DEFAULT 0,
            deleted SMALLINT NOT NULL DEFAULT 0, disable SMALLINT NOT NULL DEFAULT 0,
            username VARCHAR(255) NOT NULL DEFAULT '', password VARCHAR(255) NOT NULL DEFAULT '',
            email VARCHAR(255) NOT NULL DEFAULT '', lastlogin INT NOT NULL DEFAULT 0)""",
        """INSERT INTO fe_users (username, password, email, tstamp, crdate)
            VALUES ('ada', '$argon2i$x', 'ada@example.com', 1600000000, 1600000000)""",
    )

    found = inspected(database.url, tmp_path)

    assert found.repository["create_time"] == {"column": "crdate", "encoding": "epoch_seconds"}
    assert found.repository["update_time"] == {"column": "tstamp", "encoding": "epoch_seconds"}
    with found.opened() as accounts:
        made = accounts.create({"username": "grace", "email": "grace@example.com"}, disabled=True)
        assert accounts.look_up("grace@example.com").disabled is True
        accounts.update(made, {"username": "hopper"})
        accounts.delete(made)
        assert len(accounts.all()) == 1
    assert database.rows("SELECT deleted FROM fe_users WHERE username = 'hopper'") == [(1,)]


def test_no_column_identifies_anybody(database: Database, tmp_path: Path) -> None:
    """Where rows have an address twice it is no login id, and the file says that there is none."""
    database.execute(
        "CREATE TABLE people (id <automatic>, email VARCHAR(80), name VARCHAR(80))",
        "INSERT INTO people (email) VALUES ('ada@example.com'), ('Ada@example.com')",
    )

    found = inspected(database.url, tmp_path)

    assert "x-ownid-login-id" not in found.schema["properties"]["email"]
    assert "no property is a login id" in found.text
