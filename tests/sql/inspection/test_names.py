"""Names that nobody would choose today: inspect keeps to them, or makes words of them."""

from pathlib import Path

import pytest

from ownid_grpc.domain.account import JsonValue
from tests.sql.legacy import Database, kinds, new_database
from tests.support.inspected import inspected


def test_names_that_need_quotes_are_kept(database: Database, tmp_path: Path) -> None:
    """Mixed case, reserved words and spaces stand in the mapping as they are in the database."""
    database.execute(
        database.quoted(
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


FOREIGN = (
    'CREATE TABLE "страны" (id <automatic>, code VARCHAR(2) NOT NULL UNIQUE)',
    """CREATE TABLE users (id <automatic>, email VARCHAR(80) NOT NULL UNIQUE, "größe" INT,
        "名" VARCHAR(40), "☆" VARCHAR(40), "国" BIGINT,
        FOREIGN KEY ("国") REFERENCES "страны" (id))""",
    """CREATE TABLE "住所" (user_id BIGINT PRIMARY KEY, "都市" VARCHAR(40),
        FOREIGN KEY (user_id) REFERENCES users (id))""",
    'CREATE TABLE "役割" (id <automatic>, name VARCHAR(20) NOT NULL UNIQUE)',
    """CREATE TABLE user_roles (user_id BIGINT NOT NULL, r BIGINT NOT NULL,
        PRIMARY KEY (user_id, r), FOREIGN KEY (user_id) REFERENCES users (id),
        FOREIGN KEY (r) REFERENCES "役割" (id))""",
    """INSERT INTO "страны" (code) VALUES ('JP')""",
    """INSERT INTO "役割" (name) VALUES ('admin')""",
)


def test_names_in_any_script_are_kept(database: Database, tmp_path: Path) -> None:
    """Properties and joins are called as columns and tables are, in whatever letters."""
    database.execute(*map(database.quoted, FOREIGN))

    found = inspected(database.url, tmp_path)

    assert "☆" in found.properties.values()
    profile: dict[str, JsonValue] = {
        "名": "Ada",
        "größe": 3,
        "国": "JP",
        "住所": {"都市": "東京"},
        "役割": ["admin"],
    }
    profile["email"] = "ada@example.com"
    with found.opened() as accounts:
        made = accounts.create(profile)
        assert accounts.get(made).profile == profile
        changed = accounts.update(made, {"名": "Augusta"})
        assert changed.profile["名"] == "Augusta"
        accounts.delete(made)


SCHEMAS = ("crm", "shop", "web")


@pytest.mark.parametrize("kind", kinds("postgresql"))
def test_tables_of_one_name_are_told_apart(
    kind: str, databases: dict[str, str], tmp_path: Path
) -> None:
    """Of tables called alike in several schemas none stands in the place of another."""
    with new_database(kind, databases[kind], tmp_path) as database:
        database.execute("CREATE TABLE users (id <automatic>, email VARCHAR(80) UNIQUE)")
        for schema in SCHEMAS:
            database.execute(
                f"CREATE SCHEMA {schema}",
                f"""CREATE TABLE {schema}.extras (note TEXT,
                    user_id BIGINT PRIMARY KEY REFERENCES users (id))""",
            )

        joins = inspected(database.url, tmp_path).repository["joins"]

    assert {each["table"] for each in joins.values()} == {f"{each}.extras" for each in SCHEMAS}
