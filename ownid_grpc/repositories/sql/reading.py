"""Reads accounts of one app on behalf of one call."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, TypeAlias, TypeVar

from sqlalchemy import Connection, Row, Select

from ownid_grpc.domain.account import Account, AccountKey, LoginId
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.ordering import position_of
from ownid_grpc.domain.paging import Position
from ownid_grpc.domain.predicates import EVERYTHING, Predicate, Query
from ownid_grpc.domain.texts import unstorable_at
from ownid_grpc.repositories.base import Fields, Page
from ownid_grpc.repositories.refusals import account_not_found
from ownid_grpc.repositories.sql.bound import BoundMapping
from ownid_grpc.repositories.sql.ordering import stretches
from ownid_grpc.repositories.sql.select import (
    Selection,
    key_condition,
    selection_of,
    statement,
    stored_key,
)
from ownid_grpc.repositories.sql.single import account_of, account_with
from ownid_grpc.repositories.sql.spool import spooled
from ownid_grpc.repositories.sql.where import order_fields

Result = TypeVar("Result")

Statement: TypeAlias = Select[*tuple[Any, ...]]

_Batch: TypeAlias = tuple[list[tuple[object, ...]], tuple[object, ...] | None]
"""Rows cut to their keys, and the last of them whole, unless it is the very last of all."""


class Reader(Protocol):
    """What runs reads: connections, or what stands for them."""

    def read(
        self, call: Call, work: Callable[[Connection], Result], *, is_scan: bool = False
    ) -> Result:
        """Returns what `work` makes of a connection on which each statement stands alone."""
        ...

    def streaming(self, call: Call) -> AbstractContextManager[Connection]:
        """Gives a connection whose rows come as they are fetched, for as long as the block."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """One call's reads; those of a scan may take as long as the caller waits."""

    connections: Reader
    mapping: BoundMapping
    call: Call
    is_scan: bool = False

    def account(self, key: AccountKey, fields: Fields) -> Account:
        """Returns the account of `key`. If there is none, raises `NotFound`."""
        account = self.connections.read(
            self.call, lambda each: account_of(each, self.mapping, key, fields)
        )
        if account is None:
            raise account_not_found()
        return account

    def account_with(self, login_ids: Sequence[LoginId], value: str, fields: Fields) -> Account:
        """Returns the account that `value` identifies, as `single.account_with` does."""
        if unstorable_at(value) is not None:
            raise account_not_found()
        return self.connections.read(
            self.call, lambda each: account_with(each, self.mapping, login_ids, value, fields)
        )

    def accounts(
        self, keys: Sequence[AccountKey], fields: Fields, predicate: Predicate = EVERYTHING
    ) -> list[Account]:
        """Returns the accounts of `keys` that exist and match, in no particular order."""
        condition = key_condition(self.mapping, keys)
        if condition is None:
            return []
        selection = selection_of(self.mapping, fields)
        query = statement(self.mapping, selection.columns, selection.fields, predicate)
        rows = self._rows(query.where(condition))
        wanted = set(keys)
        accounts = {each.key: each for each in map(selection.reader.account, rows)}
        return [account for key, account in accounts.items() if key in wanted]

    def page(self, query: Query, after: Position | None, limit: int, fields: Fields) -> Page:
        """Returns the first `limit` accounts after a position.

        Where the database would work out sub-selects of every row that it sorts,
        keys are sorted first, and their accounts are read by a second statement.
        """
        is_apart = bool(query.order) and self.mapping.sorts_keys_alone
        shown = frozenset() if is_apart else fields
        selection = self.mapping.shapes.kept(
            ("page", shown, query.order), lambda: selection_of(self.mapping, shown, query.order)
        )
        rows: list[Row[*tuple[Any, ...]]] = []
        for statement_ in self._ordered(query, after, selection):
            if len(rows) <= limit:
                rows += self._rows(statement_.limit(limit + 1 - len(rows)))
        if is_apart:
            accounts = self._in_order(map(selection.reader.key, rows[:limit]), query, fields)
        else:
            accounts = selection.reader.accounts(rows[:limit])
        if len(rows) <= limit:
            return Page(accounts, None)
        return Page(accounts, position_of(selection.reader.whole().account(rows[limit - 1]), query))

    def scan(
        self, query: Query, after: Position | None, size: int, fields: Fields
    ) -> Iterator[Page]:
        """Yields all after a position: by key page after page, else by keys sorted once."""
        page = self.page(query, after, size, fields)
        yield page
        if query.order and page.next is not None:
            yield from self._scan_sorted(query, page.next, size, fields)
            return
        while page.next is not None:
            page = self.page(query, page.next, size, fields)
            yield page

    def _rows(self, query: Statement) -> Sequence[Row[*tuple[Any, ...]]]:
        return self.connections.read(
            self.call, lambda connection: connection.execute(query).all(), is_scan=self.is_scan
        )

    def _ordered(
        self, query: Query, after: Position | None, selection: Selection
    ) -> list[Statement]:
        """Returns the statements that yield, one after the other, what comes after a position."""
        mapping = self.mapping
        needed = [*selection.fields, *order_fields(mapping, query.order)]
        matching = statement(mapping, selection.columns, needed, query.predicate)
        key = () if after is None else stored_key(mapping, after.key) or ()
        return [
            matching.where(*each.conditions).order_by(*each.order)
            for each in stretches(mapping, query.order, after, key)
        ]

    def _scan_sorted(
        self, query: Query, after: Position, size: int, fields: Fields
    ) -> Iterator[Page]:
        reader = selection_of(self.mapping, frozenset(), query.order).reader.whole()
        for keys, last in spooled(self._sorted_keys(query, after, size)):
            # What no longer matches since the keys were sorted is left out.
            accounts = self._in_order(map(reader.key, keys), query, fields)
            following = None if last is None else position_of(reader.account(last), query)
            if accounts or following is None:
                yield Page(accounts, following)

    def _in_order(
        self, keys: Iterable[AccountKey], query: Query, fields: Fields
    ) -> tuple[Account, ...]:
        """Returns the accounts of keys that still match, in their order."""
        wanted = list(keys)
        found = {each.key: each for each in self.accounts(wanted, fields, query.predicate)}
        return tuple(found[key] for key in wanted if key in found)

    def _sorted_keys(self, query: Query, after: Position, size: int) -> Iterator[_Batch]:
        """Yields all keys in order, taken as fast as the database gives them."""
        selection = selection_of(self.mapping, frozenset(), query.order)
        count = len(self.mapping.key)
        with self.connections.streaming(self.call) as connection:
            statements = self._ordered(query, after, selection)
            rows = (row for each in statements for row in connection.execute(each))
            batch = [*islice(rows, size)]
            while batch:
                self.call.check()
                following = [*islice(rows, size)]
                yield [tuple(row[:count]) for row in batch], tuple(batch[-1]) if following else None
                batch = following
