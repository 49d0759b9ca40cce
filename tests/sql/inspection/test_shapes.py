"""Awkward databases that nobody has described: what inspect writes of them works as it is."""

from pathlib import Path

import pytest

from ownid_grpc.domain.names import account_id
from ownid_grpc.errors import InvalidArgument
from tests.sql.legacy import Database
from tests.support.inspected import inspected


def quoted(database: Database, statement: str) -> str:
    """Returns a statement with the quotes of its database."""
    return statement.replace('"', "`") if database.kind == "mariadb" else statement


def test_wordpress_like_tables_are_recognised(database: Database, tmp_path: Path) -> None:
    """A prefix, no foreign keys, no unique index, and names and values in a table of their own."""
    database.execute(
        quoted(
            database,
            """CREATE TABLE wp_users ("ID" <automatic>, user_login VARCHAR(60) NOT NULL DEFAULT '',
            user_pass VARCHAR(255) NOT NULL DEFAULT '', user_email VARCHAR(100) NOT NULL DEFAULT '',
            user_url VARCHAR(100) NOT NULL DEFAULT '', user_registered <moment> NULL,
            user_activation_key VARCHAR(255) NOT NULL DEFAULT '',
            user_status INT NOT NULL DEFAULT 0, display_name VARCHAR(250) NOT NULL DEFAULT '')""",
        ),
        """CREATE TABLE wp_usermeta (umeta_id <automatic>, user_id BIGINT NOT NULL DEFAULT 0,
            meta_key VARCHAR(255), meta_value TEXT)""",
        "CREATE TABLE wp_posts (id <automatic>, post_title VARCHAR(80), post_author BIGINT)",
        """INSERT INTO wp_users (user_login, user_pass, user_email, user_url, display_name)
            VALUES ('ada', '$P$BK', 'ada@example.com', 'https://ada.example', 'Ada'),
            ('bob', '$P$BL', 'bob@example.com', 'https://bob.example', 'Bob')""",
        """INSERT INTO wp_usermeta (user_id, meta_key, meta_value) VALUES
            (1, 'nickname', 'countess'), (2, 'nickname', 'b'), (1, 'wp_user_level', '10'),
            (2, 'wp_user_level', '0'), (1, 'session_tokens', 'x'), (2, 'session_tokens', 'y'),
            (1, 'wp_capabilities', 'a:1:{s:13:"administrator";b:1;}'),
            (2, 'wp_capabilities', 'a:0:{}'), (1, 'rich_editing', 'true'),
            (2, 'rich_editing', 'false'), (1, 'secretly_about_bob', 'z')""",
    )

    found = inspected(database.url, tmp_path)

    assert found.repository["table"] == "wp_users"
    assert found.properties["nickname"] == {"join": "meta", "name": "nickname"}
    assert found.properties["wp_user_level"]["type"] == "integer"
    assert "session_tokens" not in found.text.replace("Secrets", "")
    assert "secretly_about_bob" not in found.text
    assert {"pass", "activation_key", "user_pass", "wp_capabilities"}.isdisjoint(found.properties)
    assert found.schema["properties"]["email"]["x-ownid-login-id"] is True
    with found.opened() as accounts:
        grace = accounts.create(
            {"login": "grace", "email": "grace@example.com", "nickname": "G", "rich_editing": True}
        )
        assert accounts.look_up("GRACE@example.com").profile["nickname"] == "G"
        assert grace.create_time is not None
        changed = accounts.update(grace, {"nickname": "Amazing", "wp_user_level": 3})
        assert changed.profile["wp_user_level"] == 3
        accounts.delete(grace)
    assert database.rows("SELECT count(*) FROM wp_usermeta WHERE user_id > 2") == [(0,)]


def test_values_by_ids_of_names_are_recognised(database: Database, tmp_path: Path) -> None:
    """Names that another table lists come from there, with a foreign key or by its name."""
    database.execute(
        "CREATE TABLE mdl_user (id <automatic>, username VARCHAR(80) NOT NULL UNIQUE)",
        """CREATE TABLE mdl_user_info_field (id <automatic>,
            shortname VARCHAR(40) NOT NULL UNIQUE)""",
        """CREATE TABLE mdl_user_info_data (id <automatic>, userid BIGINT NOT NULL,
            fieldid BIGINT NOT NULL, data TEXT NOT NULL, dataformat SMALLINT NOT NULL)""",
        "INSERT INTO mdl_user_info_field (shortname) VALUES ('phone'), ('birthday')",
    )

    found = inspected(database.url, tmp_path)

    with found.opened() as accounts:
        made = accounts.create({"username": "ada", "phone": "123"})
        assert accounts.get(made).profile == {"username": "ada", "phone": "123"}
        accounts.delete(made)
    assert database.rows("SELECT count(*) FROM mdl_user_info_data") == [(0,)]


