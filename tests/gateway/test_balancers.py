"""Two services behind HAProxy and behind Envoy in traffic: told to stop, killed, started anew."""

import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.gateway.balancers import envoy_before, haproxy_before
from tests.gateway.grpc_traffic import CALLERS, Traffic, traffic_to
from tests.gateway.running import await_true, write_shop
from tests.support.service import SERVING, Service, running_service
from tests.support.sessions import SCHEMA

pytestmark = [pytest.mark.gateway, pytest.mark.slow]

Before = Callable[[Path, Sequence[str]], AbstractContextManager[str]]

CALLS = 10_000
OUT_SECONDS = 3
"""Within which either balancer knows that a server is gone: two checks, and time for an answer."""


@pytest.mark.parametrize("before", [haproxy_before, envoy_before], ids=["HAProxy", "Envoy"])
def test_server_goes_and_comes_back(tmp_path: Path, before: Before) -> None:
    """A drain fails no call of ten thousand, a kill those alone that the server has."""
    config = write_shop(tmp_path, {}, drain_seconds=10)
    with running_service(config, log="one.log") as one, running_service(config) as two:
        await_serving(one)
        await_serving(two)
        with before(tmp_path, [one.address, two.address]) as address, traffic_to(address) as calls:
            await_true(lambda: took_calls(one) and took_calls(two))
            one.terminate()
            assert one.wait() == 0
            await_true(lambda: calls.done > CALLS)
            failed_in_drain = calls.failed_since(0)
            with running_service(config, one.address, log="back.log") as back:
                await_true(lambda: took_calls(back))
                killed = kill(back)
                await_calls(calls, until=killed + OUT_SECONDS)
            with running_service(config, one.address, log="again.log") as again:
                await_true(lambda: took_calls(again))
                failed_later = calls.failed_since(killed + OUT_SECONDS)
                failed = calls.failed_since(killed)

    assert not failed_in_drain
    assert not failed_later
    assert failed.total() <= CALLERS


def await_serving(service: Service) -> None:
    """Returns once a service can be called, its schema set."""
    with service.client() as client:
        client.await_health(SERVING)
        client.set_schema(SCHEMA)


def took_calls(service: Service) -> bool:
    """Returns whether calls that change something have come to a service."""
    text = service.log.read_text("utf-8")
    return "AccountService/UpdateAccount" in text


def kill(service: Service) -> float:
    """Kills a service, and returns when."""
    moment = time.monotonic()
    service.process.send_signal(signal.SIGKILL)
    service.wait()
    return moment


def await_calls(calls: Traffic, until: float) -> None:
    """Returns at a moment, once some calls were made after it."""
    await_true(lambda: time.monotonic() > until)
    count = calls.done
    await_true(lambda: calls.done > count + 100)
