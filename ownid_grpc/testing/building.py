"""Accounts for tests that name only what matters."""

import dataclasses
from collections.abc import Iterable

from ownid_grpc.domain.account import (
    Account,
    AccountDraft,
    JsonValue,
    LoginId,
    Profile,
    PropertyPath,
    with_value,
)
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.filters import bind_filter
from ownid_grpc.domain.ordering import bind_order
from ownid_grpc.domain.predicates import Query
from ownid_grpc.repositories.base import AccountRepository, Change, Page
from ownid_grpc.testing.declared import DeclaredRepository
from ownid_grpc.testing.standard import FIELDS, LOGIN_IDS


def made(
    repository: DeclaredRepository,
    email: str = "ada@example.com",
    login_ids: tuple[LoginId, ...] = LOGIN_IDS,
    **others: JsonValue,
) -> Account:
    """Returns a new account."""
    profile: Profile = {"email": email, **others}
    return repository.planted(AccountDraft(profile), login_ids=login_ids)


def changing(path: str, value: JsonValue) -> Change:
    """Returns a change of one property; None takes its value away."""
    return lambda account: dataclasses.replace(
        account, profile=with_value(account.profile, property_at(path), value)
    )


def property_at(path: str) -> PropertyPath:
    """Returns the path of a property as people write it."""
    return tuple(path.split("."))


def query(text: str = "", order: str = "") -> Query:
    """Returns what a filter and an order mean over the standard account."""
    return Query(bind_filter(text, FIELDS), bind_order(order, FIELDS))


def everybody(repository: AccountRepository, wanted: Query) -> list[str]:
    """Returns the emails of all accounts of a query, in order."""
    return emails([repository.search(Call(), wanted, after=None, limit=1000)])


def emails(pages: Iterable[Page]) -> list[str]:
    """Returns the emails of all accounts of some pages, in order."""
    return [str(account.profile["email"]) for page in pages for account in page.accounts]
