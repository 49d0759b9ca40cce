"""A repository as the tests of the suite see it: what it declares to lack is not asked of it."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import pytest

from ownid_grpc.domain.account import (
    Account,
    AccountDraft,
    AccountKey,
    LoginId,
    Profile,
    dotted,
)
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.paging import Position
from ownid_grpc.domain.predicates import EVERYTHING, Predicate, Query
from ownid_grpc.domain.serving import Gap
from ownid_grpc.domain.source import Capability, MappingFault, SourceDescription
from ownid_grpc.repositories.base import AccountRepository, Change, Fields, Outcome, Page
from ownid_grpc.testing.backends import Backend
from ownid_grpc.testing.declaration import Declaration

_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class DeclaredRepository:
    """Hands everything on to a repository, and skips the test that asks for what is lacking.

    Where the caller chooses the keys of standard accounts, those that tests
    make are given one.
    """

    inner: AccountRepository
    backend: Backend

    @classmethod
    def one_more(cls, backend: Backend) -> Self:
        """Returns a repository over the same store; the test has to close it."""
        return cls(backend.open(), backend)

    @property
    def declared(self) -> Declaration:
        """What it declares."""
        return self.backend.declared

    def need(self, *capabilities: Capability) -> None:
        """Skips the test unless the repository has them all."""
        for each in capabilities:
            if each not in self.declared.capabilities:
                pytest.skip(f"it declares to lack the capability '{each}'")

    def need_place(self, profile: Profile) -> None:
        """Skips the test unless there is a place for every property of a profile."""
        missing = sorted(map(dotted, self.declared.missing_in(profile)))
        if missing:
            pytest.skip(f"it declares to have no place for {', '.join(missing)}")

    def need_limits(self) -> None:
        """Skips the test unless texts and numbers are limited."""
        if not self.declared.has_limits:
            pytest.skip("it declares to have no limits")

    def planted(self, draft: AccountDraft, *, login_ids: Sequence[LoginId] = ()) -> Account:
        """Makes an account that a test needs, by the store's own means where need be."""
        if Capability.INSERT not in self.declared.capabilities and self.backend.plant is not None:
            return self.inner.get(Call(), self.backend.plant(self._possible(draft)))
        return self.insert(Call(), draft, login_ids=login_ids)

    def describe(self) -> SourceDescription:
        """Returns what accounts can hold."""
        return self.inner.describe()

    def verify(self) -> Sequence[MappingFault]:
        """Returns the faults of the mapping."""
        return self.inner.verify()

    def ping(self) -> None:
        """Returns when the store answers."""
        self.inner.ping()

    def get(self, call: Call, key: AccountKey, fields: Fields = None) -> Account:
        """Returns the account of `key`."""
        return self.inner.get(call, key, fields)

    def get_many(
        self, call: Call, keys: Sequence[AccountKey], fields: Fields = None
    ) -> list[Account]:
        """Returns the accounts of `keys` that exist."""
        return self.inner.get_many(call, keys, fields)

    def find(
        self, call: Call, login_ids: Sequence[LoginId], value: str, fields: Fields = None
    ) -> Account:
        """Returns the one account that `value` identifies."""
        return self.inner.find(call, self._held(login_ids), value, fields)

    def find_holders(
        self, call: Call, login_ids: Sequence[LoginId], profiles: Sequence[Profile]
    ) -> list[set[AccountKey]]:
        """Returns for each profile the accounts that have a login id of it."""
        return self.inner.find_holders(call, self._held(login_ids), profiles)

    def search(
        self, call: Call, query: Query, *, after: Position | None, limit: int, fields: Fields = None
    ) -> Page:
        """Returns the first `limit` accounts after a position."""
        self._need_query(query)
        return self.inner.search(call, query, after=after, limit=limit, fields=fields)

    def scan(
        self, call: Call, query: Query, *, after: Position | None, size: int, fields: Fields = None
    ) -> Iterator[Page]:
        """Yields all of `query` in pages."""
        self._need_query(query)
        return self.inner.scan(call, query, after=after, size=size, fields=fields)

    def count(self, call: Call, predicate: Predicate) -> int:
        """Returns how many accounts match."""
        self.need(Capability.COUNT)
        self._need_query(Query(predicate))
        return self.inner.count(call, predicate)

    def unserved(self, call: Call, query: Query) -> Sequence[Gap]:
        """Returns what of a query no index serves."""
        self._need_query(query)
        return self.inner.unserved(call, query)

    def unserved_login_ids(self, call: Call, login_ids: Sequence[LoginId]) -> Sequence[Gap]:
        """Returns the login ids that no index serves."""
        return self.inner.unserved_login_ids(call, self._held(login_ids))

    def insert(
        self, call: Call, draft: AccountDraft, *, login_ids: Sequence[LoginId] = ()
    ) -> Account:
        """Makes an account."""
        self.need(Capability.INSERT)
        return self.inner.insert(call, self._possible(draft), login_ids=self._held(login_ids))

    def insert_many(
        self, call: Call, drafts: Sequence[AccountDraft], *, login_ids: Sequence[LoginId] = ()
    ) -> list[Outcome]:
        """Makes accounts, and returns what became of each."""
        self.need(Capability.INSERT)
        given = [self._possible(draft) for draft in drafts]
        return self.inner.insert_many(call, given, login_ids=self._held(login_ids))

    def update(
        self, call: Call, key: AccountKey, change: Change, *, login_ids: Sequence[LoginId] = ()
    ) -> Account:
        """Applies `change` to the account as it is."""
        self.need(Capability.UPDATE)

        def possible(account: Account) -> Account:
            desired = change(account)
            if desired.disabled != account.disabled:
                self.need(Capability.DISABLE)
            self.need_place(desired.profile)
            return desired

        return self.inner.update(call, key, possible, login_ids=self._held(login_ids))

    def delete(self, call: Call, key: AccountKey, *, etag: str = "") -> None:
        """Deletes the account."""
        self.need(Capability.DELETE)
        self.inner.delete(call, key, etag=etag)

    def close(self) -> None:
        """Gives back all connections."""
        self.inner.close()

    def _possible(self, draft: AccountDraft) -> AccountDraft:
        self.need_place(draft.profile)
        if draft.disabled is not None:
            self.need(Capability.DISABLE)
        if draft.key is None and Capability.CHOOSE_KEY in self.declared.capabilities:
            return replace(draft, key=(f"{next(_NUMBERS):08}",))
        return draft

    def _need_query(self, query: Query) -> None:
        if query.predicate != EVERYTHING:
            self.need(Capability.FILTER)
        if query.order:
            self.need(Capability.ORDER)
        if not self.declared.answers(query):
            pytest.skip("the query is about fields that it declares to have no place for")

    def _held(self, login_ids: Sequence[LoginId]) -> list[LoginId]:
        return [each for each in login_ids if each.path in self.declared.held]
