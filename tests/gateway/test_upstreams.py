"""Holds the gateway to how it deals calls out to servers: well, draining, gone, slow."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckResponse
from ownid.v1 import account_pb2
from ownid.v1.account_service_pb2 import SearchAccountsResponse

from ownid_grpc.errors import Reason, Unavailable
from ownid_grpc.gateway.process import Gateway
from tests.gateway.running import Answer, Rest, await_true, gateway_before
from tests.support.service import SERVING, free_address
from tests.support.serving import (
    Accounts,
    Serving,
    config_of,
    get_account,
    search_accounts,
    serving,
    watch_health,
)

pytestmark = pytest.mark.gateway

ACCOUNT = "/v1/apps/shop/accounts/1"
SEARCH = "/v1/apps/shop/accounts:search"


@dataclass
class Counting(Accounts):
    """Counts what is called, and may hold or refuse it."""

    gets: int = 0
    updates: int = 0
    go_on: threading.Event = field(default_factory=threading.Event)

    def answer(self, *_: object) -> object:
        """Answers at once."""
        self.gets += 1
        return account_pb2.Account(name="apps/shop/accounts/1")

    def refuse(self, *_: object) -> object:
        """Says that the database is away."""
        self.gets += 1
        raise Unavailable(Reason.DATABASE_UNAVAILABLE, "The database is away.")

    def hold(self, *_: object) -> object:
        """Answers when the test says so."""
        self.gets += 1
        self.go_on.wait(20)
        return account_pb2.Account(name="held")

    def hold_first(self, *_: object) -> object:
        """Answers the first call when the test says so, others at once."""
        return self.answer() if self.gets else self.hold()

    def UpdateAccount(self, *_: object) -> object:  # noqa: N802 - of the contract
        """Says that the database is away."""
        self.updates += 1
        raise Unavailable(Reason.DATABASE_UNAVAILABLE, "The database is away.")


@dataclass(frozen=True)
class Servers:
    """Servers of the test's own, by the folder of their files."""

    folder: Path
    opened: ExitStack

    def start(self, accounts: Accounts) -> Serving:
        """Starts one that says it is serving."""
        running = self.opened.enter_context(serving(config_of(self.folder), accounts))
        running.server.health.publish({"": SERVING})
        return running

    def gateway(self, *addresses: str, **words: object) -> Gateway:
        """Starts a gateway before servers."""
        return self.opened.enter_context(gateway_before(self.folder, addresses, **words))

    def rest(self, *addresses: str, **words: object) -> Rest:
        """Starts a gateway before servers, and returns its REST face."""
        return Rest(self.gateway(*addresses, **words).address)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """Starts servers, and ends them with the test."""
    with ExitStack() as opened:
        yield Servers(tmp_path, opened)


def gets_of(accounts: Counting, rest: Rest, count: int) -> int:
    """Returns how many of this many calls come to a server; all must be answered."""
    before = accounts.gets
    assert {rest.admin("GET", ACCOUNT).status for _ in range(count)} == {200}
    return accounts.gets - before


def healthy_count(gateway: Gateway) -> int:
    """Returns how many servers the gateway takes to be well."""
    path = "/stats?format=json&filter=^cluster.ownid.membership_healthy$"
    return int(json.loads(gateway.admin._ask("GET", path))["stats"][0]["value"])


def test_draining_server_gets_no_new_call(servers: Servers) -> None:
    """A server that says NOT_SERVING finishes what it has, and the other gets all that is new."""
    draining, well = Counting(), Counting()
    draining.on_get, well.on_get = draining.hold_first, well.answer
    one, two = servers.start(draining), servers.start(well)
    two.server.health.withdraw()
    gateway = servers.gateway(one.address, two.address, health_seconds=0.2)
    rest = Rest(gateway.address)
    await_true(lambda: healthy_count(gateway) == 1)
    held: list[Answer] = []
    caller = threading.Thread(target=lambda: held.append(rest.admin("GET", ACCOUNT)))
    caller.start()
    await_true(lambda: draining.gets == 1)
    two.server.health.publish({"": SERVING})
    await_true(lambda: healthy_count(gateway) == 2)
    one.server.health.withdraw()
    await_true(lambda: healthy_count(gateway) == 1)
    # Each thread of Envoy hears of it by itself, a moment later.
    await_true(lambda: gets_of(draining, rest, 10) == 0)
    late = gets_of(draining, rest, 50)
    draining.go_on.set()
    caller.join()

    assert late == 0
    assert held[0].body["name"] == "held"


