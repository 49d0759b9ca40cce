"""All tables of a database, their columns and what points at what, in a few questions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

_COUNTED = 10_000
"""Rows are counted up to here; of larger tables the catalogue knows about how many there are."""

_JSON_VALID = re.compile(r"json_valid\s*\(\s*[\"`\[]?([^\"`\])]+)", re.IGNORECASE)

_LETS_GO = ("CASCADE", "C", "SET NULL", "N", "SET DEFAULT", "D")
"""What lets a row be deleted that others point at; PostgreSQL says it in a letter."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key, or a column that is named as if it were one (`is_declared` False).

    `cascades` where the database sees to it when the row pointed at is deleted.
    """

    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    cascades: bool = False
    is_declared: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """A table or view; `label` is how a mapping writes its name."""

    label: str
    schema: str | None
    name: str
    columns: tuple[str, ...]
    is_view: bool


@dataclass(frozen=True)
class Catalogue:
    """What is in a database; with thousands of tables, each is found at once."""

    entries: tuple[Entry, ...]
    references: tuple[Reference, ...]

    def entry(self, label: str) -> Entry | None:
        """Returns the table that a label names, in any case where none is written just so."""
        return self._by_label.get(label) or self._by_label.get(label.lower())

    def pointing_at(self, label: str) -> list[Reference]:
        """Returns the references from other tables to one."""
        return [each for each in self._inward.get(label, ()) if each.table != label]

    def pointing_from(self, label: str) -> list[Reference]:
        """Returns the references of a table."""
        return self._outward.get(label, [])

    @cached_property
    def _by_label(self) -> dict[str, Entry]:
        loose = {name.lower(): each for each in self.entries for name in (each.name, each.label)}
        return (
            loose
            | {each.name: each for each in self.entries}
            | {each.label: each for each in self.entries}
        )

    @cached_property
    def _inward(self) -> dict[str, list[Reference]]:
        found: dict[str, list[Reference]] = {}
        for each in self.references:
            found.setdefault(each.target, []).append(each)
        return found

    @cached_property
    def _outward(self) -> dict[str, list[Reference]]:
        found: dict[str, list[Reference]] = {}
        for each in self.references:
            found.setdefault(each.table, []).append(each)
        return found


def read_catalogue(connection: Connection) -> Catalogue:
    """Returns all that this user may see."""
    kind = _kind(connection)
    tables: dict[tuple[str | None, str], list[str]] = {}
    views = set()
    for schema, table, column, is_view in connection.execute(text(_COLUMNS[kind])):
        tables.setdefault((schema, table), []).append(column)
        if is_view:
            views.add((schema, table))
    entries = tuple(
        Entry(label_of(*place), *place, tuple(columns), place in views)
        for place, columns in tables.items()
    )
    return Catalogue(entries, tuple(_references(connection, kind)))


def label_of(schema: str | None, name: str) -> str:
    """Returns a table's name as the mapping writes it: a part with a dot in double quotes."""
    parts = [part for part in (schema, name) if part]
    return ".".join(f'"{part}"' if "." in part else part for part in parts)


def sequences_of(connection: Connection) -> list[str]:
    """Returns the names of sequences; SQLite has none."""
    statement = _SEQUENCES.get(_kind(connection))
    return [] if statement is None else list(connection.execute(text(statement)).scalars())


def about_rows(connection: Connection, entry: Entry) -> int:
    """Returns how many rows a table has: exactly where they are few, else about; 0 of a view."""
    if entry.is_view:
        return 0
    quote = connection.dialect.identifier_preparer.quote_identifier
    source = ".".join(quote(part) for part in (entry.schema, entry.name) if part)
    counted = f"SELECT count(*) FROM (SELECT 1 FROM {source} LIMIT {_COUNTED}) AS few"  # noqa: S608 - quoted
    try:
        few = int(connection.exec_driver_sql(counted.replace("%", "%%")).scalar() or 0)
        return few if few < _COUNTED else max(few, _estimate(connection, entry))
    except DBAPIError:
        return 0  # not a row of it may be read


def documents_of(connection: Connection, entry: Entry) -> frozenset[str]:
    """Returns the texts of a table of SQLite that a rule of it holds to being JSON.

    Others have a type for documents, or say so by the type of the column.
    """
    if _kind(connection) != "sqlite":
        return frozenset()
    statement = text("SELECT sql FROM sqlite_master WHERE name = :table")
    written = str(connection.execute(statement, {"table": entry.name}).scalar() or "")
    found = {name.lower() for name in _JSON_VALID.findall(written)}
    return frozenset(name for name in entry.columns if name.lower() in found)


def _estimate(connection: Connection, entry: Entry) -> int:
    place = {"schema": entry.schema, "table": entry.name}
    try:
        found = connection.execute(text(_ESTIMATES[_kind(connection)]), place).scalar()
        return int(str(found or 0).split()[0])
    except (DBAPIError, ValueError):
        return 0  # SQLite has statistics only once it was told to ANALYZE


