"""Names that nobody would choose today: inspect keeps to them."""

from pathlib import Path

from tests.sql.legacy import Database
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