def test_server_that_is_gone_loses_no_call(servers: Servers) -> None:
    """Calls that find a server gone are made at the other."""
    well = Counting()
    well.on_get = well.answer
    rest = servers.rest(free_address(), servers.start(well).address)

    assert {rest.admin("GET", ACCOUNT).status for _ in range(20)} == {200}
    assert {rest.admin("PATCH", ACCOUNT, {}).body["message"] for _ in range(5)} == {
        "The database is away."
    }


def test_only_reading_is_tried_again(servers: Servers) -> None:
    """A GET whose server says UNAVAILABLE is tried twice more; what changes something never is."""
    accounts = Counting()
    accounts.on_get = accounts.refuse
    rest = servers.rest(servers.start(accounts).address)

    read = rest.admin("GET", ACCOUNT)
    changed = rest.admin("PATCH", ACCOUNT, {})

    assert (read.status, read.reason) == (503, "DATABASE_UNAVAILABLE")
    assert (changed.status, changed.reason) == (503, "DATABASE_UNAVAILABLE")
    assert accounts.gets == 3
    assert accounts.updates == 1


def test_caller_has_no_say_in_retries(servers: Servers) -> None:
    """Headers that mean something to Envoy mean nothing from a caller."""
    accounts = Counting()
    rest = servers.rest(servers.start(accounts).address)
    sent = {
        "x_envoy_retry_on": "5xx,unavailable,retriable-status-codes",
        "x_envoy_retry_grpc_on": "unavailable",
        "x_envoy_max_retries": "5",
        "x_envoy_upstream_rq_timeout_ms": "1",
    }

    changed = rest.admin("PATCH", ACCOUNT, {}, **sent)

    assert (changed.status, changed.reason) == (503, "DATABASE_UNAVAILABLE")
    assert accounts.updates == 1


def test_search_that_breaks_is_known_to_be_cut(servers: Servers) -> None:
    """A search that fails in the middle ends without a line that has no resume token."""
    accounts = Counting()

    def search(*_: object) -> Iterator[object]:
        yield SearchAccountsResponse(resume_token="more")
        raise Unavailable(Reason.DATABASE_UNAVAILABLE, "The database is away.")

    accounts.on_search = search
    answer = servers.rest(servers.start(accounts).address).admin("POST", SEARCH, {})

    assert answer.status == 200
    assert answer.lines[0] == {"resume_token": "more"}
    assert all("resume_token" in line or "code" in line for line in answer.lines)


def test_unhealthy_servers_still_say_what_is_wrong(servers: Servers) -> None:
    """Where no server is well, calls get to one: it knows which app's database is away."""
    accounts = Counting()
    accounts.on_get = accounts.answer
    running = servers.start(accounts)
    rest = servers.rest(running.address, health_seconds=0.2)
    await_true(lambda: rest.call("GET", "/healthz").status == 200)
    running.server.health.withdraw()
    await_true(lambda: rest.call("GET", "/healthz").status == 503)

    assert rest.admin("GET", ACCOUNT).status == 200


def test_nobody_behind_is_unavailable(servers: Servers) -> None:
    """Without a server, REST and gRPC both say UNAVAILABLE and when to try again, and no more."""
    rest = servers.rest(free_address())
    answer = rest.admin("GET", ACCOUNT)
    with grpc.insecure_channel(rest.address) as channel, pytest.raises(grpc.RpcError) as refused:
        get_account(channel)

    assert (answer.status, answer.body["code"]) == (503, 14)
    assert answer.body["details"][0]["retry_delay"] == "1s"
    assert "127.0.0.1" not in str(answer)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    assert "connect" not in str(refused.value.details())