def _kind(connection: Connection) -> str:
    name = connection.dialect.name
    return "mariadb" if name == "mysql" else name


def _references(connection: Connection, kind: str) -> list[Reference]:
    keys: dict[Any, list[Any]] = {}
    for row in connection.execute(text(_FOREIGN_KEYS[kind])):
        keys.setdefault((row.schema, row.name, row.id), []).append(row)
    return [_reference(rows) for rows in keys.values()]


def _reference(rows: Sequence[Any]) -> Reference:
    first = rows[0]
    return Reference(
        label_of(first.schema, first.name),
        tuple(row.column_name for row in rows),
        label_of(first.target_schema, first.target),
        # SQLite leaves out the columns of a primary key.
        tuple(row.target_column for row in rows if row.target_column is not None),
        str(first.on_delete).upper() in _LETS_GO,
    )


_COLUMNS = {
    "sqlite": """
        SELECT NULL, m.name, c.name, m.type = 'view' FROM sqlite_master m
        JOIN pragma_table_xinfo(m.name) c
        WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        ORDER BY m.name, c.cid
    """,
    "postgresql": """
        SELECT CASE WHEN pg_table_is_visible(c.oid) THEN NULL ELSE n.nspname END, c.relname,
               a.attname, c.relkind IN ('v', 'm')
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
          AND n.nspname NOT IN ('pg_catalog', 'information_schema')
          AND n.nspname NOT LIKE 'pg\\_t%'
        ORDER BY n.nspname, c.relname, a.attnum
    """,
    "mariadb": """
        SELECT NULL, c.table_name, c.column_name, t.table_type = 'VIEW'
        FROM information_schema.columns c
        JOIN information_schema.tables t USING (table_schema, table_name)
        WHERE c.table_schema = database() AND t.table_type IN ('BASE TABLE', 'VIEW')
        ORDER BY c.table_name, c.ordinal_position
    """,
}

_FOREIGN_KEYS = {
    "sqlite": """
        SELECT NULL AS "schema", m.name, f.id, f."from" AS column_name, NULL AS target_schema,
               coalesce(o.name, f."table") AS target, f."to" AS target_column, f.on_delete
        FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
        LEFT JOIN sqlite_master o ON o.type = 'table' AND o.name = f."table" COLLATE NOCASE
        WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq
    """,
    "postgresql": """
        SELECT CASE WHEN pg_table_is_visible(c.oid) THEN NULL ELSE n.nspname END AS schema,
               c.relname AS name, k.oid AS id, a.attname AS column_name,
               CASE WHEN pg_table_is_visible(o.oid) THEN NULL ELSE p.nspname END AS target_schema,
               o.relname AS target, b.attname AS target_column, k.confdeltype AS on_delete
        FROM pg_constraint k
        JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_class o ON o.oid = k.confrelid JOIN pg_namespace p ON p.oid = o.relnamespace
        CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS u(own, theirs, place)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.own
        JOIN pg_attribute b ON b.attrelid = o.oid AND b.attnum = u.theirs
        WHERE k.contype = 'f' AND k.conparentid = 0 ORDER BY k.oid, u.place
    """,
    "mariadb": """
        SELECT NULL AS "schema", u.table_name AS name, u.constraint_name AS id,
               u.column_name AS column_name, NULL AS target_schema,
               u.referenced_table_name AS target, u.referenced_column_name AS target_column,
               r.delete_rule AS on_delete
        FROM information_schema.key_column_usage u
        JOIN information_schema.referential_constraints r
          ON r.constraint_schema = u.constraint_schema AND r.table_name = u.table_name
         AND r.constraint_name = u.constraint_name
        WHERE u.table_schema = database() AND u.referenced_table_name IS NOT NULL
        ORDER BY u.table_name, u.constraint_name, u.ordinal_position
    """.replace('"schema"', "`schema`"),
}

_ESTIMATES = {
    "sqlite": "SELECT max(stat) FROM sqlite_stat1 WHERE tbl = :table",
    "postgresql": """
        SELECT c.reltuples::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relname = :table
          AND CASE WHEN CAST(:schema AS text) IS NULL THEN pg_table_is_visible(c.oid)
                   ELSE n.nspname = CAST(:schema AS text) END
    """,
    "mariadb": """
        SELECT table_rows FROM information_schema.tables
        WHERE table_schema = coalesce(:schema, database()) AND table_name = :table
    """,
}

_SEQUENCES = {
    "postgresql": """
        SELECT relname FROM pg_class WHERE relkind = 'S' AND pg_table_is_visible(oid)
    """,
    "mariadb": """
        SELECT table_name FROM information_schema.tables
        WHERE table_schema = database() AND table_type = 'SEQUENCE'
    """,
}
