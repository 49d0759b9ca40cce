"""Accounts in memory: the reference that every other repository is held to."""

import copy
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from ownid_grpc.domain.account import (
    Account,
    AccountDraft,
    AccountKey,
    LoginId,
    Profile,
    PropertyPath,
)
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.etags import etag_of
from ownid_grpc.domain.paging import Position
from ownid_grpc.domain.predicates import EVERYTHING, Predicate, Query
from ownid_grpc.domain.serving import Gap
from ownid_grpc.domain.source import Capability, MappingFault, SourceDescription
from ownid_grpc.repositories.base import Change, Fields, Outcome, Page
from ownid_grpc.repositories.held_values import held_profile
from ownid_grpc.repositories.login_ids import holders, identified_one
from ownid_grpc.repositories.outcomes import one_by_one
from ownid_grpc.repositories.projection import filled
from ownid_grpc.repositories.refusals import (
    ACCOUNT_ID,
    account_not_found,
    capability_missing,
    database_down,
    etag_mismatch,
    key_required,
    repository_closed,
    value_taken,
)
from ownid_grpc.repositories.searching import page_of, pages_of, positions_of
from ownid_grpc.repositories.uniqueness import check_unique, touched


class MemoryStore:
    """What a database is to other repositories: it outlives them, and can be down."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.accounts: dict[AccountKey, Account] = {}
        self.numbers = itertools.count(1)
        self.is_down = False


class MemoryAccountRepository:
    """Accounts of one app, as `description` says they are.

    Accounts get consecutive numbers for keys unless the caller chooses them.
    Besides each unique property, those of every group in `unique` are unique
    together.
    """

    def __init__(
        self,
        description: SourceDescription,
        *,
        store: MemoryStore | None = None,
        unique: Sequence[Sequence[PropertyPath]] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._description = description
        self._store = MemoryStore() if store is None else store
        single = [(each.path,) for each in description.properties if each.is_unique]
        self._unique = [*single, *unique]
        self._now = now
        self._is_closed = False

    def describe(self) -> SourceDescription:
        """Returns what accounts here can hold."""
        return self._description

    def verify(self) -> Sequence[MappingFault]:
        """Returns nothing: there is no mapping that could be wrong."""
        return ()

    def ping(self) -> None:
        """Returns unless the store is down."""
        with self._working(Call()):
            pass

    def get(self, call: Call, key: AccountKey, fields: Fields = None) -> Account:
        """Returns the account of `key`."""
        with self._working(call):
            return filled(self._account(key), fields)

    def get_many(
        self, call: Call, keys: Sequence[AccountKey], fields: Fields = None
    ) -> list[Account]:
        """Returns the accounts of `keys` that exist."""
        with self._working(call):
            found = (self._store.accounts.get(key) for key in dict.fromkeys(keys))
            return [filled(account, fields) for account in found if account is not None]

    def find(
        self, call: Call, login_ids: Sequence[LoginId], value: str, fields: Fields = None
    ) -> Account:
        """Returns the one account that `value` identifies."""
        with self._working(call):
            found = identified_one(self._store.accounts.values(), login_ids, value)
            return filled(found, fields)

    def find_holders(
        self, call: Call, login_ids: Sequence[LoginId], profiles: Sequence[Profile]
    ) -> list[set[AccountKey]]:
        """Returns for each profile the accounts that have a login id of it."""
        with self._working(call):
            accounts = self._store.accounts.values()
            return [holders(accounts, login_ids, profile) for profile in profiles]

    def search(
        self, call: Call, query: Query, *, after: Position | None, limit: int, fields: Fields = None
    ) -> Page:
        """Returns the first `limit` accounts after a position."""
        with self._working(call):
            positions = self._positions(query, after)
            return page_of(self._store.accounts, positions, limit, fields)

    def scan(
        self, call: Call, query: Query, *, after: Position | None, size: int, fields: Fields = None
    ) -> Iterator[Page]:
        """Yields all of `query` by the order it has now; what stopped matching is left out."""
        with self._working(call):
            positions = self._positions(query, after)
        yield from pages_of(lambda keys: self.get_many(call, keys), positions, query, size, fields)

    def count(self, call: Call, predicate: Predicate) -> int:
        """Returns how many accounts match."""
        with self._working(call):
            self._demand(Capability.COUNT)
            return len(self._positions(Query(predicate), None))

    def unserved(self, call: Call, query: Query) -> Sequence[Gap]:  # noqa: ARG002 - as the port has it
        """Returns nothing: all is looked through, and that is quick."""
        with self._working(call):
            return ()

    def unserved_login_ids(
        self,
        call: Call,
        login_ids: Sequence[LoginId],  # noqa: ARG002 - as the port has it
    ) -> Sequence[Gap]:
        """Returns nothing, for the same reason."""
        with self._working(call):
            return ()

    def insert(
        self, call: Call, draft: AccountDraft, *, login_ids: Sequence[LoginId] = ()
    ) -> Account:
        """Makes an account and returns what the store then holds."""
        with self._working(call):
            self._demand(Capability.INSERT)
            if draft.disabled is not None:
                self._demand(Capability.DISABLE)
            key = self._new_key(draft.key)
            if key in self._store.accounts:
                raise value_taken([ACCOUNT_ID])
            now = self._now()
            account = Account(
                key,
                copy.deepcopy(held_profile(self._description.properties, draft.profile)),
                disabled=bool(draft.disabled) if self._has(Capability.DISABLE) else None,
                create_time=now if self._description.has_create_time else None,
                update_time=now if self._description.has_update_time else None,
            )
            self._check_unique(account, login_ids)
            return self._stored(account)

    def insert_many(
        self, call: Call, drafts: Sequence[AccountDraft], *, login_ids: Sequence[LoginId] = ()
    ) -> list[Outcome]:
        """Makes accounts, one after the other."""
        return one_by_one(drafts, lambda draft: self.insert(call, draft, login_ids=login_ids))

    def update(
        self, call: Call, key: AccountKey, change: Change, *, login_ids: Sequence[LoginId] = ()
    ) -> Account:
        """Applies `change` to the account as it is."""
        with self._working(call):
            self._demand(Capability.UPDATE)
            before = self._account(key)
            desired = change(filled(before, None))
            properties = self._description.properties
            profile = copy.deepcopy(held_profile(properties, desired.profile, before.profile))
            if (profile, desired.disabled) == (before.profile, before.disabled):
                return filled(before, None)
            if desired.disabled != before.disabled:
                self._demand(Capability.DISABLE)
            after = replace(before, profile=profile, disabled=desired.disabled)
            if self._description.has_update_time:
                after = replace(after, update_time=self._now())
            self._check_unique(after, touched(login_ids, before.profile, profile))
            return self._stored(after)

    def delete(self, call: Call, key: AccountKey, *, etag: str = "") -> None:
        """Deletes the account."""
        with self._working(call):
            self._demand(Capability.DELETE)
            account = self._account(key)
            if etag and etag != account.etag:
                raise etag_mismatch(account.etag)
            del self._store.accounts[key]

    def close(self) -> None:
        """Refuses every call afterwards; the store stays for others."""
        self._is_closed = True

    @contextmanager
    def _working(self, call: Call) -> Iterator[None]:
        if self._is_closed:
            raise repository_closed()
        call.check()
        with self._store.lock:
            if self._store.is_down:
                raise database_down()
            yield

    def _has(self, capability: Capability) -> bool:
        return capability in self._description.capabilities

    def _demand(self, capability: Capability) -> None:
        if not self._has(capability):
            message = f"Accounts of this app lack the capability '{capability}'."
            raise capability_missing(capability, message)

    def _account(self, key: AccountKey) -> Account:
        account = self._store.accounts.get(key)
        if account is None:
            raise account_not_found()
        return account

    def _new_key(self, given: AccountKey | None) -> AccountKey:
        if not self._has(Capability.CHOOSE_KEY):
            if given is not None:
                self._demand(Capability.CHOOSE_KEY)
            return (str(next(self._store.numbers)),)
        if given is None:
            raise key_required()
        return given

    def _stored(self, account: Account) -> Account:
        etag = etag_of(account.profile, account.disabled, account.create_time, account.update_time)
        self._store.accounts[account.key] = replace(account, etag=etag)
        return filled(self._store.accounts[account.key], None)

    def _positions(self, query: Query, after: Position | None) -> list[Position]:
        """Returns where the accounts of `query` stand after a position, in order."""
        if query.predicate != EVERYTHING:
            self._demand(Capability.FILTER)
        if query.order:
            self._demand(Capability.ORDER)
        return positions_of(self._store.accounts.values(), query, after, self._key_order)

    def _key_order(self, key: AccountKey) -> tuple[object, ...]:
        return key if self._has(Capability.CHOOSE_KEY) else (int(key[0]),)

    def _check_unique(self, account: Account, login_ids: Sequence[LoginId]) -> None:
        others = [e.profile for k, e in self._store.accounts.items() if k != account.key]
        check_unique(account.profile, others, login_ids, self._unique)
