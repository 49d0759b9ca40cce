"""How the tour calls the service: shows each call, and holds the answer to what was expected."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from ownid_grpc.cli.demo.screen import Screen, json_of
from ownid_grpc.cli.errors import detail_of
from ownid_grpc.cli.rpc import AccountSchemaServiceStub, AccountServiceStub, grpc

_CALL_SECONDS = 30
_DETAILS_KEY = "grpc-status-details-bin"


class UnexpectedAnswer(Exception):
    """The service answered something else than the tour is about."""


class TourClient:
    """Calls the service, and shows what is called and what comes back."""

    def __init__(self, screen: Screen, channel: grpc.Channel, token: str) -> None:
        self._screen = screen
        self._services = {
            "AccountService": AccountServiceStub(channel),
            "AccountSchemaService": AccountSchemaServiceStub(channel),
        }
        self._metadata = (("authorization", f"Bearer {token}"),)

    def call(self, method: str, request: Message, shown: Any = None) -> Any:  # noqa: ANN401 - the method's own answer
        """Shows a call, in short as `shown`, and returns its answer; a stream's is a list."""
        self._screen.call(method, shown or json_of(request))
        return self._answer(method, request)

    def show(self, method: str, request: Message) -> Any:  # noqa: ANN401 - as above
        """Shows a call and its answer, and returns that."""
        answer = self.call(method, request)
        self._screen.answer("OK", json_of(answer) or None)
        return answer

    def refused(self, method: str, request: Message, reason: str) -> None:
        """Shows a call and how the service refuses it; raises where it does not, or otherwise."""
        self._screen.call(method, json_of(request))
        try:
            self._invoke(method, request)
        except grpc.RpcError as error:
            status = _status_of(error)
        else:
            raise UnexpectedAnswer(f"{method} should have been refused with {reason}.")
        found = detail_of(status, ErrorInfo)
        if found.reason != reason:
            raise UnexpectedAnswer(f"{method} was refused with {found.reason}, not with {reason}.")
        self._screen.refusal(
            f"{_code_name(status)}, {found.reason}",
            [status.message, *_violations(status), *_metadata(found)],
        )

    def _answer(self, method: str, request: Message) -> Any:  # noqa: ANN401 - as above
        try:
            return self._invoke(method, request)
        except grpc.RpcError as error:
            status = _status_of(error)
            raise UnexpectedAnswer(
                f"{method} was answered with {_code_name(status)}: {status.message}"
            ) from error

    def _invoke(self, method: str, request: Message) -> Any:  # noqa: ANN401 - as above
        service, name = method.split(".")
        call = getattr(self._services[service], name)
        answer = call(request, timeout=_CALL_SECONDS, metadata=self._metadata)
        return answer if isinstance(answer, Message) else list(answer)


@contextmanager
def connected(screen: Screen, address: str, token: str) -> Iterator[TourClient]:
    """Gives a client of the service at an address."""
    with grpc.insecure_channel(address) as channel:
        yield TourClient(screen, channel, token)


def _status_of(error: Any) -> Status:  # noqa: ANN401 - a RpcError that is a Call, which no type says
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS_KEY:
            return Status.FromString(value)
    return Status(code=error.code().value[0], message=error.details())


def _code_name(status: Status) -> str:
    return next(code.name for code in grpc.StatusCode if code.value[0] == status.code)


def _violations(status: Status) -> list[str]:
    found = detail_of(status, BadRequest).field_violations
    return [f"- {each.field}: {each.description}" for each in found]


def _metadata(found: ErrorInfo) -> list[str]:
    return [f"- the etag now: {found.metadata['etag']}"] if "etag" in found.metadata else []
