"""What a client command says when it cannot do what it was asked, and how it then ends."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from google.protobuf.message import DecodeError, Message
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    PreconditionFailure,
    RequestInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status

from ownid_grpc.cli.output import say, warn
from ownid_grpc.cli.rpc import grpc

REFUSED = 1
"""The exit code of what the service refuses."""

USAGE = 2
"""The exit code of a command that is not written as it must be."""

UNAVAILABLE = 3
"""The exit code of a service that does not answer, or not in time: trying again may help."""

INTERRUPTED = 130
"""The exit code of Ctrl-C, as shells have it."""

READER_GONE = 141
"""The exit code when nobody reads the output any more, as shells have it."""

_STATUS_KEY = "grpc-status-details-bin"
_REQUEST_ID = "x-request-id"

_WITHOUT_ANSWER = {
    grpc.StatusCode.UNAVAILABLE: "No service answers at {address}, or the connection broke.",
    grpc.StatusCode.DEADLINE_EXCEEDED: "No answer came from {address} in the time given.",
    grpc.StatusCode.UNIMPLEMENTED: "What answers at {address} does not have this method.",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "What answers at {address} is at its limit.",
    grpc.StatusCode.UNAUTHENTICATED: "What answers at {address} does not accept the credential.",
    grpc.StatusCode.PERMISSION_DENIED: "What answers at {address} does not allow this.",
}
_ODD_ANSWER = "What answers at {address} does not speak as the service does."
_BROKEN = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.CANCELLED}

_HINTS = {
    "ACCOUNT_SCHEMA_NOT_SET": "set one: ownid-grpc schema infer | ownid-grpc schema set -",
    "CREDENTIAL_MISSING": "give --token or --token-file, or set OWNID_TOKEN",
}
_SHOWN_METADATA = {"etag": "current etag", "error_id": "error id"}


@dataclass
class CommandError(Exception):
    """Ends a command: what it says, a line for each detail, and the exit code."""

    message: str
    exit_code: int = REFUSED
    details: Sequence[str] = ()


class UsageError(CommandError):
    """What the command was given makes no sense, so that nothing was sent."""

    def __init__(self, message: str) -> None:
        super().__init__(message, USAGE)


@dataclass
class CallError(CommandError):
    """A call that failed. `is_transient` where the same call may work a little later."""

    is_transient: bool = False
    retry_seconds: float = 0


@contextmanager
def reporting() -> Iterator[None]:
    """Turns whatever goes wrong within the block into a few words and an exit code."""
    _open_streams()
    try:
        yield
        sys.stdout.flush()
    except CommandError as error:
        warn(error.message, label="error")
        for detail in error.details:
            say(f"  {detail}")
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        _discard_output()
        raise typer.Exit(READER_GONE) from None
    except OSError as error:
        _discard_output()
        warn(f"The output cannot be written: {error.strerror}.", label="error")
        raise typer.Exit(REFUSED) from None


def _open_streams() -> None:
    """Gives Python the streams that it lacks where a shell has closed them, as by `>&-`."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - open to the end


def _discard_output() -> None:
    # What is still buffered would else be written, and fail again, when Python ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def call_error(error: Any, address: str, request_id: str) -> CallError:  # noqa: ANN401 - a RpcError that is a Call, which no type says
    """Returns what a failed call comes to; `request_id` is what it went by.

    What grpc itself says of a failure is not passed on: it speaks of sockets
    and resolvers. What the service says is.
    """
    answer = _Answer.of(error)
    if answer is None:
        return _unanswered(error.code(), address, request_id)
    code: grpc.StatusCode = error.code()
    message = f"{answer.message} ({code.name}, {answer.info.reason})"
    details = answer.details(request_id)
    return CallError(message, _exit_code(code), details, answer.is_transient, answer.retry_seconds)


def status_members(status: Status) -> dict[str, Any]:
    """Returns what became of one record of several, as a JSON line says it."""
    info = detail_of(status, ErrorInfo)
    members = {
        "code": code_pb2.Code.Name(status.code),
        "reason": info.reason,
        "message": status.message,
        "violations": _violations(status, info),
    }
    return {name: value for name, value in members.items() if value}


def _unanswered(code: grpc.StatusCode, address: str, request_id: str) -> CallError:
    message = _WITHOUT_ANSWER.get(code, _ODD_ANSWER).format(address=address)
    details = [f"request id: {request_id}"]
    if code is grpc.StatusCode.UNAVAILABLE:
        details = ["Is it running, and does it take calls as --tls says?"]
    # A connection that a proxy resets looks like a fault of the service, but carries no reason.
    is_transient = code is grpc.StatusCode.UNAVAILABLE or code in _BROKEN
    return CallError(f"{message} ({code.name})", _exit_code(code), details, is_transient)


def _exit_code(code: grpc.StatusCode) -> int:
    is_away = code in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
    return UNAVAILABLE if is_away else REFUSED


@dataclass(frozen=True, slots=True)
class _Answer:
    """An error as the service itself words it."""

    status: Status
    info: ErrorInfo

    @classmethod
    def of(cls, error: Any) -> "_Answer | None":  # noqa: ANN401 - as above
        """Returns what the service says, None where something else failed the call."""
        for key, value in error.trailing_metadata() or ():
            if key == _STATUS_KEY:
                try:
                    status = Status.FromString(value)
                except DecodeError:
                    return None
                info = detail_of(status, ErrorInfo)
                return cls(status, info) if info.reason else None
        return None

    @property
    def message(self) -> str:
        """What is wrong, in the service's words."""
        return self.status.message

    @property
    def is_transient(self) -> bool:
        """Whether the service says that trying again may work."""
        code = self.status.code
        return code == grpc.StatusCode.UNAVAILABLE.value[0] or self.retry_seconds > 0

    @property
    def retry_seconds(self) -> float:
        """How long to wait before trying again; 0 where the service does not say."""
        delay = detail_of(self.status, RetryInfo).retry_delay
        return float(delay.seconds + delay.nanos / 1e9)

    def details(self, request_id: str) -> list[str]:
        """Returns a line for each violation, and for whatever else helps."""
        lines = _violations(self.status, self.info)
        hint = _HINTS.get(self.info.reason)
        if hint:
            lines.append(hint)
        for key, label in _SHOWN_METADATA.items():
            if key in self.info.metadata:
                lines.append(f"{label}: {self.info.metadata[key]}")
        if self.retry_seconds:
            lines.append(f"try again in {self.retry_seconds:g} s")
        known_id = detail_of(self.status, RequestInfo).request_id or request_id
        return [*lines, f"request id: {known_id}"]


def _violations(status: Status, info: ErrorInfo) -> list[str]:
    lines = [
        f"{each.field}: {each.description}"
        for each in detail_of(status, BadRequest).field_violations
    ]
    lines += [
        f"{each.subject}: {each.description}"
        for each in detail_of(status, PreconditionFailure).violations
        if each.description != status.message
    ]
    omitted = info.metadata.get("violations_omitted")
    return [*lines, f"and {omitted} more"] if omitted else lines


def detail_of(status: Status, kind: type[Any]) -> Any:  # noqa: ANN401 - an instance of `kind`
    """Returns the detail of a kind, an empty one where the status has none."""
    found: Message = kind()
    for packed in status.details:
        try:
            if packed.Unpack(found):
                break
        except DecodeError:
            return kind()
    return found
