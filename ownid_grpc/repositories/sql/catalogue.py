"""What SQLAlchemy's inspector leaves out of the catalogues: collations, charsets, odd types."""

from typing import Any

from sqlalchemy import Connection, TextClause, text

from ownid_grpc.repositories.sql.catalogue_mariadb import mariadb_traits
from ownid_grpc.repositories.sql.catalogue_sqlite import sqlite_traits
from ownid_grpc.repositories.sql.traits import Traits, quoted_name_of


def primary_name(connection: Connection, table: str) -> str:
    """Returns the name under which a conflict with the primary key is reported."""
    return "PRIMARY" if connection.dialect.name in ("mysql", "mariadb") else f"{table}_pkey"


def traits_of(connection: Connection, schema: str | None, table: str) -> Traits:
    """Returns what the catalogue says beyond the inspector."""
    match connection.dialect.name:
        case "postgresql":
            return _postgres(connection, quoted_name_of(connection, schema, table))
        case "mysql" | "mariadb":
            return mariadb_traits(connection, schema, table)
        case _:
            return sqlite_traits(connection, table)


_POSTGRES_COLUMNS = text("""
    SELECT a.attname AS name, format_type(b.oid, a.atttypmod) AS type_name,
           b.typname AS base, c.collisdeterministic AS is_deterministic,
           c.collname AS collation, n.nspname AS collation_schema,
           CASE WHEN t.typtype = 'd' THEN t.typname END AS domain
    FROM pg_attribute a
    JOIN pg_type t ON t.oid = a.atttypid
    JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
    LEFT JOIN pg_collation c ON c.oid = a.attcollation
    LEFT JOIN pg_namespace n ON n.oid = c.collnamespace
    WHERE a.attrelid = to_regclass(:table) AND a.attnum > 0 AND NOT a.attisdropped
""")

# Row triggers (1) that run before (2) an insert (4).
_POSTGRES_TRIGGERS = text("""
    SELECT p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE t.tgrelid = to_regclass(:table) AND NOT t.tgisinternal AND t.tgtype & 7 = 7
""")

_POSTGRES_CHECKS = text("""
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = to_regclass(:table) AND contype IN ('c', 'x')
""")

_POSTGRES_KIND = text("SELECT relkind FROM pg_class WHERE oid = to_regclass(:table)")


def _postgres(connection: Connection, quoted: str) -> Traits:
    def rows(statement: TextClause) -> list[Any]:
        return list(connection.execute(statement, {"table": quoted}))

    columns: dict[str, dict[str, Any]] = {}
    for row in rows(_POSTGRES_COLUMNS):
        traits: dict[str, Any] = {"type_name": row.type_name, "domain": row.domain}
        if row.base == "citext":
            traits |= {"storage": "TEXT", "folds": True, "ignores_case": True}
        elif row.base == "bpchar":
            traits |= {"folds": True, "is_padded": True}
        elif row.collation not in (None, "default"):
            collation = quoted_name_of(connection, row.collation_schema, row.collation)
            probe = text(f"SELECT 'a' COLLATE {collation} = 'A', lower('É' COLLATE {collation})")
            ignores_case, lowered = connection.execute(probe).one()
            traits |= {"folds": not row.is_deterministic, "ignores_case": ignores_case}
            traits["lowers_ascii_only"] = lowered == "É"
        columns[row.name] = traits
    checks = tuple((name, definition) for name, definition in rows(_POSTGRES_CHECKS))
    triggers = tuple(body for (body,) in rows(_POSTGRES_TRIGGERS))
    is_view = [kind for (kind,) in rows(_POSTGRES_KIND)] not in (["r"], ["p"])
    return Traits(columns, (), checks, triggers, is_view)
