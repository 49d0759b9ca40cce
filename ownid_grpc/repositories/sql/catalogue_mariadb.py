"""The catalogue of MariaDB."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ownid_grpc.repositories.sql.traits import Traits, quoted_name_of

_MARIADB_COLUMNS = text("""
    SELECT column_name AS name, collation_name AS collation, character_set_name AS charset,
           data_type AS type, column_type AS type_name, column_default AS filling
    FROM information_schema.columns
    WHERE table_schema = coalesce(:schema, database()) AND table_name = :table
""")

_MARIADB_TRIGGERS = text("""
    SELECT action_statement FROM information_schema.triggers
    WHERE event_object_schema = coalesce(:schema, database()) AND event_object_table = :table
      AND event_manipulation = 'INSERT' AND action_timing = 'BEFORE'
""")

# `age` int(11) … CHECK (…), or CONSTRAINT `of_age` CHECK (…): how SHOW CREATE TABLE writes both.
_MARIADB_CHECK = re.compile(
    r"^\s*(?:CONSTRAINT )?`((?:[^`]|``)+)`.* CHECK \((.*)\),?$", re.MULTILINE
)
_JSON_VALID = re.compile(r"json_valid\(`((?:[^`]|``)+)`\)", re.IGNORECASE)


def mariadb_traits(connection: Connection, schema: str | None, table: str) -> Traits:
    """Returns what MariaDB says of a table or view."""
    where = {"schema": schema, "table": table}
    kind, written = _written(connection, quoted_name_of(connection, schema, table))
    checks = [(name.replace("``", "`"), each) for name, each in _MARIADB_CHECK.findall(written)]
    documents = {found[1].lower() for _, each in checks if (found := _JSON_VALID.fullmatch(each))}
    columns: dict[str, dict[str, Any]] = {}
    for row in connection.execute(_MARIADB_COLUMNS, where):
        collation = row.collation or ""
        traits: dict[str, Any] = {
            "type_name": row.type_name,
            "charset": row.charset,
            # Every collation but a binary one that does not pad takes unlike texts for equal.
            "folds": bool(collation) and not collation.endswith("nopad_bin"),
            "ignores_case": collation.endswith("_ci"),
            "is_padded": row.type == "char",
            # An enum without a default is filled by its first word, even in strict mode.
            "is_filled": row.filling not in (None, "NULL") or row.type == "enum",
        }
        if row.type == "uuid":
            traits["storage"] = "UUID"
        elif row.name.lower() in documents:
            traits["storage"] = "JSON"
        elif row.type_name == "tinyint(1)":
            traits["storage"] = "BOOLEAN"
        columns[row.name] = traits
    triggers = tuple(connection.execute(_MARIADB_TRIGGERS, where).scalars())
    return Traits(columns, (), tuple(checks), triggers, kind == "View")


def _written(connection: Connection, quoted: str) -> tuple[str, str]:
    """Returns whether a name is that of a Table or a View, and the statement that makes it."""
    try:
        result = connection.exec_driver_sql(f"SHOW CREATE TABLE {quoted.replace('%', '%%')}")
    except DBAPIError:
        return "Table", ""  # refused to a user who may read some of its columns only
    written = str(result.one()[1])
    return str(next(iter(result.keys()))), written


def described_table(connection: Connection, schema: str | None, table: str) -> Any:
    """Returns columns and keys as SQLAlchemy's parser does, of what a user may read of a table.

    SHOW CREATE TABLE is refused to one who was granted columns only. The
    statement is made up again of what is not refused.
    """
    quoted = quoted_name_of(connection, schema, table).replace("%", "%%")
    columns = connection.exec_driver_sql(f"SHOW FULL COLUMNS FROM {quoted}").mappings().all()
    lines = [_column_line(dict(column)) for column in columns]
    keys: dict[str, list[Mapping[str, Any]]] = {}
    for part in connection.exec_driver_sql(f"SHOW INDEX FROM {quoted}").mappings():
        keys.setdefault(part["Key_name"], []).append(dict(part))
    lines += [_key_line(name, parts) for name, parts in keys.items()]
    written = "CREATE TABLE `t` (\n" + ",\n".join(lines) + "\n) ENGINE=InnoDB"
    parser: Any = connection.dialect._tabledef_parser  # type: ignore[attr-defined] # noqa: SLF001 - the only reader of MariaDB's types
    return parser.parse(written, "utf8mb4")


def _column_line(column: Mapping[str, Any]) -> str:
    name = column["Field"].replace("`", "``")
    words = [f"  `{name}` {column['Type']}"]
    if column["Null"] == "NO":
        words.append("NOT NULL")
    if "auto_increment" in column["Extra"]:
        words.append("AUTO_INCREMENT")
    return " ".join(words)


def _key_line(name: str, parts: list[Mapping[str, Any]]) -> str:
    columns = ",".join(f"`{part['Column_name'].replace('`', '``')}`" for part in parts)
    if name == "PRIMARY":
        return f"  PRIMARY KEY ({columns})"
    kind = "KEY" if parts[0]["Non_unique"] else "UNIQUE KEY"
    return f"  {kind} `{name.replace('`', '``')}` ({columns})"
