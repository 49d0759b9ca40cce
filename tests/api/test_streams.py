"""Streams: they never keep other calls from their answers, and are given up with their callers."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2
from ownid.v1 import account_service_pb2

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
    info = error_info_in(caught.value)
    assert dict(info.metadata) == {"limit": "concurrent_searches", "maximum": "1"}


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
