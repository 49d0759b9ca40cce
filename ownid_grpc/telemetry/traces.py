"""Traces: spans are noted as they end, and made into OpenTelemetry's elsewhere, off the calls."""

import random
import re
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
"""As W3C Trace Context has it; of versions to come, what they share with this one."""

_MOST_WAITING = 20_000
_MOST_IDS = 1 << 64


@dataclass(slots=True)
class Span:
    """Something that took its time, in nanoseconds since 1970; no parent has the id 0."""

    name: str
    trace_id: int
    span_id: int
    parent_id: int
    began: int
    attributes: Mapping[str, str]
    is_call: bool = False
    ended: int = 0
    error: str = ""


@dataclass(slots=True)
class Spans:
    """Spans that wait to be sent; of too many the oldest are lost."""

    waiting: deque[Span] = field(default_factory=lambda: deque(maxlen=_MOST_WAITING))

    def take(self) -> list[Span]:
        """Returns all that wait, which then wait no longer."""
        return [self.waiting.popleft() for _ in range(len(self.waiting))]


class Tracer:
    """Decides which calls are traced: a caller's own decision holds, else one in so many is."""

    def __init__(self, spans: Spans, ratio: float) -> None:
        self._spans = spans
        self._bound = ratio * _MOST_IDS

    def trace(self, method: str, traceparent: str, request_id: str) -> "Trace | None":
        """Returns the trace of a call; None of one that is not traced."""
        sent = _TRACEPARENT.fullmatch(traceparent)
        if sent is None or not (int(sent[1], 16) and int(sent[2], 16)):
            trace_id, parent_id = random.getrandbits(128) or 1, 0
            is_wanted = trace_id % _MOST_IDS < self._bound
        else:
            trace_id, parent_id = int(sent[1], 16), int(sent[2], 16)
            is_wanted = bool(int(sent[3], 16) & 1)
        if not is_wanted:
            return None
        return Trace(self._spans, method, trace_id, parent_id, request_id)


class Trace:
    """The spans of one call, within each other as they began."""

    __slots__ = ("_call", "_current", "_spans")

    def __init__(
        self, spans: Spans, method: str, trace_id: int, parent_id: int, request_id: str
    ) -> None:
        self._spans = spans
        attributes = {
            "rpc.system.name": "grpc",
            "rpc.method": method,
            "ownid.request_id": request_id,
        }
        now, span_id = time.time_ns(), _new_id()
        self._call = Span(method, trace_id, span_id, parent_id, now, attributes, is_call=True)
        self._current = self._call

    @property
    def trace_id(self) -> str:
        """The trace as logs and headers write it."""
        return f"{self._call.trace_id:032x}"

    def step(self, name: str, attributes: Mapping[str, str]) -> "Step":
        """Returns what makes its block a span within the one that is open."""
        return Step(self, name, attributes)

    def end(self, code: str, reason: str, app: str, caller: str) -> None:
        """Ends the call's own span."""
        said = {"rpc.response.status_code": code, "ownid.app": app, "ownid.caller": caller}
        self._call.attributes = {**self._call.attributes, **said}
        self._finish(self._call, "" if code == "OK" else reason or code)

    def _begin(self, name: str, attributes: Mapping[str, str]) -> Span:
        call, parent = self._call, self._current.span_id
        return Span(name, call.trace_id, _new_id(), parent, time.time_ns(), attributes)

    def _finish(self, span: Span, error: str) -> None:
        span.ended, span.error = time.time_ns(), error
        self._spans.waiting.append(span)


class Step:
    """Makes its block a span."""

    __slots__ = ("_attributes", "_before", "_name", "_span", "_trace")

    def __init__(self, trace: Trace, name: str, attributes: Mapping[str, str]) -> None:
        self._trace = trace
        self._name = name
        self._attributes = attributes

    def __enter__(self) -> None:
        trace = self._trace
        self._span = trace._begin(self._name, self._attributes)  # noqa: SLF001 - a part of it
        self._before, trace._current = trace._current, self._span  # noqa: SLF001 - likewise

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        # What an error says may hold a value; its type does not.
        self._trace._finish(self._span, "" if kind is None else kind.__name__)  # noqa: SLF001 - likewise
        self._trace._current = self._before  # noqa: SLF001 - likewise


def _new_id() -> int:
    return random.getrandbits(64) or 1
