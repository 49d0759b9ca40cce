"""Logs as events with fields, one line each; no secret and no person's identifier gets through."""

import json
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TextIO, TypeAlias

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from ownid_grpc.telemetry.lines import Lines
from ownid_grpc.telemetry.pseudonyms import Pseudonyms

Logger: TypeAlias = FilteringBoundLogger

REDACTED = "[redacted]"

_SECRET_WORDS = ("token", "password", "secret", "authorization", "cookie", "credential")
_IDENTIFIERS = frozenset(("account", "account_name", "login_id", "email"))


def configure_logs(
    *,
    stream: TextIO | None = None,
    is_for_people: bool | None = None,
    delay_seconds: float = 0.1,
    pseudonyms: Pseudonyms | None = None,
) -> None:
    """Sends every log line to `stream`: JSON, or lines for people where it is a terminal.

    Identifiers are shown as `pseudonyms` has them, else as this process alone does.
    """
    stream = stream or sys.stderr
    for_people = stream.isatty() if is_for_people is None else is_for_people
    render: Processor = structlog.dev.ConsoleRenderer() if for_people else _as_json
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _add_time,
        Redaction(pseudonyms or Pseudonyms.of_process()),
        render,
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=Lines(stream, 0 if for_people else delay_seconds),
    )
    logging.basicConfig(handlers=[_Forwarded()], level=logging.WARNING, force=True)


def new_logger() -> Logger:
    """Returns what events are logged with from now on."""
    log: Logger = structlog.get_logger().bind()
    return log


@dataclass(frozen=True, slots=True)
class Redaction:
    """Blanks what is called a secret, hashes what names a person, and cuts errors to their trace.

    What an exception says is left out, since it may hold a value of an
    account: a driver quotes the row that it could not write.
    """

    pseudonyms: Pseudonyms

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        """Returns the event with nothing in it that must not be seen."""
        for name, value in event.items():
            if name in _IDENTIFIERS:
                event[name] = self.pseudonyms.of(str(value))
            elif _is_secret(name):
                event[name] = REDACTED
        error = event.pop("exc_info", None)
        if isinstance(error, BaseException):
            event["trace"] = list(trace_of(error))
        return event


@cache
def _is_secret(name: str) -> bool:
    return any(word in name for word in _SECRET_WORDS)


def _add_time(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    now = time.time()
    event["timestamp"] = f"{_second(int(now))}.{int(now % 1 * 1000):03d}Z"
    return event


@lru_cache(maxsize=2)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


_encode = json.JSONEncoder(separators=(",", ":"), default=str).encode


def _as_json(_: WrappedLogger, __: str, event: EventDict) -> str:
    return _encode(event)


def trace_of(error: BaseException) -> Iterator[str]:
    """Yields the types of an error and its causes, the deepest first, and where each was raised."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from trace_of(cause)
    yield type(error).__qualname__
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"{frame.filename}:{frame.lineno} in {frame.name}"


def log_uncaught(log: Logger) -> None:
    """Has errors that nothing catches, on whatever thread, end in the log like all others.

    Python itself would print what they say, which may be anybody's value.
    """

    def log_fault(error: BaseException | None, thread: str) -> None:
        log.error("fault", thread=thread, exc_info=error)

    sys.excepthook = lambda _, error, __: log_fault(error, "MainThread")
    threading.excepthook = lambda found: log_fault(
        found.exc_value, found.thread.name if found.thread else ""
    )


class _Forwarded(logging.Handler):
    """Hands on what libraries log, as its form only: what they fill in may be anybody's value.

    One that has filled it in already is known by its place alone.
    """

    def emit(self, record: logging.LogRecord) -> None:
        log = new_logger()
        write: Callable[..., object] = log.error if record.levelno >= logging.ERROR else log.warning
        error = record.exc_info[1] if record.exc_info else None
        place = f"{record.pathname}:{record.lineno}"
        form = record.msg if record.args and isinstance(record.msg, str) else place
        write("library", logger=record.name, form=form, exc_info=error)
