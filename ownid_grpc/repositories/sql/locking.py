"""Reads an account within the transaction that writes it."""

from sqlalchemy import Connection, select

from ownid_grpc.domain.account import Account, AccountKey
from ownid_grpc.errors import NotFound
from ownid_grpc.repositories.refusals import account_not_found
from ownid_grpc.repositories.sql.bound import BoundMapping, Table, conditions_of
from ownid_grpc.repositories.sql.codecs import Stored
from ownid_grpc.repositories.sql.columns import Current, held_column, held_columns
from ownid_grpc.repositories.sql.conflicts import out_of_scope
from ownid_grpc.repositories.sql.dialects.base import raw
from ownid_grpc.repositories.sql.select import (
    key_condition,
    selection_of,
    statement,
    stored_key,
)


def locked(
    connection: Connection, mapping: BoundMapping, key: AccountKey
) -> tuple[Account, Current, tuple[Stored, ...]]:
    """Returns the account, its rows and its key, its own row locked for the transaction."""
    condition = key_condition(mapping, [key])
    stored = stored_key(mapping, key)
    if condition is None or stored is None:
        raise account_not_found()
    own = _own_columns(mapping)
    lock = select(*(held_column(mapping, mapping.table, name) for name in own)).where(
        condition, *mapping.scope()
    )
    row = connection.execute(lock.with_for_update()).first()
    if row is None:
        raise account_not_found()
    rows: dict[str, dict[str, Stored] | None] = {"": dict(zip(own, row, strict=True))}
    for join in mapping.joins.values():
        if join.words.lookup is not None:
            continue
        rows[join.table.name] = _joined_row(connection, mapping, join.table, rows[""] or {})
    account = _read_back(connection, mapping, stored)
    if account.key != key:
        raise account_not_found()
    return account, Current(rows), stored


def written(connection: Connection, mapping: BoundMapping, stored: tuple[Stored, ...]) -> Account:
    """Returns the account of this key as the transaction has written it.

    Raises `FailedPrecondition` where that has put it out of the mapping's scope.
    """
    try:
        return _read_back(connection, mapping, stored)
    except NotFound as error:
        raise out_of_scope(mapping) from error


def _read_back(
    connection: Connection, mapping: BoundMapping, stored: tuple[Stored, ...]
) -> Account:
    selection = selection_of(mapping, None)
    keys = zip(mapping.key, stored, strict=True)
    key = tuple(str(field.codec.decode(part)) for field, part in keys)
    condition = key_condition(mapping, [key])
    if condition is None:
        raise account_not_found()
    query = statement(mapping, selection.columns, selection.fields).where(condition)
    row = connection.execute(query).first()
    if row is None:
        raise account_not_found()
    return selection.reader.account(row)


def _own_columns(mapping: BoundMapping) -> list[str]:
    names = {*mapping.words.key.columns}
    names |= {ours for join in mapping.joins.values() for _, ours in join.on}
    names |= held_columns(mapping, "")
    if mapping.words.version is not None:
        names.add(mapping.words.version.column)
    return sorted(names)


def _joined_row(
    connection: Connection, mapping: BoundMapping, table: Table, own: dict[str, Stored]
) -> dict[str, Stored] | None:
    join = mapping.joins[table.name]
    held = held_columns(mapping, table.name)
    names = {theirs for theirs, _ in join.on} | held
    pairs = [table.read(theirs) == raw(own[ours]) for theirs, ours in join.on]
    columns = sorted(names)
    query = select(*(held_column(mapping, table, name) for name in columns)).where(
        *pairs, *conditions_of(table, join.words.where)
    )
    # What others write to the rest of such a column meanwhile would else be undone.
    row = connection.execute(query.with_for_update() if held else query).first()
    return None if row is None else dict(zip(columns, row, strict=True))
