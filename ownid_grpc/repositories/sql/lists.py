"""Writes arrays whose items are rows, by the least difference: rows that stay are not touched."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import and_, or_, select

from ownid_grpc.domain.account import JsonValue, with_value
from ownid_grpc.repositories.sql.bound import BoundField, BoundJoin, Target, conditions_of
from ownid_grpc.repositories.sql.codecs import Stored, Unstorable
from ownid_grpc.repositories.sql.codecs.rows import (
    ListCodec,
    conditions_of_rows,
    row_key,
    rows_of,
)
from ownid_grpc.repositories.sql.columns import joined_row_columns
from ownid_grpc.repositories.sql.dialects.base import raw
from ownid_grpc.repositories.sql.finder import is_unique
from ownid_grpc.repositories.sql.keys import Values, joined_key
from ownid_grpc.repositories.sql.normalize import new_value
from ownid_grpc.repositories.sql.statements import delete_where, equal, insert_row
from ownid_grpc.repositories.sql.writing import Writing, joining_columns, refused

_MOST_KEYS = 500
"""In one statement; SQLite takes no more than 1,000 alternatives."""


def new_rows(writing: Writing, own: Mapping[str, Stored]) -> Iterator[tuple[BoundJoin, Values]]:
    """Yields the rows of all arrays of a new account, whose own row is `own`."""
    for bound in writing.mapping.fields.values():
        if bound.is_list and bound.is_given and bound.join is not None:
            items = _wanted(bound, new_value(bound, writing.account))
            for row in _made(writing, bound, bound.join, items, own):
                yield bound.join, row


def check_items(writing: Writing) -> None:
    """Raises `InvalidArgument` for an item of a new account that no row could hold."""
    for bound in writing.mapping.fields.values():
        if not bound.is_list or not bound.is_given or bound.join is None:
            continue
        items, target = _wanted(bound, new_value(bound, writing.account)), bound.join.target
        if items and target is not None and isinstance(bound.codec, ListCodec):
            stored = bound.codec.encode(list(items))
            _pointing(writing, bound, target, list(zip(items, stored, strict=True)))


def insert_rows(writing: Writing, own: Mapping[str, Stored]) -> None:
    """Inserts the rows of all arrays of a new account."""
    for join, row in new_rows(writing, own):
        insert_row(writing, join.table, row)


def take_rows(writing: Writing, bound: BoundField) -> list[JsonValue]:
    """Deletes the rows of items that are no longer there, and returns the new ones."""
    if bound.join is None:
        return []
    wanted = _wanted(bound, new_value(bound, writing.account))
    missing = Counter(_same(item) for item in wanted)
    surplus = []
    for key, item in _current(writing, bound, bound.join):
        if missing[_same(item)] > 0:
            missing[_same(item)] -= 1
        else:
            surplus.append(key)
    for start in range(0, len(surplus), _MOST_KEYS):
        keys = surplus[start : start + _MOST_KEYS]
        rows = or_(*(and_(*equal(bound.join.table, key)) for key in keys))
        delete_where(writing.connection, bound.join.table, [rows])
    return _last(wanted, missing)


def add_rows(writing: Writing, bound: BoundField, items: Sequence[JsonValue]) -> None:
    """Inserts the rows of new items."""
    if bound.join is None:
        return
    for row in _made(writing, bound, bound.join, items, writing.current.own):
        insert_row(writing, bound.join.table, row)


def is_same_list(bound: BoundField, one: JsonValue, other: JsonValue) -> bool:
    """Whether two arrays have the same items, whose order is that of their rows."""
    if not isinstance(one, list) or not isinstance(other, list):
        return one == other
    try:
        read = [Counter(map(_same, _as_read(bound, each))) for each in (one, other)]
    except Unstorable:
        return False
    return read[0] == read[1]


def _current(
    writing: Writing, bound: BoundField, join: BoundJoin
) -> list[tuple[Values, JsonValue]]:
    """Returns the key and the item of each row that has one, in the order of their keys."""
    names, codec = row_key(join), bound.codec
    if not isinstance(codec, ListCodec):
        return []
    keys = [join.table.read(name) for name in names]
    on = [join.table.read(theirs) == raw(writing.current.own[ours]) for theirs, ours in join.on]
    query = (
        select(codec.item.read(bound.column), *keys)
        .select_from(rows_of(join))
        .where(*on, *conditions_of_rows(join))
        .order_by(*keys)
    )
    found = writing.connection.execute(query).all()
    items = [(dict(zip(names, row[1:], strict=True)), codec.item.decode(row[0])) for row in found]
    return [(key, item) for key, item in items if item is not None]


def _wanted(bound: BoundField, value: JsonValue) -> list[JsonValue]:
    """Returns the items as they will read back; raises `InvalidArgument` for one that will not."""
    try:
        items = _as_read(bound, value if isinstance(value, list) else [])
    except Unstorable as error:
        raise refused(bound, error.rule, error.description) from error
    if any(item is None for item in items):
        raise refused(bound, "items", "Its row would hold nothing; leave the item out.")
    if _is_set(bound) and len({_same(item) for item in items}) < len(items):
        raise refused(bound, "uniqueItems", "The table holds each item once; give it once.")
    return items


def _as_read(bound: BoundField, value: list[JsonValue]) -> list[JsonValue]:
    codec = bound.codec
    if not isinstance(codec, ListCodec):
        return value
    return [codec.item.decode(each) for each in codec.encode(value)]


def _is_set(bound: BoundField) -> bool:
    join = bound.join
    if join is None:
        return False
    held = [bound.shape.name] if join.target is None else [theirs for theirs, _ in join.target.to]
    return is_unique(join.table.shape, (*join.words.on, *held), join.words.where)


def _made(
    writing: Writing,
    bound: BoundField,
    join: BoundJoin,
    items: Sequence[JsonValue],
    own: Mapping[str, Stored],
) -> Iterator[Values]:
    """Yields the rows of new items, complete but for what the database adds."""
    codec = bound.codec
    if not items or not isinstance(codec, ListCodec):
        return
    stored = codec.encode(list(items))
    values: list[Values] = [{bound.shape.name: each} for each in stored]
    if join.target is not None:
        values = _pointing(writing, bound, join.target, list(zip(items, stored, strict=True)))
    on = joining_columns(writing, join, own)
    for item, each in zip(items, values, strict=True):
        row = joined_row_columns(_of_item(writing, bound, item), join, each) | on
        yield row | joined_key(writing.connection, join, row)


def _of_item(writing: Writing, bound: BoundField, item: JsonValue) -> Writing:
    """Returns the writing of one item, of which rules derive what else is in its row."""
    account = writing.account
    profile = with_value(account.profile, bound.path[1:], item)
    return replace(writing, account=replace(account, profile=profile))


def _pointing(
    writing: Writing, bound: BoundField, target: Target, items: list[tuple[JsonValue, Stored]]
) -> list[Values]:
    """Returns what points at the row of each item; raises where there is none."""
    codec = bound.codec
    if not isinstance(codec, ListCodec):
        return []
    found = writing.rules.pointers.setdefault(target.table.name, {})
    unknown = [raw(stored) for item, stored in items if _same(item) not in found]
    if unknown:
        columns = [target.table.read(its) for _, its in target.to]
        query = select(codec.item.read(bound.column), *columns).where(
            bound.column.in_(unknown), *conditions_of(target.table, target.where)
        )
        for name, *key in writing.connection.execute(query.order_by(*columns)):
            pointing = {theirs: part for (theirs, _), part in zip(target.to, key, strict=True)}
            found.setdefault(_same(codec.item.decode(name)), pointing)
    if any(_same(item) not in found for item, _ in items):
        raise refused(
            bound, "enum", f"There is no such item of {bound.name}; name those there are."
        )
    return [found[_same(item)] for item, _ in items]


def _last(items: Sequence[JsonValue], counts: Counter[Hashable]) -> list[JsonValue]:
    """Returns so many of the items as are counted, of equal ones the last."""
    left, chosen = Counter(counts), []
    for item in reversed(items):
        if left[_same(item)] > 0:
            left[_same(item)] -= 1
            chosen.append(item)
    return chosen[::-1]


def _same(item: JsonValue) -> Hashable:
    """Returns what equal items have in common, and no others."""
    if isinstance(item, bool) or not isinstance(item, int | float | Decimal):
        return (type(item).__name__, str(item))
    return ("number", Decimal(str(item)))
