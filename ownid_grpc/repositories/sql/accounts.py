"""The repository of accounts in an SQL database: the port of `repositories.base`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ownid_grpc.domain.account import Account, AccountDraft, AccountKey, LoginId, Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.mapping import SqlMapping
from ownid_grpc.domain.paging import Position
from ownid_grpc.domain.predicates import Predicate, Query
from ownid_grpc.domain.serving import Gap
from ownid_grpc.domain.source import MappingFault, SourceDescription
from ownid_grpc.errors import FailedPrecondition, Reason
from ownid_grpc.repositories.base import Change, Fields, Outcome, Page, PoolUse
from ownid_grpc.repositories.sql.assignments import Rules, utc_now
from ownid_grpc.repositories.sql.batches import holders_of, insert_accounts, parted
from ownid_grpc.repositories.sql.binding import MappingFaults, bind
from ownid_grpc.repositories.sql.bound import BoundMapping
from ownid_grpc.repositories.sql.changes import delete_one, insert_one, update_one
from ownid_grpc.repositories.sql.conflicts import conflict_of
from ownid_grpc.repositories.sql.connections import Connections
from ownid_grpc.repositories.sql.describe import description_of
from ownid_grpc.repositories.sql.dialects import dialect_for
from ownid_grpc.repositories.sql.explaining.explainer import SqlExplainer
from ownid_grpc.repositories.sql.indexes.gaps import gaps_of, login_id_gaps
from ownid_grpc.repositories.sql.indexes.index import Indexed
from ownid_grpc.repositories.sql.indexes.knowledge import Knowledge, read_tables
from ownid_grpc.repositories.sql.indexes.serving import Known
from ownid_grpc.repositories.sql.locking import written
from ownid_grpc.repositories.sql.reading import Reading
from ownid_grpc.repositories.sql.select import count_statement
from ownid_grpc.repositories.sql.shapes import CompiledShapes, PlainShapes, Shapes

Result = TypeVar("Result")


class SqlAccountRepository:
    """Accounts of one app; the mapping is bound to the live tables when they are first reached.

    With `PlainShapes` no statement is kept compiled: all answers are the same.
    """

    def __init__(self, words: SqlMapping, shapes: Callable[[], Shapes] = CompiledShapes) -> None:
        self._words = words
        self._shapes = shapes
        self._connections = Connections(words.url.get_secret_value(), words.pool)
        self._mapping: BoundMapping | None = None
        self._knowledge = Knowledge()

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
        self._connections.probe()

    def get(self, call: Call, key: AccountKey, fields: Fields = None) -> Account:
        """Returns the account of `key`."""
        return self._reading(call).account(key, fields)

    def get_many(
        self, call: Call, keys: Sequence[AccountKey], fields: Fields = None
    ) -> list[Account]:
        """Returns the accounts of `keys` that exist."""
        return self._reading(call).accounts(keys, fields)

    def find(
        self, call: Call, login_ids: Sequence[LoginId], value: str, fields: Fields = None
    ) -> Account:
        """Returns the one account that `value` identifies."""
        return self._reading(call).account_with(login_ids, value, fields)

    def find_holders(
        self, call: Call, login_ids: Sequence[LoginId], profiles: Sequence[Profile]
    ) -> list[set[AccountKey]]:
        """Returns for each profile the accounts that have a login id of it."""
        mapping = self._bound(call)
        return self._connections.read(
            call, lambda connection: holders_of(connection, mapping, login_ids, profiles)
        )

    def search(
        self, call: Call, query: Query, *, after: Position | None, limit: int, fields: Fields = None
    ) -> Page:
        """Returns the first `limit` accounts after a position."""
        return self._reading(call).page(query, after, limit, fields)

    def scan(
        self, call: Call, query: Query, *, after: Position | None, size: int, fields: Fields = None
    ) -> Iterator[Page]:
        """Yields all of `query`: by key page after page, in another order by keys sorted once."""
        yield from replace(self._reading(call), is_scan=True).scan(query, after, size, fields)

    def count(self, call: Call, predicate: Predicate) -> int:
        """Returns how many accounts match."""
        query = count_statement(self._bound(call), predicate)
        found = self._connections.read(call, lambda connection: connection.scalar(query))
        return int(found or 0)

    def unserved(self, call: Call, query: Query) -> Sequence[Gap]:
        """Returns what of a query no index serves."""
        return gaps_of(self._known(call), query)

    def unserved_login_ids(self, call: Call, login_ids: Sequence[LoginId]) -> Sequence[Gap]:
        """Returns the login ids that no index finds accounts by."""
        return login_id_gaps(self._known(call), login_ids)

    def insert(
        self, call: Call, draft: AccountDraft, *, login_ids: Sequence[LoginId] = ()
    ) -> Account:
        """Makes an account and returns what the database then holds."""
        mapping = self._bound(call)

        def work(connection: Connection) -> Account:
            key = insert_one(connection, mapping, call, draft, login_ids)
            return written(connection, mapping, key)

        return self._write(call, mapping, work)

    def insert_many(
        self, call: Call, drafts: Sequence[AccountDraft], *, login_ids: Sequence[LoginId] = ()
    ) -> list[Outcome]:
        """Makes accounts in one transaction, or in several where not all of them can be made."""
        mapping = self._bound(call)

        def insert(part: Sequence[AccountDraft]) -> list[Outcome]:
            rules = Rules(mapping, call.caller, utc_now())
            return self._write(
                call,
                mapping,
                lambda connection: insert_accounts(connection, rules, part, login_ids),
            )

        return parted(drafts, insert)

    def update(
        self, call: Call, key: AccountKey, change: Change, *, login_ids: Sequence[LoginId] = ()
    ) -> Account:
        """Applies `change` to the account as it is, in one transaction."""
        mapping = self._bound(call)

        def work(connection: Connection) -> Account:
            return update_one(connection, mapping, call, key, change, login_ids=login_ids)

        return self._write(call, mapping, work)

    def delete(self, call: Call, key: AccountKey, *, etag: str = "") -> None:
        """Deletes the account as the mapping says."""
        mapping = self._bound(call)
        self._write(call, mapping, lambda each: delete_one(each, mapping, call, key, etag))

    def explainer(self, call: Call) -> SqlExplainer:
        """Returns what explains calls, and writes nothing."""
        plain = replace(self._bound(call), shapes=PlainShapes())
        return SqlExplainer(self._connections, plain)

    def pools(self) -> Sequence[PoolUse]:
        """Returns how the pools of connections are just now."""
        return self._connections.pools()

    def close(self) -> None:
        """Gives back all connections."""
        self._connections.close()

    def _reading(self, call: Call) -> Reading:
        return Reading(self._connections, self._bound(call), call)

    def _known(self, call: Call) -> Known:
        mapping = self._bound(call)

        def read() -> Mapping[str, Indexed]:
            return self._connections.read(call, lambda each: read_tables(each, mapping))

        return self._knowledge.known(mapping, read)

    def _bound(self, call: Call) -> BoundMapping:
        # Calls that come at once each bind for themselves: with a lock, those that find the
        # database down would each wait until all before them have found it out.
        if self._mapping is None:
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
        bound = bind(self._words, connection, dialect_for(connection))
        return replace(bound, shapes=self._shapes())

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

        try:
            return self._connections.write(call, explained)
        except FailedPrecondition as error:
            # A deferred constraint is not heard of before the commit.
            late = conflict_of(mapping, error.__cause__)
            if late is None:
                raise
            raise late from error
