"""Stopping: what is under way is finished, and who looks at the health has gone before."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
    check_health,
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
        assert go_on.wait(60)
        return account_pb2.Account(name=request.name)

    def search(*_: object) -> Iterator[object]:
        yield CHUNK
        started.release()
        assert go_on.wait(60)
        yield CHUNK
        yield account_service_pb2.SearchAccountsResponse()

    config = config_of(tmp_path, drain_seconds=60)
    with serving(config, Accounts(get, search)) as running, running.channel() as channel:
        running.server.health.publish({"": SERVING})
        health = watch_health(channel)
        assert next(health) == SERVING
        stream = search_accounts(channel)
        answers: list[object] = []
        call = threading.Thread(target=lambda: answers.append(get_account(channel).name))
        call.start()
        next(stream)
        for _ in range(2):
            assert started.acquire(timeout=20)
        draining = threading.Thread(target=running.server.drain)
        draining.start()
        assert list(health) == [NOT_SERVING]
        await_refusal(running)
        go_on.set()

        assert len(list(stream)) == 2
        call.join(20)
        assert answers == ["apps/shop/accounts/1"]
        draining.join(20)
        assert not draining.is_alive()


def await_refusal(running: Serving) -> None:
    """Returns once a new connection gets no answer."""
    end = time.monotonic() + 20
    while is_answered(running):
        assert time.monotonic() < end, "new connections are still answered"
        time.sleep(0.05)


def is_answered(running: Serving) -> bool:
    """Returns whether a new connection gets an answer."""
    with running.channel() as channel:
        try:
            return check_health(channel) == NOT_SERVING
        except grpc.RpcError:
            return False


def test_idle_server_still_answers_who_has_not_heard(tmp_path: Path) -> None:
    """A server that had nothing to do answers those who come right after it was told to stop."""
    with serving(config_of(tmp_path)) as running, running.channel() as watching:
        running.server.health.publish({"": SERVING})
        health = watch_health(watching)
        assert next(health) == SERVING
        draining = threading.Thread(target=running.server.drain)
        draining.start()
        assert next(health) == NOT_SERVING
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


@contextmanager
def calling(*servers: Serving) -> Iterator[list[grpc.RpcError]]:
    """Has two callers call all servers that are serving within the block; gives their errors."""
    errors: list[grpc.RpcError] = []
    over = threading.Event()

    def call_until_over() -> None:
        with balanced(*servers) as channel:
            while not over.is_set():
                try:
                    get_account(channel, wait_for_ready=True)
                except grpc.RpcError as error:
                    errors.append(error)

    callers = [threading.Thread(target=call_until_over) for _ in range(2)]
    for caller in callers:
        caller.start()
    try:
        yield errors
    finally:
        over.set()
        for caller in callers:
            caller.join(30)


@dataclass
class Counting(Accounts):
    """Answers, and counts how often."""

    count: int = 0

    def __post_init__(self) -> None:
        self.on_get = self._counted

    def await_more(self, count: int) -> None:
        """Returns once that many more calls have come."""
        wanted, end = self.count + count, time.monotonic() + 20
        while self.count < wanted:
            assert time.monotonic() < end, f"calls end after {self.count}"
            time.sleep(0.01)

    def _counted(self, request: account_service_pb2.GetAccountRequest, _: object) -> object:
        self.count += 1
        return account_pb2.Account(name=request.name)


def test_caller_that_looks_at_the_health_loses_no_call(tmp_path: Path) -> None:
    """Of many calls to two servers, one of which is stopped meanwhile, every one is answered."""
    one, other = Counting(), Counting()
    with serving(config_of(tmp_path), one) as first, serving(config_of(tmp_path), other) as second:
        for each in (first, second):
            each.server.health.publish({"": SERVING})
        with calling(first, second) as errors:
            one.await_more(50)
            first.server.drain()
            other.await_more(100)

    assert errors == []


def test_second_word_ends_a_drain_at_once(tmp_path: Path) -> None:
    """A drain that somebody has no time for cuts off what is under way."""
    started, done = threading.Event(), threading.Event()

    def hang(*_: object) -> object:
        started.set()
        done.wait(60)
        return account_pb2.Account()

    config = config_of(tmp_path, drain_seconds=60)
    with serving(config, Accounts(hang)) as running, running.channel() as channel:
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
