"""A repository that is timed from outside, whatever database it is of."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from types import TracebackType

from ownid_grpc.domain.account import Account, AccountDraft, AccountKey, LoginId, Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.paging import Position
from ownid_grpc.domain.predicates import Predicate, Query
from ownid_grpc.domain.serving import Gap
from ownid_grpc.domain.source import MappingFault, SourceDescription
from ownid_grpc.errors import OwnIdError
from ownid_grpc.repositories.base import AccountRepository, Change, Fields, Outcome, Page
from ownid_grpc.telemetry.meters import Meter


@dataclass(frozen=True, slots=True)
class ObservedRepository:
    """Does what `inner` does, and has `meter` and the traces of calls know how long that took."""

    app: str
    inner: AccountRepository
    meter: Meter

    def describe(self) -> SourceDescription:
        """Returns what accounts here can hold."""
        return self.inner.describe()

    def verify(self) -> Sequence[MappingFault]:
        """Returns every disagreement of mapping and live database."""
        return self.inner.verify()

    def ping(self) -> None:
        """Returns when the database answers."""
        self.inner.ping()

    def get(self, call: Call, key: AccountKey, fields: Fields = None) -> Account:
        """Returns the account of `key`."""
        with self._timed(call, "get"):
            return self.inner.get(call, key, fields)

    def get_many(
        self, call: Call, keys: Sequence[AccountKey], fields: Fields = None
    ) -> list[Account]:
        """Returns the accounts of `keys` that exist."""
        with self._timed(call, "get_many"):
            return self.inner.get_many(call, keys, fields)

    def find(
        self, call: Call, login_ids: Sequence[LoginId], value: str, fields: Fields = None
    ) -> Account:
        """Returns the one account that `value` identifies."""
        with self._timed(call, "find"):
            return self.inner.find(call, login_ids, value, fields)

    def find_holders(
        self, call: Call, login_ids: Sequence[LoginId], profiles: Sequence[Profile]
    ) -> list[set[AccountKey]]:
        """Returns for each profile the accounts that have a login id of it."""
        with self._timed(call, "find_holders"):
            return self.inner.find_holders(call, login_ids, profiles)

    def search(
        self, call: Call, query: Query, *, after: Position | None, limit: int, fields: Fields = None
    ) -> Page:
        """Returns the first `limit` accounts of `query` after a position."""
        with self._timed(call, "search"):
            return self.inner.search(call, query, after=after, limit=limit, fields=fields)

    def scan(
        self, call: Call, query: Query, *, after: Position | None, size: int, fields: Fields = None
    ) -> Iterator[Page]:
        """Yields all of `query`; each page is timed, and not what its reader does with it."""
        pages = self.inner.scan(call, query, after=after, size=size, fields=fields)
        try:
            while True:
                with self._timed(call, "scan"):
                    page = next(pages, None)
                if page is None:
                    return
                yield page
        finally:
            with suppress(AttributeError):  # only generators have something to close
                pages.close()  # type: ignore[attr-defined]  # as above

    def count(self, call: Call, predicate: Predicate) -> int:
        """Returns how many accounts match."""
        with self._timed(call, "count"):
            return self.inner.count(call, predicate)

    def unserved(self, call: Call, query: Query) -> Sequence[Gap]:
        """Returns what of `query` no index serves."""
        return self.inner.unserved(call, query)

    def unserved_login_ids(self, call: Call, login_ids: Sequence[LoginId]) -> Sequence[Gap]:
        """Returns those of `login_ids` that `find` has no index for."""
        return self.inner.unserved_login_ids(call, login_ids)

    def insert(
        self, call: Call, draft: AccountDraft, *, login_ids: Sequence[LoginId] = ()
    ) -> Account:
        """Makes an account."""
        with self._timed(call, "insert"):
            return self.inner.insert(call, draft, login_ids=login_ids)

    def insert_many(
        self, call: Call, drafts: Sequence[AccountDraft], *, login_ids: Sequence[LoginId] = ()
    ) -> list[Outcome]:
        """Makes accounts."""
        with self._timed(call, "insert_many"):
            return self.inner.insert_many(call, drafts, login_ids=login_ids)

    def update(
        self, call: Call, key: AccountKey, change: Change, *, login_ids: Sequence[LoginId] = ()
    ) -> Account:
        """Applies `change` to the account."""
        with self._timed(call, "update"):
            return self.inner.update(call, key, change, login_ids=login_ids)

    def delete(self, call: Call, key: AccountKey, *, etag: str = "") -> None:
        """Deletes the account."""
        with self._timed(call, "delete"):
            self.inner.delete(call, key, etag=etag)

    def close(self) -> None:
        """Gives back all connections."""
        self.inner.close()

    def _timed(self, call: Call, operation: str) -> "_Timed":
        step = call.step(operation, {"db.operation.name": operation, "ownid.app": self.app})
        return _Timed(self.meter, self.app, operation, step)


class _Timed:
    """Times its block; written out, since a generator of contextlib's takes four times as long."""

    __slots__ = ("_app", "_began", "_meter", "_operation", "_step")

    def __init__(
        self, meter: Meter, app: str, operation: str, step: AbstractContextManager[None]
    ) -> None:
        self._meter = meter
        self._app = app
        self._operation = operation
        self._step = step

    def __enter__(self) -> None:
        self._step.__enter__()
        self._began = time.perf_counter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._step.__exit__(kind, error, trace)
        seconds = time.perf_counter() - self._began
        reason = "" if error is None else _reason_of(error)
        self._meter.operation_ended(self._app, self._operation, reason, seconds)


def _reason_of(error: BaseException) -> str:
    return error.reason if isinstance(error, OwnIdError) else type(error).__name__
