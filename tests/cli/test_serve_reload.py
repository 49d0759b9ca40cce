"""Holds `ownid-grpc serve` to reading its callers again when it is told to."""

import signal

import grpc
import pytest

from tests.cli.served import (
    Configure,
    await_answers,
    await_serving,
    await_true,
    edit,
    get,
)
from tests.support.service import SERVING, running_service


@pytest.mark.parametrize("workers", [1, 2])
def test_callers_are_read_again_on_sighup(configure: Configure, workers: int) -> None:
    """A caller who was taken out of the file is let in no more as soon as the log says so."""
    config = configure(f"workers: {workers}")
    with running_service(config) as service, service.client() as client:
        await_serving(service, workers)
        client.await_health(SERVING)
        assert get(client.channel)
        edit(config, "issuer: ", "issuer: no-longer-")
        service.process.send_signal(signal.SIGHUP)

        await_true(lambda: len(service.events("reloaded")) == workers)
        for _ in range(workers * 5):
            with service.client() as other, pytest.raises(grpc.RpcError) as refused:
                get(other.channel, wait_for_ready=True)
            assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_file_with_faults_leaves_the_callers_as_they_are(configure: Configure) -> None:
    """What is wrong with the file is logged, and who was let in is let in still."""
    config = configure("")
    with running_service(config) as service, service.client() as client:
        await_answers(service, 1)
        edit(config, "issuer: ", "isuer: hidden-")
        service.process.send_signal(signal.SIGHUP)

        await_true(lambda: bool(service.events("config.invalid")))
        (event,) = service.events("config.invalid")
        assert "callers.0.isuer: is no word that is known here" in str(event["faults"])
        assert "hidden" not in str(event)
        assert get(client.channel)


def test_what_waits_for_a_restart_is_logged(configure: Configure) -> None:
    """Beside the callers a single process takes nothing; the log says what has changed."""
    config = configure("threads: 16")
    with running_service(config) as service:
        await_answers(service, 1)
        edit(config, "threads: 16", "threads: 8")
        service.process.send_signal(signal.SIGHUP)

        await_true(lambda: bool(service.events("reload.waits")))
        assert [each["words"] for each in service.events("reload.waits")] == [["server"]]
