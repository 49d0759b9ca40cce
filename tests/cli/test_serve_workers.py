"""Holds the workers of `ownid-grpc serve` to one port, and to living and ending together."""

import os
import signal
import socket
import time
from itertools import pairwise

import pytest

from tests.cli.served import (
    COUNT,
    SIGNALS,
    Configure,
    await_serving,
    await_true,
    edit,
    is_running,
    served,
    stalled_search,
    workers_of,
)
from tests.support.service import NOT_SERVING, SERVING, Service, client_of, running_service


def await_all(service: Service) -> None:
    """Returns once all workers serve for the first time."""
    await_true(lambda: bool(service.events("workers.serving")))


def test_workers_share_the_port_and_are_replaced(configure: Configure) -> None:
    """Two workers take calls on one port; one that is killed is started anew at once."""
    config = configure("workers: 2")
    with running_service(config) as service:
        await_all(service)
        first = workers_of(service)
        os.kill(first[0], signal.SIGKILL)
        await_serving(service, 3)
        (ended,) = service.events("worker.ended")

        assert len(first) == 2
        assert len(set(workers_of(service)) & set(first)) == 1
        assert len(workers_of(service)) == 2
        assert (ended["pid"], ended["signal"]) == (first[0], "SIGKILL")
        assert ended["retry_seconds"] == 0


def test_worker_that_dies_again_and_again_is_given_time(configure: Configure) -> None:
    """The pause before a worker is started anew doubles with each time in a row."""
    config = configure("workers: 2")
    with running_service(config) as service:
        await_all(service)
        steady, unlucky = workers_of(service)
        for count in range(1, 4):
            os.kill(unlucky, signal.SIGKILL)
            await_true(lambda: len(service.events("worker.ended")) == count)  # noqa: B023 - called at once
            await_true(lambda: len(workers_of(service)) == 2)
            (unlucky,) = set(workers_of(service)) - {steady}
        pauses = [each["retry_seconds"] for each in service.events("worker.ended")]

    assert pauses == [0, 0.5, 1]


@pytest.mark.parametrize("number", SIGNALS)
def test_workers_drain_with_their_parent(configure: Configure, number: signal.Signals) -> None:
    """Told to stop, both workers finish what they have, and the command ends with success."""
    config = configure("workers: 2, drain_seconds: 20")
    with running_service(config) as service:
        await_all(service)
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


def test_second_signal_hurries_workers(configure: Configure) -> None:
    """A second SIGTERM has no worker wait for what is under way."""
    config = configure("workers: 2, drain_seconds: 60")
    with running_service(config) as service, service.client() as client:
        await_all(service)
        client.await_health(SERVING)
        stalled_search(client.channel)
        service.terminate()
        client.await_health(NOT_SERVING)
        started = time.monotonic()
        service.terminate()

        assert service.wait() == 0
        assert time.monotonic() - started < 20


def test_workers_end_with_a_supervisor_that_is_killed(configure: Configure) -> None:
    """A supervisor that is killed leaves nobody who serves, and its port to the next one."""
    config = configure("workers: 2, drain_seconds: 1")
    with running_service(config) as service:
        await_all(service)
        pids = workers_of(service)
        service.process.kill()
        await_true(lambda: is_free(service.address))

        await_true(lambda: not any(is_running(pid) for pid in pids))


def is_free(address: str) -> bool:
    """Returns whether nobody listens on an address."""
    host, _, port = address.rpartition(":")
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return tried.connect_ex((host, int(port))) != 0


def test_workers_that_refuse_their_configuration_end_it(configure: Configure) -> None:
    """What every worker would refuse again ends the command instead of starting them for ever."""
    config = configure("workers: 2")
    edit(config, "key: id", "keys: id")

    code, said = served(config, "127.0.0.1:0")

    assert code == 1
    assert "ownid.yaml" in said


def test_worker_is_replaced_while_the_file_is_edited(configure: Configure) -> None:
    """A worker that is replaced takes what is in force, not what the file says just now."""
    config = configure("workers: 2")
    with running_service(config) as service:
        await_all(service)
        edit(config, "issuer: ", "isuer: ")
        os.kill(workers_of(service)[0], signal.SIGKILL)
        await_serving(service, 3)

        assert len(service.events("worker.ended")) == 1


def test_worker_that_grows_too_large_is_replaced(configure: Configure) -> None:
    """A worker over its ceiling makes room for another, and seldom where that is no help."""
    config = configure("workers: 2, worker_memory: 32MiB, connection_seconds: 0.5")
    with running_service(config) as service:
        await_true(lambda: len(service.events("worker.too_large")) >= 3)
        large = service.events("worker.too_large")
        await_true(lambda: not is_running(int(str(large[0]["pid"]))))

        assert all(each["bytes"] > 32 * 1024**2 for each in large)
        pauses = [each["retry_seconds"] for each in large if each["worker"] == 0]
        assert all(later > earlier for earlier, later in pairwise(pauses))
        assert service.events("worker.ended") == []
        assert service.events("leaving")
