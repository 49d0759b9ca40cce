"""Writes accounts: which rows of which tables, in which order, within one transaction."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement

from ownid_grpc.domain.account import (
    DISABLED,
    PROFILE,
    Account,
    AccountDraft,
)
from ownid_grpc.domain.schema.numbers import is_same
from ownid_grpc.domain.source import Capability
from ownid_grpc.repositories.refusals import capability_missing
from ownid_grpc.repositories.sql.bound import BoundField, BoundJoin, BoundMapping, conditions_of
from ownid_grpc.repositories.sql.codecs import Stored
from ownid_grpc.repositories.sql.columns import (
    changed_columns,
    created_columns,
    is_emptied,
    joined_row_columns,
    own_stamps,
)
from ownid_grpc.repositories.sql.finder import is_unique
from ownid_grpc.repositories.sql.keys import Values, account_key, joined_key
from ownid_grpc.repositories.sql.lists import add_rows, insert_rows, is_same_list, take_rows
from ownid_grpc.repositories.sql.normalize import asked_value, new_value
from ownid_grpc.repositories.sql.placing import place_absent
from ownid_grpc.repositories.sql.rules import emptied_joins
from ownid_grpc.repositories.sql.statements import (
    delete_row,
    delete_where,
    equal,
    insert_row,
    update_row,
    update_rows,
)
from ownid_grpc.repositories.sql.writing import Current, Tables, Writing, joining_columns, refused

__all__ = [
    "Current",
    "changed_fields",
    "delete_account",
    "demand_disabled",
    "insert_account",
    "update_account",
]


def insert_account(writing: Writing, draft: AccountDraft) -> tuple[Stored, ...]:
    """Writes a new account and returns its key as the database holds it."""
    mapping, tables = writing.mapping, created_columns(writing)
    own = tables[""]
    for join in mapping.joins.values():
        if join.words.parent and join.table.name in tables:
            own |= _new_parent(writing, join, tables[join.table.name])
    own |= account_key(writing.connection, mapping, draft, own)
    needed = [*mapping.words.key.columns, *_own_columns_of_children(mapping)]
    made = insert_row(writing, mapping.table, own, needed)
    for join in mapping.joins.values():
        if join.is_child and join.table.name in tables:
            _new_child(writing, join, tables[join.table.name], made)
    insert_rows(writing, made)
    return tuple(made[name] for name in mapping.words.key.columns)


def update_account(writing: Writing, changed: Sequence[BoundField]) -> None:
    """Writes the changed fields and what the rules say of a write."""
    mapping, tables = writing.mapping, changed_columns(writing, changed)
    # What leaves an array first: a row, or another array, may be given what is unique of it.
    new_items = [(bound, take_rows(writing, bound)) for bound in changed if bound.is_list]
    for join in mapping.joins.values():
        if join.table.name in tables and join.words.lookup is None:
            _write_joined(writing, join, tables)
    for bound, items in new_items:
        add_rows(writing, bound, items)
    if tables[""]:
        _update_own(writing, tables[""])
        _carry_rows_along(writing, tables[""])


def delete_account(writing: Writing) -> None:
    """Deletes or marks the account's row, after the rows that hang on it."""
    mapping, words = writing.mapping, writing.mapping.words.delete
    own = writing.current.own
    for name in words.tables:
        for join in emptied_joins(mapping, name):
            hanging = equal(join.table, {theirs: own[ours] for theirs, ours in join.on})
            delete_where(writing.connection, join.table, [*hanging, *_meant(join, name)])
    if not words.set:
        delete_row(writing, mapping.table, _key(writing))
        return
    marks = {
        name: writing.rules.value(name, said, writing.account) for name, said in words.set.items()
    }
    _update_own(writing, own_stamps(writing) | marks)


def demand_disabled(mapping: BoundMapping) -> None:
    """Raises `Unimplemented` where accounts cannot be disabled."""
    if DISABLED not in mapping.fields:
        raise capability_missing(
            Capability.DISABLE, "Accounts of this app cannot be disabled; leave disabled out."
        )


