"""What SQLAlchemy's inspector leaves out of the catalogues: collations, charsets, odd types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Traits:
    """More on the columns of a table by name, and its functional indexes as written."""

    columns: Mapping[str, Mapping[str, Any]]
    expressions: tuple[str, ...] = field(default=())


def primary_name(connection: Connection, table: str) -> str:
    """Returns the name under which a conflict with the primary key is reported."""
    return "PRIMARY" if connection.dialect.name in ("mysql", "mariadb") else f"{table}_pkey"


def traits_of(connection: Connection, schema: str | None, table: str) -> Traits:
    """Returns what the catalogue says beyond the inspector."""
    match connection.dialect.name:
        case "postgresql":
            return _postgres(connection, schema, table)
        case "mysql" | "mariadb":
            return _mariadb(connection, schema, table)
        case _:
            return _sqlite(connection, table)


_POSTGRES_COLUMNS = text("""
    SELECT a.attname AS name, format_type(b.oid, a.atttypmod) AS type_name,
           b.typname AS base, b.typtype AS kind, c.collisdeterministic AS is_deterministic
    FROM pg_attribute a
    JOIN pg_type t ON t.oid = a.atttypid
    JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
    LEFT JOIN pg_collation c ON c.oid = a.attcollation
    WHERE a.attrelid = to_regclass(:table) AND a.attnum > 0 AND NOT a.attisdropped
""")


def _postgres(connection: Connection, schema: str | None, table: str) -> Traits:
    preparer = connection.dialect.identifier_preparer
    quoted = preparer.quote_identifier(table)
    if schema:
        quoted = f"{preparer.quote_identifier(schema)}.{quoted}"
    rows = connection.execute(_POSTGRES_COLUMNS, {"table": quoted}).mappings()
    columns: dict[str, dict[str, Any]] = {}
    for row in rows:
        traits: dict[str, Any] = {"type_name": row["type_name"]}
        if row["base"] == "citext":
            traits |= {"storage": "TEXT", "folds": True}
        elif row["is_deterministic"] is False or row["base"] == "bpchar":
            traits["folds"] = True
        columns[row["name"]] = traits
    return Traits(columns)


_MARIADB_COLUMNS = text("""
    SELECT c.column_name AS name, c.collation_name AS collation, c.character_set_name AS charset,
           c.data_type AS type, c.column_type AS type_name, c.extra AS extra,
           (SELECT count(*) FROM information_schema.check_constraints k
             WHERE k.constraint_schema = c.table_schema AND k.table_name = c.table_name
               AND lower(k.check_clause) = concat('json_valid(`', lower(c.column_name), '`)')) AS n
    FROM information_schema.columns c
    WHERE c.table_schema = coalesce(:schema, database()) AND c.table_name = :table
""")


def _mariadb(connection: Connection, schema: str | None, table: str) -> Traits:
    rows = connection.execute(_MARIADB_COLUMNS, {"schema": schema, "table": table}).mappings()
    columns: dict[str, dict[str, Any]] = {}
    for row in rows:
        collation = row["collation"] or ""
        traits: dict[str, Any] = {
            "type_name": row["type_name"],
            "charset": row["charset"],
            # Every collation but a binary one that does not pad takes unlike texts for equal.
            "folds": bool(collation) and not collation.endswith("nopad_bin"),
        }
        if row["type"] == "uuid":
            traits["storage"] = "UUID"
        elif row["n"]:
            traits["storage"] = "JSON"
        elif row["type_name"] == "tinyint(1)":
            traits["storage"] = "BOOLEAN"
        columns[row["name"]] = traits
    return Traits(columns)


def _sqlite(connection: Connection, table: str) -> Traits:
    statement = text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table")
    written = connection.execute(statement, {"table": table}).scalar() or ""
    rows = connection.execute(
        text("SELECT name, type FROM pragma_table_xinfo(:table)"), {"table": table}
    ).mappings()
    columns = {row["name"]: _sqlite_column(row["name"], row["type"], written) for row in rows}
    indexes = connection.execute(
        text("SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :table"),
        {"table": table},
    ).scalars()
    return Traits(columns, tuple(sql for sql in indexes if sql))


def _sqlite_column(name: str, type_name: str, written: str) -> dict[str, Any]:
    declared = type_name.upper()
    traits: dict[str, Any] = {"type_name": type_name or "blob"}
    if _collates(name, written):
        traits["folds"] = True
    if "JSON" in declared:
        traits["storage"] = "JSON"
    elif declared.startswith(("UUID", "GUID")):
        traits["storage"] = "TEXT"
    elif not declared or "BLOB" in declared or "BINARY" in declared:
        traits["storage"] = "BYTES"
    elif "INT" in declared:
        traits["storage"] = "BOOLEAN" if declared == "TINYINT(1)" else "INTEGER"
    return traits


def _collates(name: str, written: str) -> bool:
    """Whether the column's own definition names a collation that folds."""
    for part in written.replace("\n", " ").split(","):
        words = part.replace("(", " ").split()
        names = {word.strip('"`[]').lower() for word in words}
        if name.lower() in names and "collate" in names and {"nocase", "rtrim"} & names:
            return True
    return False