def test_codes_counts_and_marks_are_told_by_rows(database: Database, tmp_path: Path) -> None:
    """Epoch milliseconds, Y and N, 0 and 1, and a mark of deletion read as what they are."""
    database.execute(
        """CREATE TABLE customers (cust_no <automatic>, mail VARCHAR(80) NOT NULL UNIQUE,
            created_ms BIGINT NOT NULL, last_login BIGINT NOT NULL, newsletter CHAR(1) NOT NULL,
            is_vip SMALLINT NOT NULL, blocked CHAR(1) NOT NULL, plan VARCHAR(10) NOT NULL,
            is_deleted SMALLINT NOT NULL, row_version INT NOT NULL, homepage_url VARCHAR(90),
            birth_date VARCHAR(10), points INT NOT NULL, changed_at <moment> NULL)""",
        *(
            f"""INSERT INTO customers (mail, created_ms, last_login, newsletter, is_vip, blocked,
                plan, is_deleted, row_version, homepage_url, birth_date, points)
                VALUES ('p{n}@example.com', {1_600_000_000_000 + n}, {n % 2 * 1_700_000_000},
                '{"YN"[n % 2]}', {n % 2}, 'N', '{("free", "gold")[n % 2]}', {int(n == 3)}, 1,
                'https://example.com/{n}', '19{10 + n}-01-02', {n})"""
            for n in range(20)
        ),
    )

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


def test_a_table_for_each_address_becomes_objects(database: Database, tmp_path: Path) -> None:
    """One-to-one children become objects, made when first written, and go with the account."""
    address = """CREATE TABLE customer_{kind} (customer_id BIGINT PRIMARY KEY,
        street VARCHAR(80), city VARCHAR(40) NOT NULL, is_default <boolean> NOT NULL,
        created_at <moment> NOT NULL, FOREIGN KEY (customer_id) REFERENCES customer (id))"""
    database.execute(
        "CREATE TABLE customer (id <automatic>, email VARCHAR(80) NOT NULL UNIQUE)",
        address.format(kind="billing_address"),
        address.format(kind="shipping_address"),
    )

    found = inspected(database.url, tmp_path)

    with found.opened() as accounts:
        made = accounts.create(
            {"email": "ada@example.com", "billing_address": {"city": "London", "street": "St 1"}}
        )
        assert made.profile["billing_address"]["city"] == "London"  # type: ignore[index, call-overload] # an object
        assert "shipping_address" not in made.profile
        changed = accounts.update(made, {"shipping_address": {"street": "St 2"}})
        assert changed.profile["shipping_address"]["street"] == "St 2"  # type: ignore[index, call-overload] # an object
        accounts.delete(made)
    assert database.rows("SELECT count(*) FROM customer_billing_address") == [(0,)]


def test_rows_told_apart_by_a_kind_become_objects(database: Database, tmp_path: Path) -> None:
    """Several rows an account become an object for each kind that there is."""
    database.execute(
        "CREATE TABLE customers (id <automatic>, email VARCHAR(80) NOT NULL UNIQUE)",
        """CREATE TABLE customer_addresses (id <automatic>, customer_id BIGINT NOT NULL,
            type VARCHAR(10) NOT NULL, city VARCHAR(40), UNIQUE (customer_id, type),
            FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE)""",
        *(f"INSERT INTO customers (email) VALUES ('p{n}@example.com')" for n in range(8)),
        *(
            f"INSERT INTO customer_addresses (customer_id, type, city) VALUES ({n}, '{kind}', 'X')"
            for n in range(1, 9)
            for kind in ("billing", "home")
        ),
    )

    found = inspected(database.url, tmp_path)

    with found.opened() as accounts:
        made = accounts.create({"email": "ada@example.com", "home_address": {"city": "London"}})
        assert accounts.get(made).profile["home_address"] == {"city": "London"}
        accounts.update(made, {"billing_address": {"city": "Paris"}})
        accounts.delete(made)
    assert database.rows("SELECT count(*) FROM customer_addresses WHERE customer_id > 8") == [(0,)]


@pytest.mark.parametrize("rows", [0, 30], ids=["no rows", "rows"])
def test_ninety_columns_are_filled(database: Database, tmp_path: Path, rows: int) -> None:
    """Of a table in which nearly all columns refuse NULL, few have to be given."""
    kinds = {
        "VARCHAR(20)": "'code'",
        "INT": "4711",
        "<boolean>": "TRUE",
        "<moment>": "'2020-01-02 03:04:05'",
        "DECIMAL(8,2)": "12.5",
        "DATE": "'2020-01-02'",
    }
    columns = {f"f{n:02}": [*kinds][n % len(kinds)] for n in range(86)}
    database.execute(
        f"""CREATE TABLE members (id <automatic>, email VARCHAR(80) NOT NULL UNIQUE,
            password_hash VARCHAR(60) NOT NULL, api_token VARCHAR(40) NOT NULL UNIQUE,
            {", ".join(f"{name} {kind} NOT NULL" for name, kind in columns.items())})""",
        *(
            f"""INSERT INTO members (email, password_hash, api_token, {", ".join(columns)})
                VALUES ('p{n}@example.com', 'x', 't{n}',
                {", ".join(kinds[kind] for kind in columns.values())})"""
            for n in range(rows)
        ),
    )

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


