"""Holds the workers of `ownid-grpc serve` to one port, and to living and ending together."""

import os
import signal

import pytest

from tests.cli.served import (
    COUNT,
    SIGNALS,
    Configure,
    await_answers,
    await_serving,
    await_true,
    is_running,
    served,
    stalled_search,
    workers_of,
)
from tests.support.service import NOT_SERVING, client_of, running_service


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
