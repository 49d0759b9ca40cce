"""A folder with a database of customers, an ownid.yaml that describes it, and a schema in force."""

import sqlite3
from contextlib import closing
from pathlib import Path

from ownid_grpc.bootstrap import open_repositories, open_state
from ownid_grpc.config import load_config
from ownid_grpc.domain.account import JsonValue, Profile
from ownid_grpc.services.services import Services

CONFIG = """
apps:
  shop:
    repository:
      type: sql
      url: sqlite:///shop.db
      table: customers
      key: id
      where: {tenant_id: 7}
      properties: {email: mail, city: city, points: points}
"""

_TABLE = """CREATE TABLE customers (id INTEGER PRIMARY KEY, tenant_id INTEGER NOT NULL,
    mail TEXT, city TEXT, points INTEGER)"""


def write_customers(folder: Path, rows: str, **points: JsonValue) -> None:
    """Makes it all, with the rows of an INSERT; `points` is what the schema says of them, too."""
    execute(folder, _TABLE, f"INSERT INTO customers {rows}")
    write_config(folder, CONFIG)
    schema: Profile = {
        "type": "object",
        "properties": {
            "email": {"type": "string", "x-ownid-login-id": True},
            "city": {"type": "string"},
            "points": {"type": "integer", "minimum": 0, **points},
        },
    }
    set_schema(folder, schema)


def execute(folder: Path, *statements: str) -> None:
    """Runs statements in the shop's database."""
    with closing(sqlite3.connect(folder / "shop.db")) as database, database:
        for statement in statements:
            database.execute(statement)


def write_config(folder: Path, text: str) -> None:
    """Writes the ownid.yaml."""
    (folder / "ownid.yaml").write_text(text, "utf-8")


def set_schema(folder: Path, schema: Profile) -> None:
    """Puts a schema in force, as a server on the ownid.yaml would."""
    config = load_config(folder / "ownid.yaml")
    with open_state(config, b"") as state, open_repositories(config) as repositories:
        state.migrate()
        services = Services.over(repositories, state, b"s" * 32)
        services.schemas.update("shop", schema, etag="", validate_only=False)
