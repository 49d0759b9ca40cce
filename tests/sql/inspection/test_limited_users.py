"""What inspect makes of a database of which its user may read only a part."""

from pathlib import Path

import pytest
import sqlalchemy

from tests.sql.legacy import Database, kinds, new_database
from tests.support.inspected import inspected


@pytest.mark.parametrize("kind", kinds("postgresql", "mariadb"))
def test_columns_that_may_not_be_read_are_left_out(
    kind: str, databases: dict[str, str], tmp_path: Path
) -> None:
    """A column that the database refuses to the user becomes no property."""
    with new_database(kind, databases[kind], tmp_path) as database:
        database.execute(
            "CREATE TABLE users (id <automatic>, email VARCHAR(80) UNIQUE, salary INT)",
            "INSERT INTO users (email, salary) VALUES ('ada@example.com', 1)",
        )
        found = inspected(_limited(database), tmp_path)

    assert "email" in found.properties
    assert "salary" not in found.properties


def _limited(database: Database) -> str:
    """Returns the URL of a user who may read all columns but one."""
    url = sqlalchemy.make_url(database.url)
    if database.kind == "postgresql":
        name = f"limited_{url.database}"
        database.execute(
            f"CREATE ROLE {name} LOGIN",
            f"GRANT SELECT (id, email) ON users TO {name}",
        )
    else:
        name = f"l{url.database}"
        database.execute(
            f"CREATE USER {name}@'localhost'",
            f"GRANT SELECT (id, email) ON users TO {name}@'localhost'",
        )
    return url.set(username=name).render_as_string(hide_password=False)
