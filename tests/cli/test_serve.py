"""Holds `ownid-grpc serve` to how a process that serves starts, shares a port, and stops."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from ownid.v1 import account_service_pb2, account_service_pb2_grpc

from tests.support.keys import bearer
from tests.support.people import SCHEMA, place_of
from tests.support.service import (
    NOT_SERVING,
    SERVING,
    Service,
    client_of,
    running_service,
    write_config,
)

METADATA = bearer()
COUNT = 20_000
SIGNALS = [
    pytest.param(signal.SIGTERM, id="SIGTERM"),
    pytest.param(signal.SIGINT, id="Ctrl-C"),
]

Configure = Callable[..., Path]


@pytest.fixture
def configure(tmp_path: Path) -> Iterator[Configure]:
    """Writes the configuration of a shop with many accounts, their schema set."""
    with place_of("sqlite") as place, place.people() as people:
        people.fill(COUNT)
        config = write_config(tmp_path, people.mapping())
        with running_service(config, log="first.log") as service, service.client() as client:
            client.await_health(SERVING)
            client.set_schema(SCHEMA)
        yield lambda server: write_config(tmp_path, people.mapping(), server=server)


def get(channel: grpc.Channel, **options: Any) -> Any:  # noqa: ANN401 - generated without types
    """Calls GetAccount."""
    stub: Any = account_service_pb2_grpc.AccountServiceStub(channel)
    request = account_service_pb2.GetAccountRequest(name="apps/shop/accounts/1")
    return stub.GetAccount(request, metadata=METADATA, timeout=20, **options)


def stalled_search(channel: grpc.Channel) -> Any:  # noqa: ANN401 - likewise
    """Returns a stream that has begun, and of which nobody reads on."""
    stub: Any = account_service_pb2_grpc.AccountServiceStub(channel)
    request = account_service_pb2.SearchAccountsRequest(parent="apps/shop", chunk_size=10)
    stream = stub.SearchAccounts(request, metadata=METADATA, timeout=60)
    next(stream)
    return stream


def workers_of(service: Service) -> list[int]:
    """Returns the processes that a service has started."""
    pid = service.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    return [int(child) for child in children.split()]


def is_running(pid: int) -> bool:
    """Returns whether a process has not ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2][0]
    except FileNotFoundError:
        return False
    return state != "Z"


def await_true(claim: Callable[[], bool], seconds: float = 30) -> None:
    """Returns once the claim holds."""
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)


def await_answers(service: Service, count: int) -> None:
    """Returns once this many new connections in a row reach a server that is serving."""
    answered = 0
    end = time.monotonic() + 30
    while answered < count:
        assert time.monotonic() < end, "the service does not answer"
        with service.client() as client:
            answered = answered + 1 if client.health() == SERVING else 0


def await_serving(service: Service, count: int) -> None:
    """Returns once this many processes have said that they take calls."""
    await_true(lambda: len(service.events("serving")) >= count)


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


def test_workers_share_the_port_and_are_replaced(configure: Configure) -> None:
    """Two workers take calls on one port; one that is killed is started anew."""
    config = configure("workers: 2")
    with running_service(config) as service:
        await_serving(service, 2)
        first = workers_of(service)
        os.kill(first[0], signal.SIGKILL)
        await_true(lambda: len(set(workers_of(service)) - set(first)) == 1)
        await_serving(service, 3)

        assert len(first) == 2
        assert len(workers_of(service)) == 2
        assert [each["code"] for each in service.events("worker.ended")] == [-signal.SIGKILL]


@pytest.mark.parametrize("number", SIGNALS)
def test_workers_drain_with_their_parent(configure: Configure, number: signal.Signals) -> None:
    """Told to stop, both workers finish what they have, and the command ends with success."""
    config = configure("workers: 2, drain_seconds: 20")
    with running_service(config) as service:
        await_serving(service, 2)
        pids = workers_of(service)
        with client_of(service.address) as client:
            stream = stalled_search(client.channel)
            service.process.send_signal(number)
            client.await_health(NOT_SERVING)
            read = 10 + sum(len(answer.accounts) for answer in stream)

        assert read == COUNT
        assert service.wait() == 0
        assert not any(is_running(pid) for pid in pids)
        assert len(service.events("stopped")) == 2


