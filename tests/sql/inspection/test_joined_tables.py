"""Accounts in several tables: what inspect writes of those that hang on them works as it is."""

from pathlib import Path

import pytest

from ownid_grpc.errors import InvalidArgument
from tests.sql.legacy import Database
from tests.support.inspected import inspected

WP_USERS = """CREATE TABLE wp_users ("ID" <automatic>, user_login VARCHAR(60) NOT NULL DEFAULT '',
    user_pass VARCHAR(255) NOT NULL DEFAULT '', user_email VARCHAR(100) NOT NULL DEFAULT '',
    user_url VARCHAR(100) NOT NULL DEFAULT '', user_registered <moment> NULL,
    user_activation_key VARCHAR(255) NOT NULL DEFAULT '',
    user_status INT NOT NULL DEFAULT 0, display_name VARCHAR(250) NOT NULL DEFAULT '')"""

WP_OTHERS = (
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


def test_wordpress_like_tables_are_recognised(database: Database, tmp_path: Path) -> None:
    """A prefix, no foreign keys, no unique index, and names and values in a table of their own."""
    database.execute(database.quoted(WP_USERS), *WP_OTHERS)

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
