"""All of very many accounts: once each, in order, in little memory, and nothing left behind."""

import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import grpc
import pytest

from tests.load.conftest import KINDS, METADATA, SERVERS, Load, Loaded, code_of
from tests.support.people import People
from tests.support.service import running_service
from tests.support.serving import error_info_in

MANY = 20_000
MILLION = 1_000_000
MEBIBYTE = 1 << 20

ORDERS = ["", "name", "name desc", "team", "nickname", "nickname desc", "team desc, name"]


def keys_in(stream: Any) -> list[int]:  # noqa: ANN401 - generated without types
    """Returns the keys of all accounts of a stream, in its order."""
    return [
        int(account.name.rpartition("/")[2]) for answer in stream for account in answer.accounts
    ]


def expected_keys(people: People, order_by: str) -> list[int]:
    """Returns the keys as the contract orders them: absent first, by code point, ties by key."""
    rows = people.rows("SELECT id, name, team, nickname FROM people ORDER BY id")
    names = ("id", "name", "team", "nickname")
    ordered = [dict(zip(names, row, strict=True)) for row in rows]
    for term in reversed([term.split() for term in order_by.split(", ") if term]):
        ordered.sort(key=partial(place_in, field=term[0]), reverse=len(term) > 1)
    return [int(str(row["id"])) for row in ordered]


def place_in(row: Mapping[str, object], field: str) -> tuple[bool, str]:
    """Returns what a row is ordered by."""
    return row[field] is not None, str(row[field])


@pytest.mark.parametrize("kind", KINDS)
def test_every_account_comes_once_in_whatever_order(load: Load, kind: str) -> None:
    """A search in any order gives all accounts, each once, as the contract orders them."""
    loaded = load(kind, MANY)

    for order_by in ORDERS:
        assert keys_in(loaded.search(order_by=order_by)) == expected_keys(loaded.people, order_by)


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.timeout(300)
def test_million_accounts_take_little_memory(load: Load) -> None:
    """A million accounts, by key and by a text without index, take less than 50 MiB."""
    loaded = load("postgresql", MILLION)
    loaded.get(1)
    idle = loaded.service.memory()

    for order_by in ("", "name"):
        keys = keys_in(loaded.search(order_by=order_by, read_mask={"paths": ["profile.email"]}))
        assert len(keys) == len(set(keys)) == MILLION

    assert loaded.service.memory("VmHWM") - idle < 50 * MEBIBYTE


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_time_is_linear_in_the_accounts(load: Load, kind: str) -> None:
    """Five times as many accounts, in an order without index, take about five times as long."""
    loaded = load(kind, MANY)
    few = seconds_of(loaded)
    loaded.people.execute("DELETE FROM people")
    loaded.people.fill(5 * MANY)

    assert seconds_of(loaded) < 12 * few


def seconds_of(loaded: Loaded) -> float:
    """Returns how long a search by name takes."""
    started = time.monotonic()
    assert len(keys_in(loaded.search(order_by="name desc"))) >= MANY
    return time.monotonic() - started


@pytest.mark.parametrize("order_by", ["", "nickname desc, team"], ids=["key", "order"])
@pytest.mark.parametrize("kind", KINDS)
def test_killed_stream_goes_on_by_its_token(load: Load, kind: str, order_by: str) -> None:
    """A token gives exactly the rest of a stream, of a service started anew as well."""
    loaded = load(kind, 5_000)
    stream = loaded.search(order_by=order_by, chunk_size=300)
    first = [next(stream) for _ in range(4)]
    stream.cancel()
    given = keys_in(first)
    resuming = {"order_by": order_by, "chunk_size": 300, "resume_token": first[-1].resume_token}

    rest = keys_in(loaded.search(**resuming))
    loaded.service.process.kill()
    loaded.service.wait()
    with running_service(loaded.config) as service, service.client() as client:
        again = Loaded(loaded.people, service, client, loaded.config)
        rest_again = keys_in(again.search(**resuming))

    assert given + rest == expected_keys(loaded.people, order_by)
    assert rest_again == rest


@pytest.mark.parametrize("kind", SERVERS)
def test_abandoned_search_leaves_nothing_running(load: Load, kind: str) -> None:
    """Once its caller has left or its time is up, the database works for a search no more."""
    loaded = load(kind, 200_000)

    for end in (cancelled, out_of_time, cancelled_while_sorting):
        end(loaded)
        await_idle(loaded.people)
        assert loaded.get(1)


def cancelled(loaded: Loaded) -> None:
    """Leaves a stream in its middle."""
    stream = loaded.search()
    next(stream)
    stream.cancel()


def cancelled_while_sorting(loaded: Loaded) -> None:
    """Leaves a stream while the database sorts for it."""
    stream = loaded.search(order_by="name desc, team")
    next(stream)
    stream.cancel()


def out_of_time(loaded: Loaded) -> None:
    """Has the deadline of a stream pass in its middle."""
    stream = loaded.search(order_by="name", timeout=0.3)
    with pytest.raises(grpc.RpcError) as caught:
        keys_in(stream)
    assert code_of(caught.value) is grpc.StatusCode.DEADLINE_EXCEEDED


CLIENT = """
import sys, grpc
from ownid.v1 import account_service_pb2, account_service_pb2_grpc
channel = grpc.insecure_channel(sys.argv[1])
stub = account_service_pb2_grpc.AccountServiceStub(channel)
request = account_service_pb2.SearchAccountsRequest(parent="apps/shop", order_by=sys.argv[3])
next(stub.SearchAccounts(request, metadata=(("authorization", sys.argv[2]),)))
print("began", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("order_by", ["", "name"], ids=["key", "order"])
@pytest.mark.parametrize("kind", SERVERS)
def test_stalled_client_holds_nothing_and_may_be_killed(
    load: Load, kind: str, order_by: str
) -> None:
    """A client that stops reading has nothing open in the database, nor holds up other calls."""
    loaded = load(kind, 100_000)
    command = [sys.executable, "-c", CLIENT, loaded.service.address, METADATA[0][1], order_by]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"began\n"

        await_idle(loaded.people)
        assert loaded.get(1, timeout=2)
        client.kill()

    await_idle(loaded.people)
    assert loaded.get(1, timeout=2)


def await_idle(people: People) -> None:
    """Returns once the database runs nothing for the service, and holds nothing open."""
    end = time.monotonic() + 10
    idle = 0
    while idle < 5:
        running = people.running()
        idle = 0 if running else idle + 1
        assert time.monotonic() < end, f"still running: {running}"
        time.sleep(0.05)


@pytest.mark.postgresql
def test_sort_without_room_is_refused(load: Load) -> None:
    """Where temporary files find no room, an ordered search says so, and others go on."""
    loaded = load("postgresql", 100_000)
    limit = (MEBIBYTE, MEBIBYTE)
    resource.prlimit(loaded.service.process.pid, resource.RLIMIT_FSIZE, limit)

    with pytest.raises(grpc.RpcError) as caught:
        keys_in(loaded.search(order_by="name", chunk_size=5))

    assert code_of(caught.value) is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert error_info_in(caught.value).metadata["limit"] == "sort_space"
    assert len(keys_in(loaded.search())) == 100_000
