"""One customer's database stands still, and the customers beside it notice nothing."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from ownid.v1 import account_service_pb2

from tests.load.conftest import METADATA, SQLITE, code_of
from tests.support.people import SCHEMA, People, Place
from tests.support.servers import DatabaseServer, frozen
from tests.support.service import SERVING, Client, running_service, write_config

pytestmark = pytest.mark.postgresql

PROMPT_SECONDS = 2
PATIENT_SECONDS = 30
LOCK_SECONDS = 1
THREADS = 4
THREADS_OF_APP = 3
MANY = 20

Ask = Callable[["Neighbours", str, float], object]


@dataclass(frozen=True)
class Neighbours:
    """A service of few threads with two apps: `shop` on a server of its own, `other` on none."""

    client: Client
    slow: People
    server: DatabaseServer

    def get(self, app: str, timeout: float = 20) -> Any:  # noqa: ANN401 - generated without types
        """Calls GetAccount."""
        request = account_service_pb2.GetAccountRequest(name=f"apps/{app}/accounts/1")
        return self.client.accounts.GetAccount(request, metadata=METADATA, timeout=timeout)

    def await_answer(self, app: str) -> None:
        """Returns once the app answers."""
        end = time.monotonic() + PATIENT_SECONDS
        while True:
            with suppress(grpc.RpcError):
                assert self.get(app)
                return
            assert time.monotonic() < end, f"{app} does not answer again"

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
        apps = slow.mapping(f"pool: {{wait_seconds: {LOCK_SECONDS}}}") + quick.mapping().replace(
            "shop:", "other:"
        )
        config = write_config(folder, apps, server=f"threads: {THREADS}")
        service = opened.enter_context(running_service(config))
        client = opened.enter_context(service.client())
        client.await_health(SERVING)
        client.set_schema(SCHEMA, "shop")
        client.set_schema(SCHEMA, "other")
        yield Neighbours(client, slow, slow.server)


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


def test_locked_table_is_not_waited_for_by_everybody(neighbours: Neighbours) -> None:
    """When a table has not answered for a while, most calls hear so at once, until it does."""
    neighbours.client.await_health(SERVING)

    def seconds_to_fail(_: int) -> float:
        started = time.monotonic()
        with pytest.raises(grpc.RpcError) as caught:
            neighbours.get("shop")
        assert code_of(caught.value) is grpc.StatusCode.UNAVAILABLE
        return time.monotonic() - started

    end = time.monotonic() + PATIENT_SECONDS
    with (
        ThreadPoolExecutor(THREADS_OF_APP) as callers,
        neighbours.slow.engine.begin() as holder,
    ):
        holder.exec_driver_sql("LOCK TABLE people")
        # Whoever waits for the lock does so for a second.
        while min(callers.map(seconds_to_fail, range(THREADS_OF_APP))) > LOCK_SECONDS:
            assert neighbours.get("other", PROMPT_SECONDS)
            assert time.monotonic() < end, "everybody waits for ever"

    neighbours.await_answer("shop")
