"""The port to the customer's database; every clause of a docstring has a conformance test."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

from ownid_grpc.domain.account import (
    Account,
    AccountDraft,
    AccountKey,
    FieldPath,
    LoginId,
    Profile,
)
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.paging import Position
from ownid_grpc.domain.predicates import Predicate, Query
from ownid_grpc.domain.serving import Gap
from ownid_grpc.domain.source import MappingFault, SourceDescription
from ownid_grpc.errors import OwnIdError

Fields: TypeAlias = frozenset[FieldPath] | None
"""The fields to fill, a path standing for all below it; None is all. The key always is."""

Change: TypeAlias = Callable[[Account], Account]
"""Returns the account as it should be, or raises to leave everything as it is.

It may run more than once. Only profile and disabled of what it returns count.
"""


Outcome: TypeAlias = AccountKey | OwnIdError
"""The key of an account that was made, or why it was not."""


@dataclass(frozen=True, slots=True)
class Page:
    """Accounts in order; `next` is where to go on, None at the end."""

    accounts: tuple[Account, ...]
    next: Position | None


@dataclass(frozen=True, slots=True)
class Explained:
    """A statement with parameters for values, and its plan; none for what touches no rows."""

    statement: str
    plan: str


class Explainer(Protocol):
    """Says what the calls of a repository would have its database do, and writes nothing.

    Each method raises what its namesake would raise before it has written.
    """

    def get(self, call: Call, key: AccountKey) -> Sequence[Explained]:
        """Returns the statements that read an account."""
        ...

    def find(self, call: Call, login_ids: Sequence[LoginId], value: str) -> Sequence[Explained]:
        """Returns the statements that look a login id up."""
        ...

    def search(self, call: Call, query: Query, limit: int) -> Sequence[Explained]:
        """Returns the statements that find the first page of a query."""
        ...

    def insert(
        self, call: Call, draft: AccountDraft, login_ids: Sequence[LoginId]
    ) -> Sequence[Explained]:
        """Returns the statements that make an account."""
        ...

    def update(
        self, call: Call, key: AccountKey, change: Change, login_ids: Sequence[LoginId]
    ) -> Sequence[Explained]:
        """Returns the statements that change an account."""
        ...

    def delete(self, call: Call, key: AccountKey) -> Sequence[Explained]:
        """Returns the statements that delete an account."""
        ...


@runtime_checkable
class Explainable(Protocol):
    """A repository that can explain itself, which not every one needs to."""

    def explainer(self, call: Call) -> Explainer:
        """Returns what explains its calls."""
        ...


@dataclass(frozen=True, slots=True)
class PoolUse:
    """How a pool of connections is just now: how many are used, and how many calls wait for one."""

    name: str
    size: int
    used: int
    waiting: int


@runtime_checkable
class Pooled(Protocol):
    """A repository that has pools of connections, which not every one needs to."""

    def pools(self) -> Sequence[PoolUse]:
        """Returns how its pools are just now; asks no database."""
        ...


class AccountRepository(Protocol):
    """Accounts in a database that was there first.

    Every method raises `Unavailable` while the database is down, `Cancelled`
    once its call is, and `Unimplemented` with `CAPABILITY_MISSING` for what
    `describe().capabilities` does not have. Nothing is half written.
    """

    def describe(self) -> SourceDescription:
        """Returns what accounts here can hold; raises `FailedPrecondition` for a faulty mapping."""
        ...

    def verify(self) -> Sequence[MappingFault]:
        """Returns every disagreement of mapping and live database, none when all is well."""
        ...

    def ping(self) -> None:
        """Returns when the database answers."""
        ...

    def get(self, call: Call, key: AccountKey, fields: Fields = None) -> Account:
        """Returns the account of `key`. If none is found, raises `NotFound`."""
        ...

    def get_many(
        self, call: Call, keys: Sequence[AccountKey], fields: Fields = None
    ) -> list[Account]:
        """Returns the accounts of `keys` that exist, each once, in no particular order."""
        ...

    def find(
        self, call: Call, login_ids: Sequence[LoginId], value: str, fields: Fields = None
    ) -> Account:
        """Returns the one account that `value` identifies by any of `login_ids`.

        Of several that differ in case, the one written exactly so. If none is
        found, raises `NotFound`; if it stays several, `FailedPrecondition`
        with `LOGIN_ID_AMBIGUOUS`.
        """
        ...

    def find_holders(
        self, call: Call, login_ids: Sequence[LoginId], profiles: Sequence[Profile]
    ) -> list[set[AccountKey]]:
        """Returns for each profile, in order, the accounts that have a login id of it.

        Login ids are compared as the database would hold them, without regard
        to case; of several accounts that differ in it, the one written just so.
        """
        ...

    def search(
        self, call: Call, query: Query, *, after: Position | None, limit: int, fields: Fields = None
    ) -> Page:
        """Returns the first `limit` accounts of `query` after a position.

        Order is total. A page is short only at the end. Following `next` meets
        every account that matches all along once, whatever is written meanwhile.
        """
        ...

    def scan(
        self, call: Call, query: Query, *, after: Position | None, size: int, fields: Fields = None
    ) -> Iterator[Page]:
        """Yields all of `query` in pages of about `size`, in time linear in the accounts.

        Between pages no transaction stays open and memory does not grow. Every
        page but the last has a `next`.
        """
        ...

    def count(self, call: Call, predicate: Predicate) -> int:
        """Returns how many accounts match."""
        ...

    def unserved(self, call: Call, query: Query) -> Sequence[Gap]:
        """Returns what of `query` no index serves, nothing where all is served.

        Of alternatives each that lacks one is there. Nothing is read but what
        the database knows of itself, and that now and then.
        """
        ...

    def unserved_login_ids(self, call: Call, login_ids: Sequence[LoginId]) -> Sequence[Gap]:
        """Returns those of `login_ids` that `find` has no index for."""
        ...

    def insert(
        self, call: Call, draft: AccountDraft, *, login_ids: Sequence[LoginId] = ()
    ) -> Account:
        """Makes an account and returns what the database then holds.

        Raises `AlreadyExists` when the key or a unique value is taken, a login
        id that differs only in case included; `InvalidArgument` for a value
        that the database cannot hold as it is.
        """
        ...

    def insert_many(
        self, call: Call, drafts: Sequence[AccountDraft], *, login_ids: Sequence[LoginId] = ()
    ) -> list[Outcome]:
        """Makes accounts, each as `insert` does, and returns in order what became of each.

        One that cannot be made fails alone; of two that clash, the first is
        made. What is returned is there to stay. Raises what concerns them all.
        """
        ...

    def update(
        self, call: Call, key: AccountKey, change: Change, *, login_ids: Sequence[LoginId] = ()
    ) -> Account:
        """Applies `change` to the account as it is and returns it as it then is.

        Reading, changing and writing are one transaction: of two that meet,
        the second sees what the first wrote. Only what changed is written;
        where nothing did, nothing is.
        """
        ...

    def delete(self, call: Call, key: AccountKey, *, etag: str = "") -> None:
        """Deletes the account; with an `etag` only if it is the current one, else `Aborted`."""
        ...

    def close(self) -> None:
        """Gives back all connections; every call afterwards raises `Unavailable`."""
        ...


OpenRepository: TypeAlias = Callable[[Mapping[object, object], Path], AccountRepository]
"""Opens the repository of one app; the entry points of `ownid_grpc.repositories` are such.

It is given the app's words of ownid.yaml but `type`, and the folder that
relative paths in them start from. Connects to nothing yet: the database may be
down. Raises pydantic's `ValidationError` for words that are wrong, whose
locations the operator is shown as lines of the file.
"""
