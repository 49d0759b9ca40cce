"""Holds SIGHUP with several workers to taking the whole file anew, and losing no call."""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from tests.cli.served import (
    Configure,
    await_true,
    edit,
    get,
    is_running,
    workers_of,
)
from tests.support.service import SERVING, Service, running_service

WORKERS = "workers: 2, connection_seconds: 1"
CLIENTS = 6
"""Half of them wait for a server, the others fail at once where there is none."""


@contextmanager
def steady_calls(service: Service) -> Iterator[list[object]]:
    """Has clients call all the time; gives what they got, and each failure."""
    answers: list[object] = []
    done = threading.Event()

    def call(*, is_patient: bool) -> None:
        # As gRPC makes it: one that gives up soon on a connection would fail on a busy machine.
        own = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(service.address, options=own) as channel:
            while not done.is_set():
                try:
                    answers.append(get(channel, wait_for_ready=is_patient).name)
                except grpc.RpcError as error:
                    answers.append(error)

    callers = [
        threading.Thread(target=call, kwargs={"is_patient": number % 2 == 0})
        for number in range(CLIENTS)
    ]
    for caller in callers:
        caller.start()
    try:
        await_true(lambda: len(answers) > CLIENTS)
        yield answers
    finally:
        done.set()
        for caller in callers:
            caller.join(30)


@contextmanager
def systemd(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Gives the socket on which systemd would hear of a service."""
    path = folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hearing:
        hearing.bind(str(path))
        hearing.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        yield hearing


def test_sighup_loses_no_call_and_takes_the_file_anew(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each worker makes room for one that knows the new file; no client notices, systemd does."""
    config = configure(WORKERS)
    with systemd(tmp_path, monkeypatch) as hearing, running_service(config) as service:
        assert hearing.recv(100) == b"READY=1"
        first = workers_of(service)
        with steady_calls(service) as answers:
            add_app(config)
            service.process.send_signal(signal.SIGHUP)
            assert hearing.recv(100).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
            assert hearing.recv(100) == b"READY=1"
            await_true(lambda: not any(is_running(pid) for pid in first))
            await_more(answers)
        with service.client() as client:
            client.await_health(SERVING, "app/second")
        ended = service.events("worker.ended")
        service.terminate()

        assert hearing.recv(100) == b"STOPPING=1"

    assert set(answers) == {"apps/shop/accounts/1"}
    assert ended == []


@pytest.mark.parametrize(
    ("old", "new", "event", "fault"),
    [
        pytest.param("issuer: ", "isuer: ", "config.invalid", "callers.0.isuer", id="word"),
        # Only who opens the databases finds this out.
        pytest.param("key: id", "keys: id", "reload.refused", "keys", id="mapping"),
    ],
)
def test_file_with_faults_replaces_nobody(
    configure: Configure, old: str, new: str, event: str, fault: str
) -> None:
    """What is wrong is logged and the workers stay; one takes over when the file is mended."""
    config = configure(WORKERS)
    with running_service(config) as service:
        await_event(service, "workers.serving")
        first = workers_of(service)
        edit(config, old, new)
        service.process.send_signal(signal.SIGHUP)
        await_event(service, event)
        said = str(service.events("config.invalid"))

        assert fault in said
        assert set(first) <= set(workers_of(service))
        edit(config, new, old)
        edit(config, "workers: 2", "workers: 1")
        service.process.send_signal(signal.SIGHUP)
        await_true(lambda: len(workers_of(service)) == 1)
        assert not set(first) & set(workers_of(service))


def add_app(config: Path) -> None:
    """Writes another app into a file, with the accounts of the first."""
    text = config.read_text("utf-8")
    shop = text[text.index("  shop:") :]
    config.write_text(text + shop.replace("  shop:", "  second:"), "utf-8")


def await_event(service: Service, name: str) -> None:
    """Returns once something was logged."""
    await_true(lambda: bool(service.events(name)))


def await_more(answers: list[object]) -> None:
    """Returns once clients have called often since."""
    before = len(answers)
    await_true(lambda: len(answers) > before + 10 * CLIENTS)