def test_names_that_need_quotes_are_kept(database: Database, tmp_path: Path) -> None:
    """Mixed case, reserved words and spaces stand in the mapping as they are in the database."""
    database.execute(
        quoted(
            database,
            """CREATE TABLE "User" ("id" VARCHAR(36) PRIMARY KEY,
            "emailAddress" VARCHAR(80) NOT NULL UNIQUE, "firstName" VARCHAR(40) NOT NULL,
            "passwordHash" VARCHAR(80) NOT NULL,
            "order" INT NULL, "home town" VARCHAR(40) NULL, "createdAt" <moment> NOT NULL,
            "updatedAt" <moment> NOT NULL, "isActive" <boolean> NOT NULL)""",
        )
    )

    found = inspected(database.url, tmp_path)

    assert found.repository["table"] == "User"
    assert found.repository["key"] == {"column": "id", "generate": "uuid4"}
    with found.opened() as accounts:
        made = accounts.create({"email_address": "ada@example.com", "first_name": "Ada"})
        assert made.disabled is False
        changed = accounts.update(made, {"order": 3, "home_town": "London"})
        assert changed.profile["home_town"] == "London"
        accounts.delete(made)


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


def test_lookups_and_parents_are_joined(database: Database, tmp_path: Path) -> None:
    """A short table of names is looked up, and a row of one account alone is a part of it."""
    database.execute(
        "CREATE TABLE countries (id <automatic>, code VARCHAR(2) NOT NULL UNIQUE)",
        """CREATE TABLE persons (id <automatic>, given_name VARCHAR(40) NOT NULL,
            birthdate DATE)""",
        """CREATE TABLE app_users (id <automatic>, login VARCHAR(40) NOT NULL UNIQUE,
            country_id BIGINT, person_id BIGINT UNIQUE,
            FOREIGN KEY (country_id) REFERENCES countries (id),
            FOREIGN KEY (person_id) REFERENCES persons (id))""",
        "INSERT INTO countries (code) VALUES ('DE'), ('UK')",
    )

    found = inspected(database.url, tmp_path)

    assert found.repository["table"] == "app_users"
    with found.opened() as accounts:
        made = accounts.create({"login": "ada", "country": "UK", "person": {"given_name": "Ada"}})
        assert accounts.get(made).profile["country"] == "UK"
        changed = accounts.update(made, {"person": {"given_name": "Augusta"}})
        assert changed.profile["person"] == {"given_name": "Augusta"}
        with pytest.raises(InvalidArgument):
            accounts.update(made, {"country": "XX"})
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


def test_columns_in_one_case_are_kept_in_step(database: Database, tmp_path: Path) -> None:
    """What holds a name in capitals is no property of its own, but finds who signs in by it."""
    database.execute(
        quoted(
            database,
            """CREATE TABLE "AspNetUsers" ("Id" VARCHAR(36) NOT NULL PRIMARY KEY,
            "UserName" VARCHAR(80), "NormalizedUserName" VARCHAR(80) UNIQUE,
            "Email" VARCHAR(80), "NormalizedEmail" VARCHAR(80), "PasswordHash" VARCHAR(90),
            "SecurityStamp" VARCHAR(60), "ConcurrencyStamp" VARCHAR(60),
            "AccessFailedCount" INT NOT NULL)""",
        )
    )

    found = inspected(database.url, tmp_path)

    assert found.repository["version"] == "ConcurrencyStamp"
    assert {"user_name", "email", "access_failed_count"} == set(found.properties)
    with found.opened() as accounts:
        made = accounts.create({"user_name": "Ada", "email": "ada@example.com"})
        assert accounts.look_up("aDA") == made
        changed = accounts.update(made, {"user_name": "Augusta"})
        assert changed.etag != made.etag
        ((name, email),) = database.rows(
            quoted(database, 'SELECT "NormalizedUserName", "NormalizedEmail" FROM "AspNetUsers"')
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


def test_the_primary_row_of_several_identifies(database: Database, tmp_path: Path) -> None:
    """Of several addresses the primary one is the account's, and a login id; others stay."""
    database.execute(
        "CREATE TABLE users (id <automatic>, name VARCHAR(40))",
        """CREATE TABLE user_emails (id <automatic>, user_id BIGINT NOT NULL,
            address_email VARCHAR(80) NOT NULL UNIQUE, is_primary <boolean> NOT NULL,
            created_at <moment> NOT NULL, updated_at <moment> NULL,
            FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE)""",
    )

    found = inspected(database.url, tmp_path, "--table", "users")

    with found.opened() as accounts:
        made = accounts.create({"name": "Ada", "email": {"address_email": "ada@example.com"}})
        assert accounts.look_up("ADA@example.com") == made
        database.execute(
            f"""INSERT INTO user_emails (user_id, address_email, is_primary, created_at)
                VALUES ({made.key[0]}, 'other@example.com', FALSE, '2020-01-01 00:00:00')"""
        )
        accounts.update(made, {"email": {"address_email": "lovelace@example.com"}})
        addresses = database.rows("SELECT address_email FROM user_emails ORDER BY id")
        accounts.delete(made)

    assert addresses == [("lovelace@example.com",), ("other@example.com",)]
    assert database.rows("SELECT count(*) FROM user_emails") == [(0,)]
