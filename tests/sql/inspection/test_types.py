"""What only one kind of database has, as inspect reads it and an account then lives with it."""

from pathlib import Path

import pytest

from ownid_grpc.domain.account import JsonValue
from tests.sql.legacy import Database, kinds, new_database
from tests.support.inspected import Inspected, inspected

POSTGRES = (
    "CREATE SCHEMA crm",
    "CREATE SEQUENCE people_seq",
    "CREATE TYPE tier AS ENUM ('free', 'gold')",
    """CREATE TABLE crm.people (id BIGINT PRIMARY KEY, email VARCHAR(80) NOT NULL,
        public_id UUID NOT NULL UNIQUE, level tier NOT NULL, tags TEXT[] NOT NULL,
        settings JSONB NOT NULL, last_ip INET, balance NUMERIC(12,2) NOT NULL,
        born DATE, search TEXT GENERATED ALWAYS AS (lower(email)) STORED,
        nickname VARCHAR(20) NOT NULL CHECK (nickname <> ''), created TIMESTAMPTZ NOT NULL)""",
    "CREATE UNIQUE INDEX people_email ON crm.people (lower(email))",
)

MARIADB = (
    """CREATE TABLE people (id BINARY(16) PRIMARY KEY, email VARCHAR(80) NOT NULL UNIQUE,
        level ENUM('free', 'gold') NOT NULL, likes SET('a', 'b') NOT NULL, is_vip BIT(1) NOT NULL,
        newsletter TINYINT(1) NOT NULL, points INT UNSIGNED NOT NULL, settings JSON NOT NULL,
        born DATE, photo LONGBLOB, created DATETIME NOT NULL, nickname VARCHAR(20) NOT NULL)""",
)

SQLITE = (
    """CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE COLLATE NOCASE,
        settings TEXT NOT NULL CHECK (json_valid("settings")), level, created TEXT NOT NULL,
        nickname TEXT NOT NULL, is_vip INTEGER NOT NULL)""",
)


def described(kind: str, database: Database, folder: Path) -> Inspected:
    """Returns what inspect writes of people in a kind of database."""
    tables = {"postgresql": POSTGRES, "mariadb": MARIADB, "sqlite": SQLITE}[kind]
    database.execute(*tables)
    return inspected(database.url, folder)


@pytest.mark.parametrize("kind", kinds("sqlite", "postgresql", "mariadb"))
def test_types_of_each_database_are_served(
    kind: str, databases: dict[str, str], tmp_path: Path
) -> None:
    """An account is made of what must be given, and lives with what its database has."""
    with new_database(kind, databases[kind], tmp_path) as database:
        found = described(kind, database, tmp_path)
        profile: dict[str, JsonValue] = {"email": "ada@example.com", "nickname": "ada"}

        with found.opened() as accounts:
            made = accounts.create(profile)
            assert accounts.look_up("ADA@example.com") == made
            assert made.create_time is not None
            changed = accounts.update(made, {"settings": {"theme": "dark"}})
            assert changed.profile["settings"] == {"theme": "dark"}
            accounts.delete(made)

    assert "email" in found.schema["required"]


@pytest.mark.parametrize("kind", kinds("postgresql"))
def test_postgres_is_read_in_any_schema(
    kind: str, databases: dict[str, str], tmp_path: Path
) -> None:
    """Schemas, functional indexes, enums and generated columns are told by the catalogue."""
    with new_database(kind, databases[kind], tmp_path) as database:
        found = described(kind, database, tmp_path)

    words = found.repository
    assert words["table"] == "crm.people"
    assert words["key"] == {"column": "id", "generate": {"sequence": "people_seq"}}
    assert words["on_create"]["public_id"] == {"uuid4": True}
    assert found.properties["last_ip"] == "last_ip"
    assert found.schema["properties"]["email"]["$comment"] == "an index knows it in any case"
    assert "search" not in found.properties
    assert found.schema["properties"]["level"]["enum"] == ["free", "gold"]
    assert found.schema["required"] == ["email", "nickname"]


@pytest.mark.parametrize("kind", kinds("mariadb"))
def test_mariadb_is_read_with_its_own_types(
    kind: str, databases: dict[str, str], tmp_path: Path
) -> None:
    """Binary keys are UUIDs, bits and tinyint(1) are flags, and bytes are left out."""
    with new_database(kind, databases[kind], tmp_path) as database:
        found = described(kind, database, tmp_path)

    words = found.repository
    assert words["key"] == {"column": "id", "generate": "uuid4"}
    assert "photo" not in found.properties
    assert found.schema["properties"]["is_vip"]["type"] == "boolean"
    assert found.schema["properties"]["newsletter"]["type"] == "boolean"
