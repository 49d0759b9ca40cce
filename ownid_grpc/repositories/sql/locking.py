"""Reads an account within the transaction that writes it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from ownid_grpc.domain.account import Account, AccountKey
from ownid_grpc.repositories.refusals import account_not_found
from ownid_grpc.repositories.sql.bound import BoundMapping, Table
from ownid_grpc.repositories.sql.codecs import Stored
from ownid_grpc.repositories.sql.conflicts import out_of_scope
from ownid_grpc.repositories.sql.dialects.base import raw
from ownid_grpc.repositories.sql.placing import held_column, held_columns
from ownid_grpc.repositories.sql.select import stored_key
from ownid_grpc.repositories.sql.single import account_of, selection_kept
from ownid_grpc.repositories.sql.writing import Current


def locked(
    connection: Connection, mapping: BoundMapping, key: AccountKey
) -> tuple[Account, Current, tuple[Stored, ...]]:
    """Returns the account, its rows and its key, its own row locked for the transaction."""
    stored = stored_key(mapping, key)
    if stored is None:
        raise account_not_found()
    own = mapping.shapes.kept("own columns", lambda: _own_columns(mapping))
    # What a statement finds in joined tables is older than the lock that it waited for.
    selection = None if mapping.all_joins else selection_kept(mapping, None)

    def build(values: Sequence[Stored]) -> Select[*tuple[Any, ...]]:
        columns = [held_column(mapping, mapping.table, name) for name in own]
        pairs = zip(mapping.key, values, strict=True)
        is_key = [field.column == raw(part) for field, part in pairs]
        read = () if selection is None else selection.columns
        return select(*columns, *read).where(*is_key, *mapping.scope()).with_for_update()

    found = mapping.shapes.rows(connection, "lock", build, stored)
    if not found:
        raise account_not_found()
    row = found[0]
    rows = _Rows(connection, mapping, dict(zip(own, row, strict=False)))
    for name in mapping.joins:
        if held_columns(mapping, name):
            rows.get(name)
    if selection is None:
        account = account_of(connection, mapping, key, None)
    else:
        account = selection.reader.account(row[len(own) :])
    if account is None or account.key != key:
        raise account_not_found()
    return account, Current(rows), stored


class _Rows(Mapping[str, Mapping[str, Stored] | None]):
    """The rows of an account, those of joins as they are asked for: most writes need few."""

    def __init__(
        self, connection: Connection, mapping: BoundMapping, own: Mapping[str, Stored]
    ) -> None:
        self._connection = connection
        self._mapping = mapping
        self._rows: dict[str, Mapping[str, Stored] | None] = {"": own}

    def __getitem__(self, name: str) -> Mapping[str, Stored] | None:
        if name not in self._rows:
            join = self._mapping.joins[name]
            if join.words.lookup is not None:
                raise KeyError(name)
            own = self._rows[""] or {}
            self._rows[name] = _joined_row(self._connection, self._mapping, join.table, own)
        return self._rows[name]

    def __iter__(self) -> Iterator[str]:
        joins = self._mapping.joins.items()
        yield from ("", *(name for name, join in joins if join.words.lookup is None))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def written(connection: Connection, mapping: BoundMapping, stored: tuple[Stored, ...]) -> Account:
    """Returns the account of this key as the transaction has written it.

    Raises `FailedPrecondition` where that has put it out of the mapping's scope.
    """
    parts = zip(mapping.key, stored, strict=True)
    key = tuple(str(field.codec.decode(part)) for field, part in parts)
    account = account_of(connection, mapping, key, None)
    if account is None:
        raise out_of_scope(mapping)
    return account


def _own_columns(mapping: BoundMapping) -> list[str]:
    names = {*mapping.words.key.columns}
    names |= {ours for join in mapping.all_joins for _, ours in join.on}
    names |= held_columns(mapping, "")
    if mapping.words.version is not None:
        names.add(mapping.words.version.column)
    return sorted(names)


def _joined_row(
    connection: Connection, mapping: BoundMapping, table: Table, own: Mapping[str, Stored]
) -> dict[str, Stored] | None:
    join = mapping.joins[table.name]
    held = held_columns(mapping, table.name)
    names = {theirs for theirs, _ in join.on} | held | set(join.first_by)
    pairs = [table.read(theirs) == raw(own[ours]) for theirs, ours in join.on]
    columns = sorted(names)
    query = select(*(held_column(mapping, table, name) for name in columns)).where(
        *pairs, *join.conditions()
    )
    # What others write to the rest of such a column meanwhile would else be undone.
    row = connection.execute(query.with_for_update() if held else query).first()
    return None if row is None else dict(zip(columns, row, strict=True))
