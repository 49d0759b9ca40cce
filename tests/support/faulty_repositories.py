"""Repositories that break a promise of the port each, for the suite to notice."""

from collections.abc import Sequence
from dataclasses import replace

from ownid_grpc.domain.account import Account, AccountKey, LoginId
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.paging import Position
from ownid_grpc.domain.predicates import Query
from ownid_grpc.repositories.base import Change, Fields, Page
from ownid_grpc.repositories.memory import MemoryAccountRepository


class LosesUpdates(MemoryAccountRepository):
    """Returns what it was asked to write, and writes nothing."""

    def update(
        self,
        call: Call,
        key: AccountKey,
        change: Change,
        *,
        login_ids: Sequence[LoginId] = (),  # noqa: ARG002 - the fault
    ) -> Account:
        """Returns the change."""
        return replace(change(self.get(call, key)), etag='"new"')


class PassesOverEtags(MemoryAccountRepository):
    """Deletes whatever has changed meanwhile."""

    def delete(self, call: Call, key: AccountKey, *, etag: str = "") -> None:
        """Deletes the account."""
        super().delete(call, key, etag=etag and "")


class CountsCase(MemoryAccountRepository):
    """Finds login ids only as they are written."""

    def find(
        self, call: Call, login_ids: Sequence[LoginId], value: str, fields: Fields = None
    ) -> Account:
        """Returns the account with the very same login id."""
        exact = [replace(each, is_exact=True) for each in login_ids]
        return super().find(call, exact, value, fields)


class StaysOpen(MemoryAccountRepository):
    """Answers however often it was closed."""

    def close(self) -> None:
        """Does nothing."""


class ForgetsOrders(MemoryAccountRepository):
    """Has every query in the order of keys."""

    def search(
        self, call: Call, query: Query, *, after: Position | None, limit: int, fields: Fields = None
    ) -> Page:
        """Returns accounts as they come."""
        return super().search(call, Query(query.predicate), after=after, limit=limit, fields=fields)


class IgnoresPositions(MemoryAccountRepository):
    """Begins each page at the beginning."""

    def search(
        self, call: Call, query: Query, *, after: Position | None, limit: int, fields: Fields = None
    ) -> Page:
        """Returns the first page."""
        return super().search(call, query, after=after and None, limit=limit, fields=fields)