def changed_fields(mapping: BoundMapping, before: Account, after: Account) -> list[BoundField]:
    """Returns the fields whose values differ; raises for one that cannot be written.

    A value that was never normalized and that nobody changed stays as it is.
    """
    changed = []
    for path, field in mapping.fields.items():
        if path[0] != PROFILE and path != DISABLED:
            continue
        current = asked_value(field, before)
        if is_same(asked_value(field, after), current) or is_same(new_value(field, after), current):
            continue
        if field.is_list and is_same_list(field, new_value(field, after), current):
            continue
        if not field.is_writable:
            raise refused(field, "readOnly", "This property cannot be written.")
        if not field.table.name and field.shape.name in mapping.words.key.columns:
            raise refused(field, "immutable", "This is the account's key; it stays as it is.")
        changed.append(field)
    return changed


def _write_joined(writing: Writing, join: BoundJoin, tables: Tables) -> None:
    values, own = tables[join.table.name], writing.current.own
    current = writing.current.rows.get(join.table.name)
    on = {theirs: own[ours] for theirs, ours in join.on}
    scope = join.conditions(of_write=True)
    if is_emptied(writing, join, values):
        # All that have its name: what stands behind the first would else come forth.
        delete_where(writing.connection, join.table, [*equal(join.table, on), *scope])
        return
    if current is not None:
        first = {name: current[name] for name in join.first_by}
        update_row(writing, join.table, values, on | first, scope)
        return
    created = joined_row_columns(writing, join, values)
    place_absent(writing.mapping, {join.table.name: created})
    if join.words.parent:
        tables[""] |= _new_parent(writing, join, created)
    else:
        _new_child(writing, join, created, own)


def _new_parent(writing: Writing, join: BoundJoin, values: Values) -> Values:
    """Makes the row that the account points at and returns the columns that point."""
    row = values | joined_key(writing.connection, join, values)
    made = insert_row(writing, join.table, row, [theirs for theirs, _ in join.on])
    return {ours: made[theirs] for theirs, ours in join.on}


def _new_child(
    writing: Writing, join: BoundJoin, values: Values, own: Mapping[str, Stored]
) -> None:
    row = values | joining_columns(writing, join, own)
    insert_row(writing, join.table, row | joined_key(writing.connection, join, row))


def _carry_rows_along(writing: Writing, values: Values) -> None:
    """Has the rows that hang on a column of the account's own hang on its new value.

    Where the database cascades there are none left to carry. Those that other
    accounts may hang on too, by a column that is not unique, stay where they are.
    """
    mapping, own = writing.mapping, writing.current.own
    moved = {name: value for name, value in values.items() if own.get(name, value) != value}
    for join in mapping.children:
        hung = {ours for _, ours in join.on}
        if hung.isdisjoint(moved):
            continue
        if is_unique(mapping.table.shape, tuple(hung), mapping.words.where):
            before = equal(join.table, {theirs: own[ours] for theirs, ours in join.on})
            after = {theirs: moved[ours] for theirs, ours in join.on if ours in moved}
            rows = [*before, *conditions_of(join.table, join.scope, of_write=True)]
            update_rows(writing.connection, join.table, after, rows)


def _meant(join: BoundJoin, name: str) -> list[ColumnElement[bool]]:
    """Returns which rows `delete.tables` means by a name: those of a join, or all of its table."""
    is_join = name == join.table.label
    return conditions_of(join.table, join.scope, of_write=True) if is_join else []


def _update_own(writing: Writing, values: Values) -> None:
    update_row(writing, writing.mapping.table, values, _key(writing))


def _key(writing: Writing) -> Values:
    return {name: writing.current.own[name] for name in writing.mapping.words.key.columns}


def _own_columns_of_children(mapping: BoundMapping) -> list[str]:
    names = {ours for join in mapping.children for _, ours in join.on}
    return sorted(names - set(mapping.words.key.columns))
