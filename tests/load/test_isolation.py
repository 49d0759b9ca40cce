"""One customer's database stands still, and the customers beside it notice nothing."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from ownid.v1 import account_service_pb2

from tests.load.conftest import METADATA, SQLITE, code_of
from tests.support.people import SCHEMA, Place
from tests.support.servers import DatabaseServer, frozen
from tests.support.service import SERVING, Client, running_service, write_config

pytestmark = pytest.mark.postgresql

PROMPT_SECONDS = 2
MANY = 20

Ask = Callable[["Neighbours", str, float], object]


@dataclass(frozen=True)
class Neighbours:
    """A service of few threads with two apps: `shop` on a server of its own, `other` on none."""

    client: Client
    server: DatabaseServer

    def get(self, app: str, timeout: float = 20) -> Any:  # noqa: ANN401 - generated without types
        """Calls GetAccount."""
        request = account_service_pb2.GetAccountRequest(name=f"apps/{app}/accounts/1")
        return self.client.accounts.GetAccount(request, metadata=METADATA, timeout=timeout)

    def search(self, app: str, timeout: float = 20) -> object:
        """Calls SearchAccounts, and returns all answers."""
        request = account_service_pb2.SearchAccountsRequest(parent=f"apps/{app}")
        return [*self.client.accounts.SearchAccounts(request, metadata=METADATA, timeout=timeout)]


@pytest.fixture(scope="module")
def neighbours(
    places: Callable[[str], Place], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Neighbours]:
    """The service over a server that can be frozen, and a file."""
    folder: Path = tmp_path_factory.mktemp("neighbours")
    with ExitStack() as opened:
        slow = opened.enter_context(places("postgresql").people())
        quick = opened.enter_context(places(SQLITE).people())
        assert slow.server is not None
        slow.fill(1)
        quick.fill(1)
        apps = slow.mapping() + quick.mapping().replace("shop:", "other:")
        config = write_config(folder, apps, server="threads: 4")
        service = opened.enter_context(running_service(config))
        client = opened.enter_context(service.client())
        client.await_health(SERVING)
        client.set_schema(SCHEMA, "shop")
        client.set_schema(SCHEMA, "other")
        yield Neighbours(client, slow.server)


@pytest.mark.parametrize(
    "ask",
    [pytest.param(Neighbours.get, id="get"), pytest.param(Neighbours.search, id="search")],
)
def test_frozen_database_takes_no_thread_of_another_app(neighbours: Neighbours, ask: Ask) -> None:
    """However many calls wait for one app's database, those of another app go on at once."""
    neighbours.client.await_health(SERVING)
    ask(neighbours, "shop", 20)

    def code_of_ask(_: int) -> grpc.StatusCode:
        try:
            ask(neighbours, "shop", 20)
        except grpc.RpcError as error:
            return code_of(error)
        return grpc.StatusCode.OK

    with ThreadPoolExecutor(MANY) as callers:
        with frozen(neighbours.server):
            waiting = [callers.submit(code_of_ask, number) for number in range(MANY)]
            first, _ = wait(waiting, return_when=FIRST_COMPLETED)
            answers = [ask(neighbours, "other", PROMPT_SECONDS) for _ in range(MANY)]

        assert {each.result() for each in first} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
        assert all(answers)