def test_call_that_takes_too_long_is_ended(servers: Servers) -> None:
    """A call over its time ends with DEADLINE_EXCEEDED, over REST and gRPC; its server hears so."""
    accounts = Counting()
    ended = threading.Event()

    def hold(_: object, context: grpc.ServicerContext) -> object:
        context.add_callback(ended.set)
        accounts.go_on.wait(20)
        return account_pb2.Account()

    accounts.on_get = hold
    rest = servers.rest(servers.start(accounts).address, timeout_seconds=0.5)
    answer = rest.admin("GET", ACCOUNT)
    is_told = ended.wait(10)
    with grpc.insecure_channel(rest.address) as channel, pytest.raises(grpc.RpcError) as late:
        get_account(channel)
    accounts.go_on.set()

    assert (answer.status, answer.body["code"]) == (504, 4)
    assert is_told
    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_stream_may_take_longer(servers: Servers) -> None:
    """A search goes on past the time of a call."""
    accounts = Counting()

    def search(*_: object) -> Iterator[object]:
        yield SearchAccountsResponse(resume_token="more")
        time.sleep(1)  # what is to be outlasted
        yield SearchAccountsResponse()

    accounts.on_search = search
    rest = servers.rest(servers.start(accounts).address, timeout_seconds=0.3)
    answer = rest.admin("POST", SEARCH, {})
    with grpc.insecure_channel(rest.address) as channel:
        count = len(list(search_accounts(channel)))

    assert answer.lines == [{"resume_token": "more"}, {}]
    assert count == 2


def test_health_is_watched_for_longer(servers: Servers) -> None:
    """Who watches the health through the gateway hears of it past the time of a call."""
    running = servers.start(Counting())
    rest = servers.rest(running.address, timeout_seconds=0.3)
    with grpc.insecure_channel(rest.address) as channel:
        heard = watch_health(channel)
        first = next(heard)
        time.sleep(1)  # what is to be outlasted
        running.server.health.withdraw()
        second = next(heard)

    assert (first, second) == (HealthCheckResponse.SERVING, HealthCheckResponse.NOT_SERVING)


def test_stream_on_which_nothing_moves_is_ended(servers: Servers) -> None:
    """A stream that says nothing for `idle_seconds` is ended, and known to be cut."""
    accounts = Counting()

    def search(*_: object) -> Iterator[object]:
        yield SearchAccountsResponse(resume_token="more")
        accounts.go_on.wait(20)

    accounts.on_search = search
    rest = servers.rest(servers.start(accounts).address, idle_seconds=1)
    started = time.monotonic()
    with grpc.insecure_channel(rest.address) as channel:
        stream = search_accounts(channel)
        first = next(stream)
        with pytest.raises(grpc.RpcError):
            next(stream)
    took = time.monotonic() - started
    accounts.go_on.set()

    assert first.resume_token == "more"
    assert took < 10


def test_calls_beyond_the_limit_are_refused(servers: Servers) -> None:
    """More calls at once than `max_calls` are refused at once, not queued for ever."""
    accounts = Counting()
    accounts.on_get = accounts.hold
    rest = servers.rest(servers.start(accounts).address, max_calls=1)
    caller = threading.Thread(target=partial(rest.admin, "GET", ACCOUNT))
    caller.start()
    await_true(lambda: accounts.gets == 1)
    answer = rest.admin("GET", ACCOUNT)
    accounts.go_on.set()
    caller.join()

    assert (answer.status, answer.body["code"]) == (503, 14)


def test_large_answer_passes(servers: Servers) -> None:
    """An account of several mebibytes comes through whole, as JSON and as gRPC."""
    accounts = Counting()
    account = account_pb2.Account(name="large")
    account.profile["note"] = "x" * (6 * 1024**2)
    accounts.on_get = lambda *_: account
    rest = servers.rest(servers.start(accounts).address)
    options = [("grpc.max_receive_message_length", -1)]
    answer = rest.admin("GET", ACCOUNT)
    with grpc.insecure_channel(rest.address, options=options) as channel:
        found = get_account(channel)

    assert answer.body["profile"]["note"] == account.profile["note"]
    assert found == account
