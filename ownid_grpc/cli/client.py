"""The client that commands call the service with."""

import inspect
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Concatenate, ParamSpec, Self, TypeAlias

import typer
from google.protobuf.message import Message

from ownid_grpc.cli.connection import Connection
from ownid_grpc.cli.errors import CallError, UsageError, call_error, reporting
from ownid_grpc.cli.rpc import (
    AccountSchemaServiceStub,
    AccountServiceStub,
    SessionServiceStub,
    grpc,
)
from ownid_grpc.cli.shared_options import declare
from ownid_grpc.domain.account import AccountKey
from ownid_grpc.domain.names import (
    account_id,
    account_schema_name,
    account_schema_revision_name,
    app_name,
    is_app_id,
    parse_account_id,
)
from ownid_grpc.errors import InvalidArgument

Options = ParamSpec("Options")
Method: TypeAlias = Callable[..., Any]
"""A method of a stub, which has no types."""

_CALL_SECONDS = 30.0


class Client:
    """The service as a command calls it; every failure is a `CommandError`."""

    def __init__(self, connection: Connection, channel: grpc.Channel) -> None:
        self.connection = connection
        self.accounts = AccountServiceStub(channel)
        self.schemas = AccountSchemaServiceStub(channel)
        self.sessions = SessionServiceStub(channel)
        self._request_id = uuid.uuid4().hex
        self._started = time.monotonic()

    @classmethod
    @contextmanager
    def connected(cls, connection: Connection) -> Iterator[Self]:
        """Gives a client for as long as the block."""
        with connection.open_channel() as channel:
            yield cls(connection, channel)

    def call(self, method: Method, request: Message) -> Any:  # noqa: ANN401 - the answer of the method
        """Returns what the service answers."""
        seconds = self.connection.timeout_seconds or _CALL_SECONDS
        try:
            return method(request, timeout=seconds, metadata=self._metadata())
        except grpc.RpcError as error:
            raise self._failed(error) from None

    def stream(self, method: Method, request: Message | Iterator[Message]) -> Iterator[Any]:
        """Yields the messages that the service answers with; closed early, it ends the call.

        A method that takes a stream is given an iterator of requests, which it
        takes on a thread of its own.
        """
        with ExitStack() as ending:
            try:
                call = method(request, timeout=self.remaining_seconds(), metadata=self._metadata())
                ending.callback(call.cancel)
                yield from call
            except grpc.RpcError as error:
                raise self._failed(error) from None

    def remaining_seconds(self) -> float | None:
        """Returns how much is left of the time that the command was given, None for no limit."""
        limit = self.connection.timeout_seconds
        return None if limit is None else max(self._started + limit - time.monotonic(), 0)

    def app_name(self) -> str:
        """Returns the name of the app that the options give."""
        app = self.connection.app
        if not app:
            raise UsageError("Which app? Give --app, or set OWNID_APP.")
        if not is_app_id(app):
            raise UsageError("--app takes 1 to 63 letters, digits, '.', '_' and '-'.")
        return app_name(app)

    def account_name(self, text: str) -> str:
        """Returns the name of an account that is given by its name, its id or its key."""
        if is_account_name(text):
            return text
        return f"{self.app_name()}/accounts/{account_id(key_of(text))}"

    def schema_name(self, text: str = "") -> str:
        """Returns the name of the schema in force, or of a revision given by its name or id."""
        if text.startswith("apps/"):
            return text
        app = self.app_name().removeprefix("apps/")
        return account_schema_revision_name(app, text) if text else account_schema_name(app)

    def _metadata(self) -> list[tuple[str, str]]:
        metadata = [("x-request-id", self._request_id)]
        if self.connection.token:
            metadata.append(("authorization", f"Bearer {self.connection.token}"))
        return metadata

    def _failed(self, error: grpc.RpcError) -> CallError:
        return call_error(error, self.connection.address, self._request_id)


def client_command(
    commands: typer.Typer, name: str
) -> Callable[[Callable[Concatenate[Client, Options], None]], Callable[..., None]]:
    """Makes a function a command that has a client, and the options of `Connection.of`."""

    def register(
        run: Callable[Concatenate[Client, Options], None],
    ) -> Callable[..., None]:
        shared = inspect.signature(Connection.of).parameters

        def command(**options: Any) -> None:  # noqa: ANN401 - whatever the command declares
            with reporting():
                _check_text(options)
                connection = Connection.of(**{each: options.pop(each) for each in shared})
                with Client.connected(connection) as client:
                    call: Callable[..., None] = run
                    call(client, **options)

        declare(command, run, shared.values())
        return commands.command(name)(command)

    return register


def _check_text(options: dict[str, Any]) -> None:
    """Refuses what is no text: bytes of the command line that are no UTF-8 arrive as surrogates."""
    for value in options.values():
        for text in value if isinstance(value, list | tuple) else (value,):
            try:
                str(text).encode()
            except UnicodeEncodeError:
                raise UsageError("An argument is no UTF-8.") from None


def is_account_name(text: str) -> bool:
    """Returns whether a text is meant for the full name of an account, not for its key."""
    return text.startswith("apps/") and "/accounts/" in text


def key_of(text: str) -> AccountKey:
    """Returns the key that an argument means: an id, a composite key in JSON, or plain text."""
    if not text:
        raise UsageError("Which account? Give its key, its id or its name.")
    if text.startswith("~"):
        try:
            return parse_account_id(text)
        except InvalidArgument:
            return (text,)
    return _composite(text) or (text,)


def _composite(text: str) -> AccountKey:
    """Returns the parts of `["eu", 7]`, none where the text is something else."""
    if not text.startswith("["):
        return ()
    try:
        parts = json.loads(text, parse_int=str, parse_float=str)
        "".join(parts).encode()
    except (TypeError, ValueError, RecursionError):
        return ()
    return tuple(parts)
