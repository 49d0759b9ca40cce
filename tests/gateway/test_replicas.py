"""Two services behind a gateway in traffic: one told to stop, one killed."""

import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.gateway.running import Rest, await_true, gateway_before, write_shop
from tests.gateway.upstreams import healthy_count
from tests.support.keys import token
from tests.support.service import SERVING, running_service
from tests.support.sessions import SCHEMA

pytestmark = [pytest.mark.gateway, pytest.mark.slow]

CALLERS = 8
AFTER = 2_000


READ = ("GET", "/v1/apps/shop/accounts/1", None)
CHANGE = ("PATCH", "/v1/apps/shop/accounts/1?validate_only=true", '{"profile": {"points": 1}}')


@contextmanager
def traffic(rest: Rest, call: tuple[str, str, str | None]) -> Iterator[Counter[str]]:
    """Makes a call again and again on several connections, and counts what comes of it."""
    counted: Counter[str] = Counter()
    done = threading.Event()

    def call_on() -> None:
        headers = {"authorization": f"Bearer {token()}"}
        with closing(rest.connect()) as connection:
            while not done.is_set():
                try:
                    connection.request(*call, headers=headers)
                    answer = connection.getresponse()
                    answer.read()
                    counted[str(answer.status)] += 1
                except (OSError, HTTPException) as error:
                    counted[type(error).__name__] += 1
                    connection.close()

    callers = [threading.Thread(target=call_on) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    try:
        yield counted
    finally:
        done.set()
        for caller in callers:
            caller.join()


@pytest.mark.parametrize(
    ("number", "call"),
    [
        pytest.param(signal.SIGTERM, CHANGE, id="told to stop, while changing"),
        pytest.param(signal.SIGKILL, READ, id="killed, while reading"),
    ],
)
def test_server_that_goes_loses_no_call(
    tmp_path: Path, number: signal.Signals, call: tuple[str, str, str | None]
) -> None:
    """One of two drains, and nothing has to be tried again; or is killed, and reading is."""
    config = write_shop(tmp_path, {})
    with running_service(config, log="one.log") as one, running_service(config) as two:
        with one.client() as client:
            client.await_health(SERVING)
            client.set_schema(SCHEMA)
        with two.client() as client:
            client.await_health(SERVING)
        with gateway_before(tmp_path, [one.address, two.address]) as gateway:
            await_true(lambda: healthy_count(gateway) == 2)
            with traffic(Rest(gateway.address), call) as counted:
                await_true(lambda: counted["200"] > AFTER)
                one.process.send_signal(number)
                one.wait()
                await_true(lambda: healthy_count(gateway) == 1, seconds=5)
                reached = counted["200"]
                await_true(lambda: counted["200"] > reached + AFTER)

    assert set(counted) == {"200"}
