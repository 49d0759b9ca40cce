"""Stopping: what is under way is finished, and who looks at the health has gone before."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2
from ownid.v1 import account_pb2, account_service_pb2

from tests.support.serving import (
    Accounts,
    Serving,
    begin_get,
    config_of,
    get_account,
    search_accounts,
    serving,
    watch_health,
)

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
CHUNK = account_service_pb2.SearchAccountsResponse(resume_token="t")


def test_calls_under_way_are_finished(tmp_path: Path) -> None:
    """A server that is stopped answers the calls that it has, a stream to its end included."""
    started, go_on = threading.Semaphore(0), threading.Event()

    def get(request: Any, _: object) -> object:  # noqa: ANN401 - generated without types
        started.release()
        assert go_on.wait(20)
        return account_pb2.Account(name=request.name)

    def search(*_: object) -> Iterator[object]:
        yield CHUNK
        started.release()
        assert go_on.wait(20)
        yield CHUNK
        yield account_service_pb2.SearchAccountsResponse()

    with (
        serving(config_of(tmp_path), Accounts(get, search)) as running,
        running.channel() as channel,
    ):
        stream = search_accounts(channel)
        answers: list[object] = []
        call = threading.Thread(target=lambda: answers.append(get_account(channel).name))
        call.start()
        next(stream)
        for _ in range(2):
            assert started.acquire(timeout=20)
        draining = threading.Thread(target=running.server.drain)
        draining.start()
        assert next(watch_health(channel)) == NOT_SERVING
        go_on.set()

        assert len(list(stream)) == 2
        call.join(20)
        assert answers == ["apps/shop/accounts/1"]
        draining.join(20)
        assert not draining.is_alive()


def test_idle_server_still_answers_who_has_not_heard(tmp_path: Path) -> None:
    """A server that had nothing to do answers those who come right after it was told to stop."""
    with serving(config_of(tmp_path)) as running, running.channel() as watching:
        health = watch_health(watching)
        assert next(health) == NOT_SERVING
        draining = threading.Thread(target=running.server.drain)
        draining.start()
        for _ in range(3):
            with running.channel() as channel:
                assert get_account(channel).name

        draining.join(20)
        assert not draining.is_alive()


def test_watchers_hear_of_the_end_and_do_not_hold_it_up(tmp_path: Path) -> None:
    """Who watches the health is told that it ends, and then let go."""
    with serving(config_of(tmp_path)) as running, running.channel() as channel:
        running.server.health.publish({"": SERVING})
        health = watch_health(channel)
        assert next(health) == SERVING

        running.server.drain()

        assert list(health) == [NOT_SERVING]


def balanced(*servers: Serving) -> grpc.Channel:
    """Returns a connection that goes to all servers which say that they are serving."""
    config = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "healthCheckConfig": {"serviceName": ""},
    }
    return grpc.insecure_channel(
        "ipv4:" + ",".join(server.address for server in servers),
        options=[
            ("grpc.service_config", json.dumps(config)),
            ("grpc.use_local_subchannel_pool", 1),
        ],
    )


def test_caller_that_looks_at_the_health_loses_no_call(tmp_path: Path) -> None:
    """Of many calls to two servers, one of which is stopped meanwhile, every one is answered."""
    with serving(config_of(tmp_path)) as first, serving(config_of(tmp_path)) as second:
        for each in (first, second):
            each.server.health.publish({"": SERVING})
        errors: list[grpc.RpcError] = []
        drained, counts = threading.Event(), [0, 0]

        def call_until_drained(place: int) -> None:
            with balanced(first, second) as channel:
                while not drained.is_set() or counts[place] < 50:
                    try:
                        get_account(channel, wait_for_ready=True)
                    except grpc.RpcError as error:
                        errors.append(error)
                        return
                    counts[place] += 1

        callers = [threading.Thread(target=call_until_drained, args=(place,)) for place in (0, 1)]
        for caller in callers:
            caller.start()
        first.server.drain()
        drained.set()
        for caller in callers:
            caller.join(30)

    assert errors == []
    assert min(counts) >= 50


def test_second_word_ends_a_drain_at_once(tmp_path: Path) -> None:
    """A drain that somebody has no time for cuts off what is under way."""
    started, done = threading.Event(), threading.Event()

    def hang(*_: object) -> object:
        started.set()
        done.wait(20)
        return account_pb2.Account()

    with serving(config_of(tmp_path), Accounts(hang)) as running, running.channel() as channel:
        future = begin_get(channel)
        assert started.wait(20)
        draining = threading.Thread(target=running.server.drain)
        draining.start()
        running.server.hurry()

        with pytest.raises(grpc.RpcError):
            future.result(20)
        done.set()
        draining.join(20)
        assert not draining.is_alive()


def test_time_for_draining_is_limited(tmp_path: Path) -> None:
    """A call that never ends does not keep the server from stopping in its time."""
    started, done = threading.Event(), threading.Event()

    def hang(*_: object) -> object:
        started.set()
        done.wait(20)
        return account_pb2.Account()

    config = config_of(tmp_path, drain_seconds=0.2)
    with serving(config, Accounts(hang)) as running, running.channel() as channel:
        future = begin_get(channel)
        assert started.wait(20)

        running.server.drain()

        with pytest.raises(grpc.RpcError):
            future.result(20)
        done.set()
