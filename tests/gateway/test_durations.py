"""Holds the gateway to how long calls and streams may take."""

import threading
import time
from collections.abc import Iterator

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckResponse
from ownid.v1 import account_pb2
from ownid.v1.account_service_pb2 import SearchAccountsResponse

from tests.gateway.upstreams import ACCOUNT, SEARCH, Counting, Servers
from tests.support.serving import get_account, search_accounts, watch_health

pytestmark = pytest.mark.gateway


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
