"""Asks SQLAlchemy's inspector for a table, or puts together what it cannot see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError, NoSuchTableError

from ownid_grpc.repositories.sql.catalogue_mariadb import described_table
from ownid_grpc.repositories.sql.errors import Meaning, refusal_of


@dataclass(frozen=True, slots=True)
class Inspected:
    """What the inspector says of a table, in its own words."""

    columns: Sequence[Any]
    key: tuple[str, ...]
    indexes: Sequence[Any] = ()
    constraints: Sequence[Any] = ()
    foreign_keys: Sequence[Any] = ()


def inspected(connection: Connection, schema: str | None, name: str) -> Inspected | None:
    """Returns what the inspector says of a table or view, None when there is none."""
    inspector = inspect(connection)
    try:
        columns = inspector.get_columns(name, schema)
    except NoSuchTableError:
        return None
    except DBAPIError as error:
        if refusal_of(error).meaning is not Meaning.FORBIDDEN:
            raise
        return _described(connection, schema, name)
    is_sqlite = connection.dialect.name == "sqlite"
    return Inspected(
        columns,
        tuple(inspector.get_pk_constraint(name, schema)["constrained_columns"] or ()),
        [] if is_sqlite else inspector.get_indexes(name, schema),
        [] if is_sqlite else inspector.get_unique_constraints(name, schema),
        inspector.get_foreign_keys(name, schema),
    )


def table_names(connection: Connection, schema: str | None) -> list[str]:
    """Returns the tables and views of a schema, none where they may not be listed."""
    inspector = inspect(connection)
    try:
        return [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
    except DBAPIError:
        return []


def _described(connection: Connection, schema: str | None, name: str) -> Inspected | None:
    try:
        parsed = described_table(connection, schema, name)
    except DBAPIError:
        return None  # not a column of it may be read
    names = {key["type"]: [part[0] for part in key["columns"]] for key in parsed.keys}
    indexes = [
        {
            "name": key["name"],
            "unique": key["type"] == "UNIQUE",
            "column_names": [part[0] for part in key["columns"]],
        }
        for key in parsed.keys
        if key["type"] != "PRIMARY"
    ]
    return Inspected(parsed.columns, tuple(names.get("PRIMARY", ())), indexes)
