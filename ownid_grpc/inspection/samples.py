"""A bounded look at the values of a table: it decides guesses, and is never shown."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, String, func, select, type_coerce
from sqlalchemy.exc import DBAPIError

from ownid_grpc.repositories.sql.bound import Table
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage, TableShape

SAMPLED = 500
"""Rows that are looked at from each end of a table."""

_SHOWN = 200
"""Characters of a text that are looked at."""

_UNREAD = {Storage.BYTES, Storage.JSON, Storage.ARRAY, Storage.OTHER}


@dataclass(frozen=True, slots=True)
class Sample:
    """Some rows of a table; `names` are the columns that were read of them."""

    names: tuple[str, ...] = ()
    rows: tuple[tuple[object, ...], ...] = ()

    def values(self, column: str) -> tuple[object, ...]:
        """Returns the values that a column has in the rows; NULLs are left out."""
        if column not in self.names:
            return ()
        place = self.names.index(column)
        return tuple(row[place] for row in self.rows if row[place] is not None)

    def texts(self, column: str) -> list[str]:
        """Returns the texts among the values that are not empty."""
        return [each for each in self.values(column) if isinstance(each, str) and each]

    def has_empty(self, column: str) -> bool:
        """Whether an empty text is among the values."""
        return "" in self.values(column)

    def all_match(self, column: str, pattern: str) -> bool:
        """Whether there are texts, and all are of a pattern."""
        found = self.texts(column)
        return bool(found) and all(re.fullmatch(pattern, each) for each in found)

    def is_within(self, column: str, allowed: Iterable[object]) -> bool:
        """Whether there are values, and all are among those allowed."""
        found = set(self.values(column))
        return bool(found) and found <= set(allowed)

    def pairs(self, *columns: str) -> list[tuple[object, ...]]:
        """Returns the values of several columns row by row, of rows that have all of them."""
        if not set(columns) <= set(self.names):
            return []
        places = [self.names.index(each) for each in columns]
        rows = [tuple(row[place] for place in places) for row in self.rows]
        return [row for row in rows if None not in row]

    def has_duplicates(self, *columns: str) -> bool:
        """Whether two of the rows agree in the columns, letters in any case."""
        rows = [tuple(map(_folded, row)) for row in self.pairs(*columns)]
        return len(set(rows)) < len(rows)


def read_sample(connection: Connection, shape: TableShape, unread: Iterable[str] = ()) -> Sample:
    """Returns rows from both ends of a table, without the columns that are not to be read.

    Where the database does not give them in time, or not to this user, there are none.
    """
    table = Table.of("", shape)
    left_out = {*unread, *(n for n, each in shape.columns.items() if each.storage in _UNREAD)}
    names = [name for name in shape.columns if name not in left_out]
    if not names:
        return Sample()
    query = select(*(_read(table, shape.columns[name]) for name in names)).limit(SAMPLED)
    try:
        rows = [tuple(row) for row in connection.execute(query)]
        if len(rows) == SAMPLED and set(shape.primary_key) <= set(names):
            last = [table.read(name).desc() for name in shape.primary_key]
            rows += [tuple(row) for row in connection.execute(query.order_by(*last))]
    except DBAPIError:
        return Sample()
    return Sample(tuple(names), tuple(_each_once(rows, names, shape.primary_key)))


def _each_once(
    rows: list[tuple[object, ...]], names: list[str], key: Iterable[str]
) -> Iterator[tuple[object, ...]]:
    """Yields rows without those that are near both ends of the table."""
    places = [names.index(name) for name in key if name in names]
    seen = set()
    for number, row in enumerate(rows):
        known = tuple(row[place] for place in places) if places else (number,)
        if known not in seen:
            seen.add(known)
            yield row


def _folded(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _read(table: Table, column: ColumnShape) -> ColumnElement[object]:
    place = table.read(column.name)
    is_plain = column.storage is Storage.TEXT and column.max_length is None
    if not is_plain:
        return place.label(None)
    return func.substr(type_coerce(place, String), 1, _SHOWN).label(None)