def test_workers_end_with_a_parent_that_is_killed(configure: Configure) -> None:
    """A parent that is killed takes its workers along."""
    config = configure("workers: 2, drain_seconds: 1")
    with running_service(config) as service:
        await_serving(service, 2)
        pids = workers_of(service)
        service.process.kill()

        await_true(lambda: not any(is_running(pid) for pid in pids))


def test_workers_that_refuse_their_configuration_end_it(configure: Configure) -> None:
    """What every worker would refuse again ends the command instead of starting them for ever."""
    config = configure("workers: 2")
    config.write_text(config.read_text("utf-8").replace("key: id", "keys: id"), "utf-8")

    code, said = served(config, "127.0.0.1:0")

    assert code == 1
    assert "ownid.yaml" in said


def served(config: Path, address: str) -> tuple[int, str]:
    """Returns the exit code of a service that ends by itself, and what it said."""
    command = [sys.executable, "-m", "ownid_grpc", "serve"]
    command += ["--config", str(config), "--listen", address]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return ended.returncode, ended.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_callers_are_read_again_on_sighup(configure: Configure, workers: int) -> None:
    """A caller who was taken out of the file is let in no more, without a restart."""
    config = configure(f"workers: {workers}")
    with running_service(config) as service, service.client() as client:
        await_serving(service, workers)
        client.await_health(SERVING)
        assert get(client.channel)
        text = config.read_text("utf-8")
        config.write_text(text.replace("issuer: ", "issuer: no-longer-"), "utf-8")
        service.process.send_signal(signal.SIGHUP)

        await_true(lambda: len(service.events("reloaded")) == workers)
        for _ in range(workers * 5):
            with service.client() as other, pytest.raises(grpc.RpcError) as refused:
                get(other.channel)
            assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_worker_that_finds_a_faulty_file_later_ends_nobody_else(configure: Configure) -> None:
    """A worker that is replaced while the file is being edited is started until it can be read."""
    config = configure("workers: 2")
    with running_service(config) as service:
        await_serving(service, 2)
        text = config.read_text("utf-8")
        config.write_text(text.replace("issuer: ", "isuer: "), "utf-8")
        os.kill(workers_of(service)[0], signal.SIGKILL)
        await_true(lambda: len(service.events("worker.ended")) >= 2)
        await_answers(service, 1)
        config.write_text(text, "utf-8")

        await_serving(service, 3)


def test_sighup_ends_no_worker_that_is_only_starting(configure: Configure) -> None:
    """A worker that cannot hear a SIGHUP yet hears it later."""
    config = configure("workers: 2")
    with running_service(config) as service:
        await_serving(service, 2)
        first = workers_of(service)
        os.kill(first[0], signal.SIGKILL)
        await_true(lambda: len(set(workers_of(service)) - set(first)) == 1)
        service.process.send_signal(signal.SIGHUP)
        await_serving(service, 3)

        await_true(lambda: len(service.events("reloaded")) == 2)
        assert len(service.events("worker.ended")) == 1


def test_file_with_faults_leaves_the_callers_as_they_are(configure: Configure) -> None:
    """What is wrong with the file is logged, and who was let in is let in still."""
    config = configure("")
    with running_service(config) as service, service.client() as client:
        await_answers(service, 1)
        text = config.read_text("utf-8")
        config.write_text(text.replace("issuer: ", "isuer: hidden-"), "utf-8")
        service.process.send_signal(signal.SIGHUP)

        await_true(lambda: bool(service.events("config.invalid")))
        (event,) = service.events("config.invalid")
        assert "callers.0.isuer: is no word that is known here" in str(event["faults"])
        assert "hidden" not in str(event)
        assert get(client.channel)
