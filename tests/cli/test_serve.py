"""Holds `ownid-grpc serve` to how a process that serves starts and stops."""

import json
import signal
import socket
import threading
import time

import grpc
import pytest

from tests.cli.served import (
    SIGNALS,
    Configure,
    await_answers,
    get,
    served,
    stalled_search,
)
from tests.support.service import NOT_SERVING, SERVING, running_service


def balanced(addresses: list[str]) -> grpc.Channel:
    """Returns a connection to all servers that say that they are serving."""
    config = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "healthCheckConfig": {"serviceName": ""},
    }
    options = [
        ("grpc.service_config", json.dumps(config)),
        ("grpc.use_local_subchannel_pool", 1),
    ]
    return grpc.insecure_channel("ipv4:" + ",".join(addresses), options=options)


@pytest.mark.parametrize("number", SIGNALS)
def test_stopping_in_traffic_loses_no_call(configure: Configure, number: signal.Signals) -> None:
    """A client that looks at the health loses no call when one of two services is stopped."""
    config = configure("")
    failed: list[grpc.RpcError] = []
    done = threading.Event()

    def call_on(channel: grpc.Channel) -> None:
        while not done.is_set():
            try:
                get(channel, wait_for_ready=True)
            except grpc.RpcError as error:
                failed.append(error)

    with (
        running_service(config, log="one.log") as one,
        running_service(config, log="two.log") as two,
        balanced([one.address, two.address]) as channel,
    ):
        for each in (one, two):
            await_answers(each, 1)
        callers = [threading.Thread(target=call_on, args=(channel,)) for _ in range(4)]
        for caller in callers:
            caller.start()
        one.process.send_signal(number)
        code = one.wait()
        done.set()
        for caller in callers:
            caller.join(30)

    assert code == 0
    assert failed == []
    assert one.events("stopped")


def test_search_that_is_too_long_is_ended_in_time(configure: Configure) -> None:
    """A search that nobody reads to its end holds a stop up no longer than `drain_seconds`."""
    config = configure("drain_seconds: 1")
    with running_service(config) as service, service.client() as client:
        client.await_health(SERVING)
        stalled_search(client.channel)
        started = time.monotonic()
        service.terminate()

        assert service.wait() == 0
        assert time.monotonic() - started < 4


def test_second_signal_ends_it_at_once(configure: Configure) -> None:
    """A second SIGTERM does not wait for what is under way."""
    config = configure("drain_seconds: 60")
    with running_service(config) as service, service.client() as client:
        client.await_health(SERVING)
        stalled_search(client.channel)
        service.terminate()
        client.await_health(NOT_SERVING)
        started = time.monotonic()
        service.terminate()

        assert service.wait() == 0
        assert time.monotonic() - started < 4


@pytest.mark.parametrize("workers", [1, 2])
def test_address_that_is_taken_is_an_error(configure: Configure, workers: int) -> None:
    """An address on which somebody else listens ends the command, which says so."""
    config = configure(f"workers: {workers}")
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        address = f"127.0.0.1:{stranger.getsockname()[1]}"
        code, said = served(config, address)

    assert code == 1
    # gRPC's own library may have its say before.
    assert said.splitlines()[-1] == f"Cannot listen on {address}."
