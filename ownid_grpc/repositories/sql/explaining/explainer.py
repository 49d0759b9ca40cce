"""Explains the calls of the port on a mapping and its database."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from ownid_grpc.domain.account import AccountDraft, AccountKey, LoginId
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.predicates import Query
from ownid_grpc.errors import FailedPrecondition, NotFound
from ownid_grpc.repositories.base import Change, Explained
from ownid_grpc.repositories.sql.bound import BoundMapping
from ownid_grpc.repositories.sql.changes import delete_one, insert_one, update_one
from ownid_grpc.repositories.sql.connections import Connections
from ownid_grpc.repositories.sql.explaining.connections import DryConnections
from ownid_grpc.repositories.sql.reading import Reading


@dataclass(frozen=True, slots=True)
class SqlExplainer:
    """One app's calls; each method returns the statements that its namesake of the port runs."""

    connections: Connections
    mapping: BoundMapping

    def get(self, call: Call, key: AccountKey) -> Sequence[Explained]:
        """Explains how an account is read."""
        dry = self._dry()
        with suppress(NotFound):
            Reading(dry, self.mapping, call).account(key, None)
        return dry.explained

    def find(self, call: Call, login_ids: Sequence[LoginId], value: str) -> Sequence[Explained]:
        """Explains how the account of a login id is found and read."""
        dry = self._dry()
        with suppress(NotFound, FailedPrecondition):
            Reading(dry, self.mapping, call).account_with(login_ids, value, None)
        return dry.explained

    def search(self, call: Call, query: Query, limit: int) -> Sequence[Explained]:
        """Explains how a page is found; not even the search is run."""
        dry = self._dry(runs_reads=False)
        Reading(dry, self.mapping, call).page(query, None, limit, None)
        return dry.explained

    def insert(
        self, call: Call, draft: AccountDraft, login_ids: Sequence[LoginId]
    ) -> Sequence[Explained]:
        """Explains how an account is made."""
        dry = self._dry()
        dry.read(call, lambda each: insert_one(each, self.mapping, call, draft, login_ids))
        return dry.explained

    def update(
        self, call: Call, key: AccountKey, change: Change, login_ids: Sequence[LoginId]
    ) -> Sequence[Explained]:
        """Explains how an account is changed."""
        dry = self._dry()
        dry.read(
            call,
            lambda each: update_one(each, self.mapping, call, key, change, login_ids=login_ids),
        )
        return dry.explained

    def delete(self, call: Call, key: AccountKey) -> Sequence[Explained]:
        """Explains how an account is deleted."""
        dry = self._dry()
        dry.read(call, lambda each: delete_one(each, self.mapping, call, key))
        return dry.explained

    def _dry(self, *, runs_reads: bool = True) -> DryConnections:
        return DryConnections(self.connections, self.mapping, runs_reads=runs_reads)
