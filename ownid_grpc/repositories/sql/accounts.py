"""The repository of accounts in an SQL database: the port of `repositories.base`."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError

from ownid_grpc.domain.account import DISABLED, PROFILE, Account, AccountDraft, AccountKey, LoginId
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.mapping import SqlMapping
from ownid_grpc.domain.paging import Position
from ownid_grpc.domain.predicates import EVERYTHING, Predicate, Query
from ownid_grpc.domain.source import Capability, MappingFault, SourceDescription
from ownid_grpc.domain.texts import unstorable_at
from ownid_grpc.errors import Aborted, FailedPrecondition, NotFound, Reason
from ownid_grpc.repositories.base import Change, Fields, Page
from ownid_grpc.repositories.refusals import capability_missing
from ownid_grpc.repositories.sql.assignments import Rules, utc_now
from ownid_grpc.repositories.sql.binding import MappingFaults, bind
from ownid_grpc.repositories.sql.bound import BoundMapping, Table, conditions_of, raw
from ownid_grpc.repositories.sql.codecs import Stored
from ownid_grpc.repositories.sql.conflicts import conflict_of
from ownid_grpc.repositories.sql.connections import Connections
from ownid_grpc.repositories.sql.describe import description_of
from ownid_grpc.repositories.sql.dialects import dialect_for
from ownid_grpc.repositories.sql.positions import position_of
from ownid_grpc.repositories.sql.select import (
    count_statement,
    key_condition,
    selection_of,
    statement,
    stored_key,
)
from ownid_grpc.repositories.sql.spool import Sorted, batches, spooled
from ownid_grpc.repositories.sql.uniqueness import (
    check_unique,
    is_same_login_id,
    login_id_condition,
)
from ownid_grpc.repositories.sql.where import follows, order_fields, order_of
from ownid_grpc.repositories.sql.write import (
    Current,
    changed_fields,
    delete_account,
    insert_account,
    update_account,
)

Result = TypeVar("Result")


class SqlAccountRepository:
    """Accounts of one app; the mapping is bound to the live tables when they are first reached."""

    def __init__(self, words: SqlMapping) -> None:
        self._words = words
        self._connections = Connections(words.url.get_secret_value(), words.pool)
        self._mapping: BoundMapping | None = None
        self._lock = threading.Lock()

    def describe(self) -> SourceDescription:
        """Returns what accounts here can hold."""
        return description_of(self._bound(Call()))

    def verify(self) -> Sequence[MappingFault]:
        """Returns every disagreement of the mapping with the live database."""
        try:
            self._connections.read(Call(), self._bind)
        except MappingFaults as error:
            return error.faults
        return ()

    def ping(self) -> None:
        """Asks the database for a constant."""
        self._connections.read(Call(), lambda connection: connection.execute(text("SELECT 1")))

    def get(self, call: Call, key: AccountKey, fields: Fields = None) -> Account:
        """Returns the account of `key`."""
        found = self.get_many(call, [key], fields)
        if not found:
            raise _not_found()
        return found[0]

    def get_many(
        self, call: Call, keys: Sequence[AccountKey], fields: Fields = None
    ) -> list[Account]:
        """Returns the accounts of `keys` that exist."""
        return self._matching(call, keys, EVERYTHING, fields)

    def _matching(
        self, call: Call, keys: Sequence[AccountKey], predicate: Predicate, fields: Fields
    ) -> list[Account]:
        mapping = self._bound(call)
        condition = key_condition(mapping, keys)
        if condition is None:
            return []
        selection = selection_of(mapping, fields)
        query = statement(mapping, selection.columns, selection.fields, predicate).where(condition)
        rows = self._connections.read(call, lambda connection: connection.execute(query).all())
        wanted = set(keys)
        accounts = {each.key: each for each in map(selection.reader.account, rows)}
        return [account for key, account in accounts.items() if key in wanted]

    def find(
        self, call: Call, login_ids: Sequence[LoginId], value: str, fields: Fields = None
    ) -> Account:
        """Returns the one account that `value` identifies."""
        mapping = self._bound(call)
        if unstorable_at(value) is not None:
            raise _not_found()
        found: dict[AccountKey, bool] = {}
        for login_id in login_ids:
            found |= self._identified(call, mapping, login_id, value)
        exact = [key for key, is_exact in found.items() if is_exact]
        keys = exact if len(found) > 1 and exact else list(found)
        if not keys:
            raise _not_found()
        if len(keys) > 1:
            raise FailedPrecondition(
                Reason.LOGIN_ID_AMBIGUOUS,
                "Several accounts share this login id; write it exactly as the account has it.",
            )
        return self.get(call, keys[0], fields)

    def search(
        self, call: Call, query: Query, *, after: Position | None, limit: int, fields: Fields = None
    ) -> Page:
        """Returns the first `limit` accounts after a position."""
        mapping = self._bound(call)
        selection = selection_of(mapping, fields, query.order)
        needed = [*selection.fields, *order_fields(mapping, query.order)]
        select_page = statement(mapping, selection.columns, needed, query.predicate)
        select_page = select_page.order_by(*order_of(mapping, query.order)).limit(limit + 1)
        if after is not None:
            key = self._position_key(mapping, after)
            select_page = select_page.where(follows(mapping, query.order, after, key))
        rows = self._connections.read(
            call, lambda connection: connection.execute(select_page).all()
        )
        accounts = tuple(selection.reader.account(row) for row in rows[:limit])
        if len(rows) <= limit:
            return Page(accounts, None)
        return Page(accounts, position_of(selection.reader.whole().account(rows[limit - 1]), query))

    def scan(
        self, call: Call, query: Query, *, after: Position | None, size: int, fields: Fields = None
    ) -> Iterator[Page]:
        """Yields all of `query`: by key page after page, in another order by keys sorted once."""
        page = self.search(call, query, after=after, limit=size, fields=fields)
        yield page
        if query.order and page.next is not None:
            yield from self._scan_sorted(call, query, page.next, size, fields)
            return
        while page.next is not None:
            page = self.search(call, query, after=page.next, limit=size, fields=fields)
            yield page

    def count(self, call: Call, predicate: Predicate) -> int:
        """Returns how many accounts match."""
        query = count_statement(self._bound(call), predicate)
        found = self._connections.read(call, lambda connection: connection.scalar(query))
        return int(found or 0)

    def insert(
        self, call: Call, draft: AccountDraft, *, login_ids: Sequence[LoginId] = ()
    ) -> Account:
        """Makes an account and returns what the database then holds."""
        mapping = self._bound(call)
        if draft.disabled is not None:
            _demand_disabled(mapping)

        def work(connection: Connection) -> Account:
            rules = Rules(mapping, call.caller, utc_now())
            check_unique(connection, mapping, draft, login_ids, None)
            key = insert_account(connection, mapping, draft, rules)
            return self._read_back(connection, mapping, key)

        return self._write(call, mapping, work)

    def update(
        self, call: Call, key: AccountKey, change: Change, *, login_ids: Sequence[LoginId] = ()
    ) -> Account:
        """Applies `change` to the account as it is, in one transaction."""
        mapping = self._bound(call)

        def work(connection: Connection) -> Account:
            before, current, stored = self._locked(connection, mapping, key)
            desired = change(before)
            if desired.disabled != before.disabled:
                _demand_disabled(mapping)
            changed = changed_fields(mapping, before, desired)
            if not changed:
                return before
            paths = {field.path[1:] for field in changed}
            touched = [each for each in login_ids if each.path in paths]
            check_unique(connection, mapping, desired, touched, stored)
            rules = Rules(mapping, call.caller, utc_now())
            update_account(connection, mapping, current, changed, desired, rules)
            return self._read_back(connection, mapping, stored)

        return self._write(call, mapping, work)

    def delete(self, call: Call, key: AccountKey, *, etag: str = "") -> None:
        """Deletes the account as the mapping says."""
        mapping = self._bound(call)

        def work(connection: Connection) -> None:
            before, current, _ = self._locked(connection, mapping, key)
            if etag and etag != before.etag:
                raise Aborted(
                    Reason.ETAG_MISMATCH,
                    "The account has changed since it was read; read it again.",
                    {"etag": before.etag},
                )
            rules = Rules(mapping, call.caller, utc_now())
            delete_account(connection, mapping, current.rows[""] or {}, rules)

        self._write(call, mapping, work)

    def close(self) -> None:
        """Gives back all connections."""
        self._connections.close()

    def _bound(self, call: Call) -> BoundMapping:
        if self._mapping is None:
            with self._lock:
                try:
                    self._mapping = self._connections.read(call, self._bind)
                except MappingFaults as error:
                    raise FailedPrecondition(
                        Reason.MAPPING_FAULTY,
                        "The app's mapping does not fit its database; "
                        "the operator can run 'ownid-grpc check'.",
                    ) from error
        return self._mapping

    def _bind(self, connection: Connection) -> BoundMapping:
        return bind(self._words, connection, dialect_for(connection))

    def _write(
        self, call: Call, mapping: BoundMapping, work: Callable[[Connection], Result]
    ) -> Result:
        def explained(connection: Connection) -> Result:
            try:
                return work(connection)
            except DBAPIError as error:
                conflict = conflict_of(mapping, error)
                if conflict is None:
                    raise
                raise conflict from error

        return self._connections.write(call, explained)

    def _identified(
        self, call: Call, mapping: BoundMapping, login_id: LoginId, value: str
    ) -> dict[AccountKey, bool]:
        field = mapping.fields.get((PROFILE, *login_id.path))
        if field is None:
            return {}
        selection = selection_of(mapping, frozenset({field.path}))
        condition = login_id_condition(mapping, field, login_id, value)
        query = statement(mapping, selection.columns, [field]).where(condition)
        rows = self._connections.read(call, lambda connection: connection.execute(query).all())
        position = len(mapping.key)
        return {
            selection.reader.key(row): found == value
            for row in rows
            if is_same_login_id(login_id, found := field.codec.decode(row[position]), value)
        }

    def _position_key(self, mapping: BoundMapping, after: Position) -> tuple[Stored, ...]:
        return stored_key(mapping, after.key) or ()

    def _scan_sorted(
        self, call: Call, query: Query, after: Position, size: int, fields: Fields
    ) -> Iterator[Page]:
        keys = self._sorted_keys(call, query, after, size)
        remaining = batches(spooled(keys), size)
        batch = next(remaining, [])
        while batch:
            following = next(remaining, [])
            # What no longer matches since the keys were sorted is left out.
            matching = self._matching(call, [key for key, _ in batch], query.predicate, fields)
            found = {each.key: each for each in matching}
            accounts = tuple(found[key] for key, _ in batch if key in found)
            if accounts or not following:
                yield Page(accounts, batch[-1][1] if following else None)
            batch = following

    def _sorted_keys(
        self, call: Call, query: Query, after: Position, size: int
    ) -> Iterator[Sorted]:
        mapping = self._bound(call)
        selection = selection_of(mapping, frozenset(), query.order)
        keys = statement(mapping, selection.columns, selection.fields, query.predicate)
        keys = keys.where(
            follows(mapping, query.order, after, self._position_key(mapping, after))
        ).order_by(*order_of(mapping, query.order))
        reader = selection.reader.whole()
        with self._connections.streaming(call) as connection:
            for number, row in enumerate(connection.execute(keys), 1):
                is_last = number % size == 0
                yield reader.key(row), position_of(reader.account(row), query) if is_last else None

    def _locked(
        self, connection: Connection, mapping: BoundMapping, key: AccountKey
    ) -> tuple[Account, Current, tuple[Stored, ...]]:
        """Returns the account, its rows and its key, its own row locked for the transaction."""
        condition = key_condition(mapping, [key])
        stored = stored_key(mapping, key)
        if condition is None or stored is None:
            raise _not_found()
        own = _own_columns(mapping)
        lock = select(*(mapping.table.read(name) for name in own)).where(
            condition, *mapping.scope()
        )
        row = connection.execute(lock.with_for_update()).first()
        if row is None:
            raise _not_found()
        rows: dict[str, dict[str, Stored] | None] = {"": dict(zip(own, row, strict=True))}
        for join in mapping.joins.values():
            rows[join.table.name] = _joined_row(connection, mapping, join.table, rows[""] or {})
        account = self._read_back(connection, mapping, stored)
        if account.key != key:
            raise _not_found()
        return account, Current(rows), stored

    def _read_back(
        self, connection: Connection, mapping: BoundMapping, stored: tuple[Stored, ...]
    ) -> Account:
        selection = selection_of(mapping, None)
        keys = zip(mapping.key, stored, strict=True)
        key = tuple(str(field.codec.decode(part)) for field, part in keys)
        condition = key_condition(mapping, [key])
        query = statement(mapping, selection.columns, selection.fields)
        row = connection.execute(query if condition is None else query.where(condition)).first()
        if row is None:
            raise _not_found()
        return selection.reader.account(row)


def _own_columns(mapping: BoundMapping) -> list[str]:
    names = {*mapping.words.key.columns}
    names |= {ours for join in mapping.joins.values() for _, ours in join.on}
    names |= {
        f.shape.name for f in mapping.fields.values() if not f.table.name and f.codec.is_merging
    }
    if mapping.words.version is not None:
        names.add(mapping.words.version.column)
    return sorted(names)


def _joined_row(
    connection: Connection, mapping: BoundMapping, table: Table, own: dict[str, Stored]
) -> dict[str, Stored] | None:
    join = mapping.joins[table.name]
    names = {theirs for theirs, _ in join.on}
    names |= {
        f.shape.name
        for f in mapping.fields.values()
        if f.table.name == table.name and f.codec.is_merging
    }
    pairs = [table.read(theirs) == raw(own[ours]) for theirs, ours in join.on]
    columns = sorted(names)
    query = select(*(table.read(name) for name in columns)).where(
        *pairs, *conditions_of(table, join.words.where)
    )
    row = connection.execute(query).first()
    return None if row is None else dict(zip(columns, row, strict=True))


def _demand_disabled(mapping: BoundMapping) -> None:
    if DISABLED not in mapping.fields:
        raise capability_missing(
            Capability.DISABLE, "Accounts of this app cannot be disabled; leave disabled out."
        )


def _not_found() -> NotFound:
    return NotFound(
        Reason.ACCOUNT_NOT_FOUND,
        "There is no such account.",
        resource_type="ownid.com/Account",
    )
