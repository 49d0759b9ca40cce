"""Holds the gateway to how it deals calls out to servers: well, draining, gone, busy."""

import threading
from collections.abc import Iterator
from functools import partial

import grpc
import pytest
from ownid.v1 import account_pb2
from ownid.v1.account_service_pb2 import SearchAccountsResponse

from ownid_grpc.errors import Reason, Unavailable
from tests.gateway.running import Answer, Rest, await_true
from tests.gateway.upstreams import ACCOUNT, SEARCH, Counting, Servers, healthy_count
from tests.support.service import SERVING, free_address
from tests.support.serving import get_account

pytestmark = pytest.mark.gateway


def gets_of(accounts: Counting, rest: Rest, count: int) -> int:
    """Returns how many of this many calls come to a server; all must be answered."""
    before = accounts.gets
    assert {rest.admin("GET", ACCOUNT).status for _ in range(count)} == {200}
    return accounts.gets - before


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
