"""The indexes of SQLite."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ownid_grpc.repositories.sql.indexes.index import Index, Indexed, IndexPart
from ownid_grpc.repositories.sql.indexes.spelling import normal
from ownid_grpc.repositories.sql.reflect import ColumnShape, TableShape
from ownid_grpc.repositories.sql.traits import quoted_name_of

_INDEXES = text("""
    SELECT l.name, l."unique" AS is_unique, l.partial AS is_partial, m.sql
    FROM pragma_index_list(:table) l
    LEFT JOIN sqlite_master m ON m.type = 'index' AND m.name = l.name
""")

_PARTS = text("""
    SELECT name, coll, "desc" AS is_descending FROM pragma_index_xinfo(:index)
    WHERE key = 1 ORDER BY seqno
""")

_BODY = re.compile(r"\bON\s+(?:\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^]]*\]|\w+)\s*\(", re.IGNORECASE)
_WHERE = re.compile(r"\)\s*WHERE\s+(.+)", re.IGNORECASE | re.DOTALL)
_ENDING = re.compile(r"(?:\s+COLLATE\s+\S+)?(?:\s+(?:ASC|DESC))?\s*", re.IGNORECASE)


def read_indexes(connection: Connection, shape: TableShape) -> Indexed:
    """Returns what the catalogue says of a table, whose rowid is an index too."""
    found = connection.execute(_INDEXES, {"table": shape.name}).all()
    indexes = [_index(connection, shape, row) for row in found]
    rowid = _rowid(shape)
    if rowid is not None:
        indexes.append(Index("rowid", (IndexPart(normal(rowid), "BINARY"),), is_unique=True))
    return Indexed(tuple(indexes), _rows(connection, shape))


def _rowid(shape: TableShape) -> str | None:
    """Returns the column that is the rowid, which is filled where nobody says it."""
    if len(shape.primary_key) != 1:
        return None
    column = shape.columns[shape.primary_key[0]]
    return column.name if column.type_name == "integer" else None


def _index(connection: Connection, shape: TableShape, row: Any) -> Index:
    name, is_unique, is_partial, written = row
    columns = connection.execute(_PARTS, {"index": name}).all()
    texts = _expressions(written or "")
    parts = [
        IndexPart(
            normal(column if column is not None else texts[number]),
            collation,
            collation == own_collation(shape.columns.get(column)),
            bool(is_descending),
        )
        for number, (column, collation, is_descending) in enumerate(columns)
    ]
    where = _WHERE.search(written or "") if is_partial else None
    condition = normal(where[1] if where else "?") if is_partial else None
    return Index(str(name), tuple(parts), bool(is_unique), condition)


def own_collation(column: ColumnShape | None) -> str:
    """Returns the collation of a column, or of an expression for None."""
    if column is None or not column.folds:
        return "BINARY"
    return "NOCASE" if column.ignores_case else "RTRIM"


def _expressions(written: str) -> Sequence[str]:
    """Returns what stands between the commas of CREATE INDEX, without collations and directions."""
    body = _BODY.search(written)
    return [] if body is None else [*_between_commas(written[body.end() :])]


def _between_commas(text: str) -> Iterator[str]:
    depth, start, is_quoted = 0, 0, False
    for at, character in enumerate(text):
        if character == "'":
            is_quoted = not is_quoted
        if is_quoted:
            continue
        if depth == 0 and character in ",)":
            yield _without_ending(text[start:at])
            start = at + 1
            if character == ")":
                return
        depth += {"(": 1, ")": -1}.get(character, 0)


def _without_ending(part: str) -> str:
    at = next(at for at in range(len(part) + 1) if _ENDING.fullmatch(part, at))
    return part[:at]


def _rows(connection: Connection, shape: TableShape) -> int | None:
    """Returns the highest rowid, which takes no time: no fewer rows than there are, mostly."""
    quoted = quoted_name_of(connection, None, shape.name)
    try:
        found = connection.exec_driver_sql(f"SELECT max(rowid) FROM {quoted}").scalar()  # noqa: S608 - a quoted name
    except DBAPIError:
        return None  # a view, or a table without rowids
    return int(found) if isinstance(found, int) else 0
