"""The catalogue of SQLite."""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, inspect, text

from ownid_grpc.repositories.sql.traits import Traits


def written_name(connection: Connection, table: str) -> str:
    """Returns a table's name as it was made: a query finds it in any case, the catalogue not."""
    statement = text("""
        SELECT name FROM sqlite_master
        WHERE type IN ('table', 'view') AND name = :table COLLATE NOCASE
    """)
    return connection.execute(statement, {"table": table}).scalar() or table


def sqlite_traits(connection: Connection, table: str) -> Traits:
    """Returns what SQLite says of a table or view."""
    statement = text("""
        SELECT type, sql FROM sqlite_master WHERE type IN ('table', 'view') AND name = :table
    """)
    kind, written = connection.execute(statement, {"table": table}).one()
    rows = connection.execute(
        text("SELECT name, type, pk FROM pragma_table_xinfo(:table)"), {"table": table}
    ).all()
    columns = {row.name: _sqlite_column(row.name, row.type, written) for row in rows}
    has_rowid = re.search(r"\)[^)]*WITHOUT\s+ROWID[^)]*$", written, re.IGNORECASE) is None
    keys = [row for row in rows if row.pk]
    if len(keys) == 1 and keys[0].type.upper() == "INTEGER" and has_rowid:
        columns[keys[0].name]["is_filled"] = True
    indexes = list(_indexes(connection, table))
    expressions = tuple(text for index in indexes for text in index["expressions"])
    checks = tuple(
        (str(each["name"]), each["sqltext"])
        for each in inspect(connection).get_check_constraints(table)
        if each["name"]
    )
    is_view = kind == "view"
    return Traits(columns, expressions, checks, is_view=is_view, indexes=tuple(indexes))


def _indexes(connection: Connection, table: str) -> Iterator[dict[str, Any]]:
    """Yields every index as the inspector has them, those over expressions too, which it skips."""
    found = connection.execute(
        text("""
            SELECT l.name, l."unique", l.partial, m.sql FROM pragma_index_list(:table) l
            LEFT JOIN sqlite_master m ON m.type = 'index' AND m.name = l.name
        """),
        {"table": table},
    ).all()
    for index in found:
        columns = connection.execute(
            text("SELECT name FROM pragma_index_info(:name) ORDER BY seqno"), {"name": index.name}
        ).scalars()
        names = list(columns)
        yield {
            "name": index.name,
            "unique": bool(index.unique),
            "column_names": names,
            "expressions": [index.sql] if None in names and index.sql else [],
            "dialect_options": {"sqlite_where": bool(index.partial)},
        }


def _sqlite_column(name: str, type_name: str, written: str) -> dict[str, Any]:
    declared = type_name.upper()
    traits: dict[str, Any] = {"type_name": type_name or "blob"}
    collation = _collation(name, written)
    if collation:
        traits |= {"folds": True, "ignores_case": collation == "nocase"}
    if "JSON" in declared:
        traits["storage"] = "JSON"
    elif declared.startswith(("UUID", "GUID")):
        traits["storage"] = "TEXT"
    elif not declared:
        traits["storage"] = "TEXT"  # what most expressions of a view make
    elif "BLOB" in declared or "BINARY" in declared:
        traits["storage"] = "BYTES"
    elif "INT" in declared:
        traits["storage"] = "BOOLEAN" if declared == "TINYINT(1)" else "INTEGER"
    return traits


def _collation(name: str, written: str) -> str | None:
    """Returns the folding collation that the column's own definition names."""
    for part in written.replace("\n", " ").split(","):
        words = part.replace("(", " ").replace(")", " ").split()
        names = [word.strip('"`[]').lower() for word in words]
        if name.lower() in names and "collate" in names:
            return next((each for each in names if each in ("nocase", "rtrim")), None)
    return None
