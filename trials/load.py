"""Loads the service with what nobody should send it, and sees whether others are still answered.

    python -m trials.load [--connections 9000] [--only idle]

Connections are held by a process of their own, so that each side has all its descriptors.
"""

import argparse
import resource
import socket
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from ownid.v1 import account_pb2, account_service_pb2

from tests.load.conftest import METADATA, Loaded, code_of, loaded_service
from tests.support.people import place_of

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))

_MEBIBYTE = 1024**2
_PROBES = 200
_GIVEN_BACK_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Burden:
    """What the service takes of the machine, and how long its calls take."""

    memory: int
    descriptors: int
    median: float
    slowest: float

    def __str__(self) -> str:
        return (
            f"{self.memory / _MEBIBYTE:.0f} MiB, {self.descriptors} descriptors, "
            f"p50 {self.median * 1000:.1f} ms, p99 {self.slowest * 1000:.1f} ms"
        )


Load = Callable[[Loaded, int], AbstractContextManager[str]]


def burden(loaded: Loaded) -> Burden:
    """Returns what the service takes now; raises where it does not answer."""
    times = []
    for _ in range(_PROBES):
        began = time.perf_counter()
        loaded.get(1, timeout=20)
        times.append(time.perf_counter() - began)
    times.sort()
    return Burden(
        loaded.service.memory(),
        descriptors(loaded),
        statistics.median(times),
        times[int(len(times) * 0.99)],
    )


def descriptors(loaded: Loaded) -> int:
    """Returns how many descriptors the service has open."""
    return len([*Path(f"/proc/{loaded.service.process.pid}/fd").iterdir()])


@contextmanager
def idle(loaded: Loaded, count: int) -> Iterator[str]:
    """Holds connections that have greeted and say nothing more."""
    with _connections(loaded, count) as opened:
        for each in opened:
            each.sendall(PREFACE + SETTINGS)
        yield f"{len(opened)} idle connections"


@contextmanager
def slow_loris(loaded: Loaded, count: int) -> Iterator[str]:
    """Holds connections that have sent half a greeting, and others with half a call."""
    half_calls = 64
    with _connections(loaded, min(count, 1000)) as opened, _half_calls(loaded, half_calls):
        for number, each in enumerate(opened):
            each.sendall(PREFACE[: 1 + number % (len(PREFACE) - 1)])
        calls = f"{half_calls} calls of anybody whose request never comes"
        yield f"{len(opened)} half greetings and {calls}"


@contextmanager
def large(loaded: Loaded, _: int) -> Iterator[str]:
    """Sends messages of 4 MiB, just within and just beyond what is taken."""
    codes: Counter[str] = Counter()

    def send(number: int) -> None:
        text = "x" * (4 * _MEBIBYTE - 300 + 600 * (number % 2))
        account = account_pb2.Account(profile={"email": "x@example.com", "nickname": text})
        request = account_service_pb2.CreateAccountRequest(parent="apps/shop", account=account)
        try:
            loaded.client.accounts.CreateAccount(request, metadata=METADATA, timeout=60)
        except grpc.RpcError as error:
            codes[code_of(error).name] += 1
        else:
            codes["OK"] += 1

    with ThreadPoolExecutor(16) as callers:
        list(callers.map(send, range(200)))
    yield f"200 messages of 4 MiB: {dict(codes)}"


@contextmanager
def abandoned(loaded: Loaded, _: int) -> Iterator[str]:
    """Opens streams, and leaves them after their first message by hanging up."""
    codes: Counter[str] = Counter()

    def leave(_: int) -> None:
        with loaded.service.client() as client:
            stream = Loaded(loaded.people, loaded.service, client, loaded.config).search()
            try:
                next(stream)
            except grpc.RpcError as error:
                codes[code_of(error).name] += 1
            else:
                codes["left"] += 1

    with ThreadPoolExecutor(16) as callers:
        list(callers.map(leave, range(1000)))
    yield f"1000 streams opened and abandoned: {dict(codes)}"


@contextmanager
def _connections(loaded: Loaded, count: int) -> Iterator[list[socket.socket]]:
    host, _, port = loaded.service.address.rpartition(":")
    with ExitStack() as opened:
        yield [
            opened.enter_context(socket.create_connection((host, int(port)), timeout=30))
            for _ in range(count)
        ]


@contextmanager
def _half_calls(loaded: Loaded, count: int) -> Iterator[None]:
    """Begins calls whose request never comes."""

    def never() -> Iterator[bytes]:
        time.sleep(_GIVEN_BACK_SECONDS)
        yield b""

    with loaded.service.client() as client:
        path = "/ownid.v1.SessionService/RefreshSession"
        # As a stream: a call of one message would send it at once.
        begin: Any = client.channel.stream_unary(path)
        calls = [begin.future(never()) for _ in range(count)]
        yield
        for call in calls:
            call.cancel()


LOADS: Mapping[str, Load] = {
    "idle": idle,
    "idle again": idle,
    "slow-loris": slow_loris,
    "large": large,
    "abandoned": abandoned,
}


def _given_back(loaded: Loaded, before: Burden) -> float:
    """Returns how many seconds it takes until the descriptors are as few as before."""
    began = time.monotonic()
    while descriptors(loaded) > before.descriptors + 20:
        if time.monotonic() - began > _GIVEN_BACK_SECONDS:
            return float("inf")
        time.sleep(0.1)
    return time.monotonic() - began


def main() -> int:
    """Runs the trial, and ends with 1 where what was taken is not given back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--only", choices=LOADS, action="append")
    words = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # the service inherits it
    is_good = True
    with (
        place_of("postgresql") as place,
        place.people() as people,
        tempfile.TemporaryDirectory(prefix="ownid-load-") as folder,
    ):
        people.fill(20_000)
        with loaded_service(people, Path(folder)) as loaded:
            burden(loaded)  # what is made at first use is not of the load
            for name in words.only or LOADS:
                before = burden(loaded)
                with LOADS[name](loaded, words.connections) as what:
                    during = burden(loaded)
                seconds = _given_back(loaded, before)
                print(f"{what}\n  before {before}\n  within {during}")
                print(f"  after  {burden(loaded)}; given back in {seconds:.1f} s", flush=True)
                is_good = is_good and seconds < _GIVEN_BACK_SECONDS
            connections = people.rows("SELECT COUNT(*) FROM pg_stat_activity")[0][0]
            print(f"connections to the database at the end, all told: {connections}")
    return 0 if is_good else 1


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        raise SystemExit(main())
