"""Holds `ownid-grpc serve` to reading its callers again when it is told to."""

import os
import signal

import grpc
import pytest

from tests.cli.served import (
    Configure,
    await_answers,
    await_serving,
    await_true,
    get,
    workers_of,
)
from tests.support.service import SERVING, running_service


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
