"""Streams: they never keep other calls from their answers, and are given up with their callers."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from grpc_health.v1 import health_pb2
from ownid.v1 import account_service_pb2

from ownid_grpc.server.call import call_of
from tests.support.serving import (
    ACCOUNTS,
    Accounts,
    begin_get,
    check_health,
    config_of,
    error_info_in,
    get_account,
    search_accounts,
    send,
    serving,
    status_in,
)

CHUNK = account_service_pb2.SearchAccountsResponse(resume_token="t")


def endless(*_: object) -> Iterator[object]:
    """Answers a search without end, faster than anybody reads."""
    while True:
        yield CHUNK


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[grpc.Channel]:
    """A connection to a server of two threads, of which its one stream holds one."""
    config = config_of(tmp_path, "threads: 2, streams: 1")
    with serving(config, Accounts(on_search=endless)) as running, running.channel() as channel:
        stalled = search_accounts(channel, timeout=60)
        next(stalled)
        yield channel
        stalled.cancel()


def test_other_calls_get_through_beside_stalled_streams(busy: grpc.Channel) -> None:
    """With every slot held by a stream that nobody reads, calls and health are answered."""
    for _ in range(5):
        assert get_account(busy).name
        assert check_health(busy) == health_pb2.HealthCheckResponse.NOT_SERVING


def test_stream_too_many_is_sent_away_at_once(busy: grpc.Channel) -> None:
    """A stream for which there is no slot is refused, with the limit and when to try again."""
    with pytest.raises(grpc.RpcError) as caught:
        next(search_accounts(busy))

    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    info, retry = error_info_in(caught.value), RetryInfo()
    assert (info.metadata["limit"], info.metadata["maximum"]) == ("concurrent_searches", "1")
    assert any(detail.Unpack(retry) for detail in status_in(caught.value).details)
    assert retry.retry_delay.ToTimedelta() > timedelta(0)


def test_caller_without_a_credential_is_not_told_of_limits(busy: grpc.Channel) -> None:
    """Whoever may not search learns that, not how busy the service is."""
    with pytest.raises(grpc.RpcError) as caught:
        next(search_accounts(busy, metadata=()))

    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_cancelled_stream_gives_its_slot_back(tmp_path: Path) -> None:
    """A stream that its caller gives up is closed, and its slot is free again."""
    closed = threading.Semaphore(0)

    def until_closed(*_: object) -> Iterator[object]:
        try:
            yield from endless()
        finally:
            closed.release()

    config = config_of(tmp_path, "threads: 2, streams: 1")
    with (
        serving(config, Accounts(on_search=until_closed)) as running,
        running.channel() as channel,
    ):
        for _ in range(3):
            stream = search_accounts(channel)
            next(stream)
            stream.cancel()

            assert closed.acquire(timeout=20)


@pytest.mark.parametrize("timeout", [None, 0.5], ids=["cancelled", "out of time"])
def test_stream_that_nobody_waits_for_stops_its_work(tmp_path: Path, timeout: float | None) -> None:
    """A search whose caller leaves, or runs out of time, stops the work that is under way."""
    working, stopped = threading.Event(), threading.Event()

    def work(_: object, context: grpc.ServicerContext) -> Iterator[object]:
        yield CHUNK
        with call_of(context).on_cancel(stopped.set):
            working.set()
            assert stopped.wait(20)

    with (
        serving(config_of(tmp_path), Accounts(on_search=work)) as running,
        running.channel() as channel,
    ):
        stream = search_accounts(channel, timeout=timeout)
        next(stream)
        assert working.wait(20)
        if timeout is None:
            stream.cancel()

        assert stopped.wait(20)


def test_failed_stream_gives_its_slot_back(tmp_path: Path) -> None:
    """A stream that ends in an error leaves its slot free."""

    def fail(*_: object) -> Iterator[object]:
        yield CHUNK
        raise RuntimeError

    config = config_of(tmp_path, "threads: 2, streams: 1")
    with serving(config, Accounts(on_search=fail)) as running, running.channel() as channel:
        for _ in range(3):
            with pytest.raises(grpc.RpcError) as caught:
                list(search_accounts(channel))

            assert caught.value.code() is grpc.StatusCode.INTERNAL


@pytest.mark.parametrize("method", ["GetAccount", "SearchAccounts", "ImportAccounts"])
def test_caller_without_a_credential_holds_no_thread(tmp_path: Path, method: str) -> None:
    """Calls that send no credential, and never their request either, are done with at once."""
    never = threading.Event()

    def nothing() -> Iterator[bytes]:
        never.wait(60)
        yield b""

    config = config_of(tmp_path, "threads: 2, streams: 1")
    with ExitStack() as ending, serving(config) as running, running.channel() as channel:
        ending.callback(never.set)
        for _ in range(10):
            with pytest.raises(grpc.RpcError) as caught:
                next(send(channel, f"{ACCOUNTS}/{method}", nothing()))

            assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/grpc.health.v1.Health/Check", 20),
        ("/grpc.health.v1.Health/Watch", 20),
        ("/ownid.v1.SessionService/GetJwks", 4),
    ],
)
def test_request_that_never_comes_keeps_nobody_waiting(
    tmp_path: Path, path: str, count: int
) -> None:
    """Many calls that need no credential, and never send their request, hold up no other call."""
    never = threading.Event()

    def nothing() -> Iterator[bytes]:
        never.wait(60)
        yield b""

    config = config_of(tmp_path, "threads: 2, streams: 1")
    with (
        ExitStack() as ending,
        serving(config) as running,
        running.channel() as theirs,
        running.channel() as ours,
    ):
        ending.callback(never.set)
        half_open = [send(theirs, path, nothing()) for _ in range(count)]

        assert check_health(ours) == health_pb2.HealthCheckResponse.NOT_SERVING
        assert get_account(ours, timeout=5).name
        for each in half_open:
            with pytest.raises(grpc.RpcError) as caught:
                next(each)
            assert caught.value.code() is grpc.StatusCode.CANCELLED


def test_health_is_answered_while_every_thread_works(tmp_path: Path) -> None:
    """With all threads held by calls whose database hangs, health is still answered."""
    working, done = threading.Semaphore(0), threading.Event()

    def hang(request: account_service_pb2.GetAccountRequest, _: object) -> object:
        working.release()
        done.wait(60)
        return account_service_pb2.GetAccountRequest(name=request.name)

    config = config_of(tmp_path, "threads: 2")
    with serving(config, Accounts(hang)) as running, running.channel() as channel:
        hanging = [begin_get(channel) for _ in range(2)]
        for _ in hanging:
            assert working.acquire(timeout=20)

        assert check_health(channel) == health_pb2.HealthCheckResponse.NOT_SERVING

        done.set()
        for each in hanging:
            each.result(20)
