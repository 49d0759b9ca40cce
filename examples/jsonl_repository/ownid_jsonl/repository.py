"""The port of `ownid_grpc.repositories.base` over a file that is small enough to be read whole."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from ownid_grpc.domain.account import Account, AccountDraft, AccountKey, LoginId, Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.paging import Position
from ownid_grpc.domain.predicates import Predicate, Query, matches
from ownid_grpc.domain.serving import Gap
from ownid_grpc.domain.source import Capability, MappingFault, SourceDescription
from ownid_grpc.repositories import refusals
from ownid_grpc.repositories.base import Change, Fields, Outcome, Page
from ownid_grpc.repositories.held_values import held_profile
from ownid_grpc.repositories.login_ids import holders, identified_one
from ownid_grpc.repositories.outcomes import one_by_one
from ownid_grpc.repositories.projection import filled
from ownid_grpc.repositories.searching import page_of, pages_of, positions_of
from ownid_grpc.repositories.uniqueness import check_unique, touched
from ownid_jsonl.file import AccountFile, Accounts, with_etag


class JsonlAccountRepository:
    """Accounts of one app, as `description` says they are; their keys are random."""

    def __init__(self, file: AccountFile, description: SourceDescription) -> None:
        self._file = file
        self._description = description
        self._is_closed = False

    def describe(self) -> SourceDescription:
        return self._description

    def verify(self) -> Sequence[MappingFault]:
        if self._file.path.is_file():
            return ()
        return (MappingFault(("file",), "there is no such file; make an empty one"),)

    def ping(self) -> None:
        self._opened(Call()).read()

    def get(self, call: Call, key: AccountKey, fields: Fields = None) -> Account:
        return filled(_existing(self._opened(call).read(), key), fields)

    def get_many(
        self, call: Call, keys: Sequence[AccountKey], fields: Fields = None
    ) -> list[Account]:
        accounts = self._opened(call).read()
        return [filled(accounts[key], fields) for key in dict.fromkeys(keys) if key in accounts]

    def find(
        self, call: Call, login_ids: Sequence[LoginId], value: str, fields: Fields = None
    ) -> Account:
        return filled(identified_one(self._opened(call).read().values(), login_ids, value), fields)

    def find_holders(
        self, call: Call, login_ids: Sequence[LoginId], profiles: Sequence[Profile]
    ) -> list[set[AccountKey]]:
        accounts = self._opened(call).read().values()
        return [holders(accounts, login_ids, profile) for profile in profiles]

    def search(
        self, call: Call, query: Query, *, after: Position | None, limit: int, fields: Fields = None
    ) -> Page:
        accounts = self._opened(call).read()
        return page_of(accounts, positions_of(accounts.values(), query, after), limit, fields)

    def scan(
        self, call: Call, query: Query, *, after: Position | None, size: int, fields: Fields = None
    ) -> Iterator[Page]:
        positions = positions_of(self._opened(call).read().values(), query, after)
        return pages_of(lambda keys: self.get_many(call, keys), positions, query, size, fields)

    def count(self, call: Call, predicate: Predicate) -> int:
        return sum(matches(predicate, account) for account in self._opened(call).read().values())

    def unserved(self, call: Call, query: Query) -> Sequence[Gap]:  # noqa: ARG002 - all is read
        self._opened(call)
        return ()

    def unserved_login_ids(
        self,
        call: Call,
        login_ids: Sequence[LoginId],  # noqa: ARG002 - likewise
    ) -> Sequence[Gap]:
        self._opened(call)
        return ()

    def insert(
        self, call: Call, draft: AccountDraft, *, login_ids: Sequence[LoginId] = ()
    ) -> Account:
        with self._opened(call).changing() as accounts:
            return self._insert(accounts, draft, login_ids)

    def insert_many(
        self, call: Call, drafts: Sequence[AccountDraft], *, login_ids: Sequence[LoginId] = ()
    ) -> list[Outcome]:
        with self._opened(call).changing() as accounts:
            return one_by_one(drafts, lambda draft: self._insert(accounts, draft, login_ids))

    def update(
        self, call: Call, key: AccountKey, change: Change, *, login_ids: Sequence[LoginId] = ()
    ) -> Account:
        with self._opened(call).changing() as accounts:
            before = _existing(accounts, key)
            desired = change(filled(before, None))
            profile = held_profile(self._description.properties, desired.profile, before.profile)
            if (profile, desired.disabled) == (before.profile, before.disabled):
                return filled(before, None)
            now = datetime.now(UTC)
            after = replace(before, profile=profile, disabled=desired.disabled, update_time=now)
            return self._put(accounts, after, touched(login_ids, before.profile, profile))

    def delete(self, call: Call, key: AccountKey, *, etag: str = "") -> None:
        with self._opened(call).changing() as accounts:
            account = _existing(accounts, key)
            if etag and etag != account.etag:
                raise refusals.etag_mismatch(account.etag)
            del accounts[key]

    def close(self) -> None:
        self._is_closed = True

    def _opened(self, call: Call) -> AccountFile:
        if self._is_closed:
            raise refusals.repository_closed()
        call.check()
        return self._file

    def _insert(
        self, accounts: Accounts, draft: AccountDraft, login_ids: Sequence[LoginId]
    ) -> Account:
        if draft.key is not None:
            message = "The keys of these accounts are random."
            raise refusals.capability_missing(Capability.CHOOSE_KEY, message)
        key, now = (str(uuid.uuid4()),), datetime.now(UTC)
        profile = held_profile(self._description.properties, draft.profile)
        account = Account(key, profile, "", bool(draft.disabled), now, now)
        return self._put(accounts, account, login_ids)

    def _put(self, accounts: Accounts, account: Account, login_ids: Sequence[LoginId]) -> Account:
        others = [each.profile for key, each in accounts.items() if key != account.key]
        unique = [[each.path] for each in self._description.properties if each.is_unique]
        check_unique(account.profile, others, login_ids, unique)
        accounts[account.key] = with_etag(account)
        return filled(accounts[account.key], None)


def _existing(accounts: Mapping[AccountKey, Account], key: AccountKey) -> Account:
    if key not in accounts:
        raise refusals.account_not_found()
    return accounts[key]
