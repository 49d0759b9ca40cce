"""Unary calls in a closed loop: each connection makes its next call when one is answered."""

import selectors
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bench.load.http1 import Http1Connection, RestRequest
from bench.load.http2 import Http2Connection, WrongAnswer

CONNECTIONS = 8

Request = TypeVar("Request")
Sent_contra = TypeVar("Sent_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Call(Generic[Request]):
    """What to send, and what tells a right answer."""

    request: Request
    is_right: Callable[[bytes], bool]


GrpcCalls = Iterator[Call[bytes]]
RestCalls = Iterator[Call[RestRequest]]


class Connection(Protocol[Sent_contra]):
    """Has one call under way at a time."""

    def fileno(self) -> int:
        """Returns what a selector waits for."""

    def begin(self, request: Sent_contra) -> object:
        """Sends a request."""

    def read_answer(self) -> bytes | None:
        """Waits for something to come, and returns the answer once it is whole."""


@dataclass(frozen=True, slots=True)
class Answered:
    """How many calls were answered rightly, in what time, and how long each took."""

    calls: int
    seconds: float
    latencies: Sequence[float]

    @property
    def rate(self) -> float:
        """Calls a second."""
        return self.calls / self.seconds

    def percentile(self, part: float) -> float:
        """Returns in how many seconds this part of the calls was answered."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def load_grpc(
    address: str,
    method: str,
    calls: GrpcCalls,
    seconds: float,
    *,
    metadata: Sequence[tuple[str, str]] = (),
    connections: int = CONNECTIONS,
) -> Answered:
    """Makes gRPC calls for some seconds; raises `WrongAnswer` at the first that is wrong."""
    path = f"/ownid.v1.{method}"
    with ExitStack() as opened:
        opening = (Http2Connection(address, path, metadata) for _ in range(connections))
        return _loop([opened.enter_context(each) for each in opening], calls, seconds)


def load_rest(
    address: str, calls: RestCalls, seconds: float, *, metadata: Sequence[tuple[str, str]] = ()
) -> Answered:
    """Makes REST calls for some seconds; raises `WrongAnswer` at the first that is wrong."""
    headers = "".join(f"{name}: {value}\r\n" for name, value in metadata)
    with ExitStack() as opened:
        opening = (Http1Connection(address, headers) for _ in range(CONNECTIONS))
        return _loop([opened.enter_context(each) for each in opening], calls, seconds)


def _loop(
    connections: Sequence[Connection[Request]], calls: Iterator[Call[Request]], seconds: float
) -> Answered:
    under_way: dict[Connection[Request], tuple[Call[Request], float]] = {}
    latencies: list[float] = []
    selector = selectors.DefaultSelector()

    def begin(connection: Connection[Request]) -> None:
        call = next(calls)
        under_way[connection] = call, time.perf_counter()
        connection.begin(call.request)

    start = time.perf_counter()
    for connection in connections:
        selector.register(connection, selectors.EVENT_READ, connection)
        begin(connection)
    while under_way:
        for key, _ in selector.select():
            connection = key.data
            answer = connection.read_answer()
            if answer is None:
                continue
            call, begun = under_way.pop(connection)
            now = time.perf_counter()
            latencies.append(now - begun)
            if not call.is_right(answer):
                raise WrongAnswer(f"Not what was asked for: {answer[:400]!r}.")
            if now - start < seconds:
                begin(connection)
    selector.close()
    return Answered(len(latencies), time.perf_counter() - start, latencies)
