"""Imports over real gRPC, into apps whose accounts lie in memory."""

import queue
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ownid.v1 import account_service_pb2 as messages

from ownid_grpc.domain.source import SourceDescription
from ownid_grpc.repositories.memory import MemoryAccountRepository, MemoryStore
from tests.support.keys import bearer
from tests.support.shop import DESCRIPTION, KEYED, schema_of
from tests.support.whole import Whole, whole_service

_END = object()


def config(*, app: str = "shop", **words: bool) -> Any:  # noqa: ANN401 - generated without types
    """Returns the first message of an import."""
    return messages.ImportAccountsRequest(config={"parent": f"apps/{app}", **words})


def record(index: int, email: str | None, *, name: str = "", etag: str = "", **more: object) -> Any:  # noqa: ANN401 - likewise
    """Returns a message of one account."""
    profile = more if email is None else {"email": email, **more}
    account = {"profile": profile, "name": name, "etag": etag}
    return messages.ImportAccountsRequest(index=index, account=account)


class Conversation:
    """An import whose records are sent one after the other, as the test says."""

    def __init__(self, whole: Whole, first: Any) -> None:  # noqa: ANN401 - likewise
        self._sent: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._sent.put(first)
        self.results = whole.client.accounts.ImportAccounts(
            iter(self._sent.get, _END), metadata=bearer(), timeout=60
        )

    def send(self, request: Any) -> None:  # noqa: ANN401 - likewise
        """Sends one message."""
        self._sent.put(request)

    def close(self) -> None:
        """Sends no more."""
        self._sent.put(_END)


def imported(whole: Whole, *requests: Any) -> list[Any]:  # noqa: ANN401 - generated without types
    """Returns the results of an import."""
    call = whole.client.accounts.ImportAccounts(iter(requests), metadata=bearer(), timeout=60)
    return list(call)


def codes(results: Iterable[Any]) -> list[int]:
    """Returns the code of each result."""
    return [each.status.code for each in results]


class Stores:
    """What the apps of the service hold."""

    def __init__(self) -> None:
        self.shop = MemoryStore()
        self.keyed = MemoryStore()

    @property
    def emails(self) -> list[object]:
        """The emails of the shop's accounts, in the order of their keys."""
        return [each.profile["email"] for each in self.shop.accounts.values()]


@contextmanager
def import_service(folder: Path, stores: Stores) -> Iterator[Whole]:
    """Runs a service of a shop, one whose keys the caller chooses, and one with no schema."""
    repositories = {
        "shop": MemoryAccountRepository(DESCRIPTION, store=stores.shop),
        "keyed": MemoryAccountRepository(KEYED, store=stores.keyed),
        "bare": MemoryAccountRepository(SourceDescription((), frozenset())),
    }
    with whole_service(folder, repositories, "threads: 3, streams: 2") as running:
        for app in ("shop", "keyed"):
            running.client.set_schema(schema_of(), app)
        yield running
