"""The same calls on a database and on the reference in memory, whose answers must agree."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ownid_grpc.domain.account import (
    PROFILE,
    Account,
    AccountDraft,
    AccountKey,
    JsonValue,
    LoginId,
    Profile,
    with_value,
)
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.predicates import Predicate, Query
from ownid_grpc.domain.schema.numbers import is_same
from ownid_grpc.domain.source import Capability, Kind, PropertyDescription, SourceDescription
from ownid_grpc.repositories.base import AccountRepository, Fields
from ownid_grpc.repositories.memory import MemoryAccountRepository
from tests.sql.shapes.shape import Shape

Values = Mapping[str, JsonValue]
"""Properties by dotted name."""

_LOGIN = (LoginId(("login",)),)

_ALL = 1000


def path_of(name: str) -> tuple[str, ...]:
    """Returns the path of a property by its dotted name."""
    return tuple(name.split("."))


@dataclass(frozen=True, slots=True)
class Twins:
    """A repository and its reference, which is given the keys that the repository makes."""

    shape: Shape
    real: AccountRepository
    reference: AccountRepository

    @classmethod
    def of(cls, shape: Shape, real: AccountRepository) -> "Twins":
        """Returns the repository and an account for each that it has, in memory."""
        twins = cls(shape, real, MemoryAccountRepository(_described(shape, real.describe())))
        for account in real.search(Call(), Query(), after=None, limit=_ALL).accounts:
            twins.reference.insert(Call(), AccountDraft(account.profile, key=account.key))
        return twins

    def make(self, login: str, values: Values, *, number: int, in_batch: bool) -> AccountKey:
        """Makes an account in both and returns its key."""
        chosen = tuple(part.format(number=number) for part in self.shape.key) or None
        draft = AccountDraft(_changed({"login": login}, values), key=chosen)
        if in_batch:
            (key,) = self.real.insert_many(Call(), [draft], login_ids=_LOGIN)
            assert isinstance(key, tuple), key
        else:
            key = self.real.insert(Call(), draft, login_ids=_LOGIN).key
        self.reference.insert(Call(), dataclasses.replace(draft, key=key))
        return key

    def change(self, key: AccountKey, values: Values) -> None:
        """Changes the account in both; what the update itself returns must agree too."""

        def changed(account: Account) -> Account:
            return dataclasses.replace(account, profile=_changed(account.profile, values))

        shown = self.real.update(Call(), key, changed, login_ids=_LOGIN)
        wanted = self.reference.update(Call(), key, changed)
        self._assert_same(shown.profile, wanted.profile)
        assert shown == self.real.get(Call(), key)

    def delete(self, key: AccountKey) -> None:
        """Deletes the account in both."""
        self.real.delete(Call(), key)
        self.reference.delete(Call(), key)

    def assert_same_account(self, key: AccountKey, fields: Fields = None) -> None:
        """Fails unless both show the same of an account."""
        shown = self.real.get(Call(), key, fields)
        self._assert_same(shown.profile, self.reference.get(Call(), key, fields).profile)

    def assert_same_answer(self, predicate: Predicate) -> None:
        """Fails unless both find the same accounts."""
        query = Query(predicate)
        pages = [
            each.search(Call(), query, after=None, limit=_ALL)
            for each in (self.real, self.reference)
        ]
        shown, wanted = ({each.key for each in page.accounts} for page in pages)
        assert shown == wanted, predicate

    def assert_same_everywhere(self) -> None:
        """Fails unless both have the same accounts."""
        for account in self.real.search(Call(), Query(), after=None, limit=_ALL).accounts:
            self._assert_same(account.profile, self.reference.get(Call(), account.key).profile)

    def _assert_same(self, shown: Profile, wanted: Profile) -> None:
        found, expected = (_in_order(each, self.shape.bags) for each in (shown, wanted))
        assert is_same(found, expected), (found, expected)


def _described(shape: Shape, source: SourceDescription) -> SourceDescription:
    """Returns what the reference holds: of a rest, what the shape has in it."""
    known = {each.path for each in source.properties}
    rest = [
        PropertyDescription(path_of(name), Kind.ANY)
        for name in shape.fields
        if path_of(name) not in known
    ]
    return dataclasses.replace(
        source,
        properties=(*source.properties, *rest),
        capabilities=source.capabilities | {Capability.CHOOSE_KEY},
    )


def _changed(profile: Profile, values: Values) -> Profile:
    for name, value in values.items():
        profile = with_value(profile, path_of(name), value)
    return profile


def _in_order(profile: Profile, bags: Iterable[str]) -> Profile:
    """Returns the profile with those arrays sorted that have no order of their own."""
    return {
        name: sorted(value, key=repr) if name in bags and isinstance(value, list) else value
        for name, value in profile.items()
    }


def field_path(name: str) -> tuple[str, ...]:
    """Returns a property as a filter and a mask name it."""
    return (PROFILE, *path_of(name))
