"""The indexes of MariaDB."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, text

from ownid_grpc.repositories.sql.indexes.index import Index, Indexed, IndexPart
from ownid_grpc.repositories.sql.indexes.spelling import normal

_INDEXES = text("""
    SELECT index_name AS name, non_unique, column_name AS part, sub_part,
           collation AS direction
    FROM information_schema.statistics
    WHERE table_schema = coalesce(:schema, database()) AND table_name = :table
        AND index_type = 'BTREE' AND ignored = 'NO'
    ORDER BY index_name, seq_in_index
""")

_ROWS = text("""
    SELECT table_rows FROM information_schema.tables
    WHERE table_schema = coalesce(:schema, database()) AND table_name = :table
""")


def read_indexes(connection: Connection, schema: str | None, table: str) -> Indexed:
    """Returns what the catalogue says of a table."""
    named = {"schema": schema, "table": table}
    rows = connection.execute(_INDEXES, named).all()
    indexes = tuple(
        _index(name, list(parts)) for name, parts in groupby(rows, lambda row: str(row.name))
    )
    count = connection.execute(_ROWS, named).scalar()
    return Indexed(indexes, None if count is None else int(count))


def _index(name: str, rows: Sequence[Any]) -> Index:
    parts = tuple(
        IndexPart(
            normal(row.part), is_descending=row.direction == "D", is_cut=row.sub_part is not None
        )
        for row in rows
    )
    return Index(name, parts, not rows[0].non_unique)
