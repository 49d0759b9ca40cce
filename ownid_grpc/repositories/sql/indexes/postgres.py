"""The indexes of PostgreSQL."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, text

from ownid_grpc.repositories.sql.indexes.index import Index, Indexed, IndexPart
from ownid_grpc.repositories.sql.indexes.spelling import normal
from ownid_grpc.repositories.sql.traits import quoted_name_of

_INDEXES = text("""
    SELECT c.relname AS name, i.indisunique AS is_unique,
           pg_get_expr(i.indpred, i.indrelid) AS condition,
           pg_get_indexdef(i.indexrelid, part.number, false) AS expression, a.attname AS column,
           named.collname AS collation, i.indcollation[part.number - 1] = a.attcollation AS is_own,
           i.indoption[part.number - 1] & 1 = 1 AS is_descending, o.opcname AS operators
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree'
    CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) part (number)
    JOIN pg_opclass o ON o.oid = i.indclass[part.number - 1]
    LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[part.number - 1]
    LEFT JOIN pg_collation named ON named.oid = i.indcollation[part.number - 1]
    WHERE i.indrelid = to_regclass(:table) AND i.indisvalid
    ORDER BY c.relname, part.number
""")

# A table that was never analysed has no count; what it fills says enough. Partitions add up.
_ROWS = text("""
    WITH part AS (
        SELECT coalesce(tree.relid, :oid) AS oid
        FROM pg_partition_tree(:oid) tree WHERE tree.isleaf
    )
    SELECT sum(CASE WHEN c.reltuples >= 0 THEN c.reltuples
                    ELSE pg_relation_size(c.oid) / 100 END)::bigint
    FROM pg_class c
    WHERE c.relkind = 'r' AND (c.oid = :oid OR c.oid IN (SELECT oid FROM part))
""")

_COLLATED = re.compile(r'(.+) collate "?(?:\w+"?\."?)?([^" ]+)"?', re.IGNORECASE | re.DOTALL)


def read_indexes(connection: Connection, schema: str | None, table: str) -> Indexed:
    """Returns what the catalogue says of a table."""
    quoted = quoted_name_of(connection, schema, table)
    rows = connection.execute(_INDEXES, {"table": quoted}).all()
    indexes = tuple(
        _index(name, list(parts)) for name, parts in groupby(rows, lambda row: str(row.name))
    )
    oid = connection.execute(text("SELECT to_regclass(:table)::oid"), {"table": quoted}).scalar()
    return Indexed(indexes, connection.execute(_ROWS, {"oid": oid}).scalar())


def _index(name: str, parts: Sequence[Any]) -> Index:
    first = parts[0]
    condition = None if first.condition is None else normal(first.condition)
    return Index(name, tuple(map(_part, parts)), first.is_unique, condition)


def _part(row: Any) -> IndexPart:
    expression, collation, is_own = row.expression, row.collation, bool(row.is_own)
    if row.column is None:
        bare = expression.strip()
        while bare.startswith("(") and bare.endswith(")"):
            bare = bare[1:-1]
        named = _COLLATED.fullmatch(bare)
        is_own = named is None and collation in (None, "default")
        expression = named[1] if named else expression
    return IndexPart(
        normal(row.column or expression),
        collation,
        is_own or collation is None,
        row.is_descending,
        compares_bytes=row.operators.endswith("_pattern_ops"),
    )
