"""Statements that read accounts: which columns, from which joins, under which conditions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    and_,
    bindparam,
    cast,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.types import NullType

from ownid_grpc.domain.account import (
    ETAG,
    AccountKey,
    FieldPath,
)
from ownid_grpc.domain.predicates import OrderTerm, Predicate
from ownid_grpc.repositories.base import Fields
from ownid_grpc.repositories.sql.bound import REST, BoundField, BoundJoin, BoundMapping
from ownid_grpc.repositories.sql.codecs import Unstorable
from ownid_grpc.repositories.sql.dialects.base import raw
from ownid_grpc.repositories.sql.rows import AccountReader
from ownid_grpc.repositories.sql.where import condition_of, fields_of

_MOST_JOINS = 20
"""In one statement; MariaDB and SQLite take no more than some 60, and their time for 20."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is read of each account; `columns` in the order in which `reader` takes them.

    `places` are where in these fields stand; `fields` are those that are read
    from tables joined.
    """

    columns: tuple[ColumnElement[object], ...]
    places: Mapping[FieldPath, int]
    fields: tuple[BoundField, ...]
    reader: AccountReader


def selection_of(
    mapping: BoundMapping, fields: Fields, order: Sequence[OrderTerm] = ()
) -> Selection:
    """Returns the columns that `fields` and `order` need, the key always among them.

    A hashed etag needs every field; a version is one column. What only the
    etag or the order needs is read and not shown.
    """
    ordered = frozenset(term.path for term in order)
    has_etag = fields is None or ETAG in fields
    needs_all = fields is None or (has_etag and mapping.words.version is None)
    read = [
        field
        for path, field in mapping.fields.items()
        if needs_all or _is_asked(mapping, path, fields) or _holds_any(mapping, path, ordered)
    ]
    version = mapping.words.version if has_etag else None
    columns = [_column(mapping, field) for field in (*mapping.key, *read)]
    if version is not None:
        columns.append(mapping.table.read(version.column))
    shown = [field for field in read if _is_asked(mapping, field.path, fields)]
    reader = AccountReader.of(
        mapping.key, read, shown, has_etag=has_etag, has_version=version is not None
    )
    if fields is not None and any(_is_cut(field, fields) for field in read):
        reader = replace(reader, only=fields)
    joined = (field for field in read if field.join is None or not field.join.is_narrowed)
    places = {field.path: place for place, field in enumerate(read, len(mapping.key))}
    return Selection(tuple(columns), places, tuple(joined), reader)


def _column(mapping: BoundMapping, field: BoundField) -> ColumnElement[object]:
    """Returns what to select of a field: of one row among many by a sub-select.

    There may be tens of those; MariaDB and SQLite join no more than 60 tables,
    and take their time to find an order for 20.
    """
    join, column = field.join, field.codec.read(field.column)
    if join is None or not join.is_narrowed or field.is_list:
        return column
    return _sub_select(mapping, join, column)


def _sub_select(
    mapping: BoundMapping, join: BoundJoin, column: ColumnElement[object]
) -> ColumnElement[object]:
    pairs = [join.table.read(theirs) == mapping.table.read(ours) for theirs, ours in join.on]
    row = select(column).select_from(join.table.source).where(*pairs, *join.conditions())
    # Where no key tells the first of several, a second must not fail every read.
    one = row if join.first_by else row.limit(1)
    return one.correlate(mapping.table.source).scalar_subquery()


def _is_asked(mapping: BoundMapping, path: FieldPath, fields: Fields) -> bool:
    if fields is None:
        return True
    is_above = any(path[: len(asked)] == asked for asked in fields)
    return is_above or _holds_any(mapping, path, fields)


def _holds_any(mapping: BoundMapping, path: FieldPath, paths: Iterable[FieldPath]) -> bool:
    """Whether a field has any of some paths, itself or a part of what it keeps as a whole."""
    own = (each for each in paths if path != REST or each not in mapping.fields)
    return any(each[: len(path)] == path for each in own)


def _is_cut(field: BoundField, fields: frozenset[FieldPath]) -> bool:
    """Whether no more than a part is to be shown of what a field keeps as a whole."""
    is_whole = any(field.path[: len(asked)] == asked for asked in fields)
    return field.is_document and not is_whole


def statement(
    mapping: BoundMapping,
    columns: Sequence[ColumnElement[object]],
    fields: Iterable[BoundField],
    predicate: Predicate | None = None,
) -> Select[*tuple[Any, ...]]:
    """Returns a select over the accounts in scope, with the joins that `fields` need."""
    joined = {field.table.name for field in fields}
    conditions = mapping.scope()
    if predicate is not None:
        asked = {field.table.name for field in fields_of(mapping, predicate)} - joined
        apart = _looked_up_apart(mapping, asked, _MOST_JOINS - len(joined))
        joined |= asked - apart
        conditions.append(condition_of(_apart(mapping, apart), predicate))
    return select(*columns).select_from(_joined(mapping, joined)).where(*conditions)


def _looked_up_apart(mapping: BoundMapping, names: set[str], room: int) -> set[str]:
    """Returns which of some joins a statement has no room for.

    Those that it has are better joined: an index of what they hold may be where
    the database begins.
    """
    single = sorted(name for name in names if name in mapping.joins)
    narrowed = [name for name in single if mapping.joins[name].is_narrowed]
    return set(narrowed[max(0, room - len(single) + len(narrowed)) :])


def _apart(mapping: BoundMapping, names: set[str]) -> BoundMapping:
    """Returns the mapping with the fields of some joins looked up by a sub-select each."""
    if not names:
        return mapping
    fields = {
        path: replace(field, sub_select=_sub_select(mapping, field.join, field.column))
        if field.join is not None and field.table.name in names
        else field
        for path, field in mapping.fields.items()
    }
    return replace(mapping, fields=fields)


def _joined(mapping: BoundMapping, names: set[str]) -> FromClause:
    source: FromClause = mapping.table.source
    for name, join in mapping.joins.items():
        if name not in names:
            continue
        pairs = [join.table.read(theirs) == mapping.table.read(ours) for theirs, ours in join.on]
        on = and_(*pairs, *join.conditions())
        source = source.outerjoin(join.table.source, on)
    return source


def key_condition(mapping: BoundMapping, keys: Sequence[AccountKey]) -> ColumnElement[bool] | None:
    """Returns what selects the accounts of `keys`, None when none of them can exist."""
    stored = [parts for key in keys if (parts := stored_key(mapping, key)) is not None]
    if not stored:
        return None
    columns = [field.column for field in mapping.key]
    if len(columns) == 1:
        only = columns[0]
        values = [part for (part,) in stored]
        if len(values) == 1:
            return only == raw(values[0])
        # One parameter, whatever its length: the statement is compiled once.
        return only.in_(bindparam(None, values, type_=NullType(), unique=True, expanding=True))
    if mapping.dialect.compares_rows:
        return tuple_(*columns).in_(stored)
    rows = [
        and_(*(place == raw(part) for place, part in zip(columns, values, strict=True)))
        for values in stored
    ]
    return or_(*rows)


def stored_key(mapping: BoundMapping, key: AccountKey) -> tuple[object, ...] | None:
    """Returns the key as its columns hold it, None for text that no key reads as."""
    if len(key) != len(mapping.key):
        return None
    try:
        return tuple(key_part(field, text) for field, text in zip(mapping.key, key, strict=True))
    except (Unstorable, ValueError):
        return None


def key_part(field: BoundField, text: str) -> object:
    """Returns one part of a key as its column holds it; raises for what none can be."""
    if field.codec.kind.value != "integer":
        return field.codec.encode(text)
    number = int(text)
    if str(number) != text:
        raise ValueError(text)
    return field.codec.encode(number)


def count_statement(mapping: BoundMapping, predicate: Predicate) -> Select[*tuple[Any, ...]]:
    """Returns a select of how many accounts match."""
    return statement(mapping, [cast(func.count(), Integer)], (), predicate)
