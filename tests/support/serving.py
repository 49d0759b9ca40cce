"""A server on loopback with servicers of a test's own, and clients that call it."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_health.v1 import health_pb2, health_pb2_grpc
from ownid.v1 import (
    account_pb2,
    account_schema_service_pb2_grpc,
    account_service_pb2,
    account_service_pb2_grpc,
    session_service_pb2_grpc,
)

from ownid_grpc.config import Config, parse_config
from ownid_grpc.server.access import CONTRACT, access_of
from ownid_grpc.server.credentials import Credentials
from ownid_grpc.server.gate import Gate, SessionDoor
from ownid_grpc.server.rates import Rates
from ownid_grpc.server.runner import GrpcServer
from ownid_grpc.services.key_sources import KeySets, key_sources
from ownid_grpc.telemetry.logs import new_logger
from ownid_grpc.telemetry.telemetry import Telemetry
from tests.support.keys import AUDIENCE, ISSUER, KEY_ID, bearer, public_pem

ACCOUNTS = "/ownid.v1.AccountService"
ACCOUNT_NAME = "apps/shop/accounts/1"

Unary = Callable[[Any, grpc.ServicerContext], object]
Stream = Callable[[Any, grpc.ServicerContext], Iterator[object]]


@dataclass
class Accounts(account_service_pb2_grpc.AccountServiceServicer):
    """Does what a test says: get and search; nothing else is written."""

    on_get: Unary = lambda request, _: account_pb2.Account(name=request.name)
    on_search: Stream = lambda *_: iter([account_service_pb2.SearchAccountsResponse()])

    def GetAccount(self, request: object, context: grpc.ServicerContext) -> object:  # noqa: N802 - of the contract
        """Answers as the test says."""
        return self.on_get(request, context)

    def SearchAccounts(self, request: object, context: grpc.ServicerContext) -> Iterator[object]:  # noqa: N802 - of the contract
        """Answers as the test says."""
        yield from self.on_search(request, context)


def config_of(
    folder: Path, server: str = "", drain_seconds: float = 10, *, shop: str = "", caller: str = ""
) -> Config:
    """Returns a configuration of the app shop, with the one caller whose key tests have.

    `server`, `shop` and `caller` are more words of each.
    """
    (folder / f"{KEY_ID}.pub.pem").write_bytes(public_pem())
    text = f"""
server: {{listen: "127.0.0.1:0", drain_seconds: {drain_seconds}, {server}}}
callers:
  - name: backoffice
    issuer: {ISSUER}
    audience: {AUDIENCE}
    keys: [{KEY_ID}.pub.pem]
    apps: [shop]
    scopes: ["accounts.read", "accounts.write", "sessions.read"]
    {caller}
apps: {{shop: {{repository: {{type: memory}}, {shop}}}, other: {{repository: {{type: memory}}}}}}
"""
    return parse_config(text, {}, folder=folder)


@dataclass(frozen=True)
class Serving:
    """A server that runs, and where."""

    server: GrpcServer
    address: str

    @contextmanager
    def channel(self, options: Sequence[tuple[str, int]] = ()) -> Iterator[grpc.Channel]:
        """Gives a connection of its own."""
        own = ("grpc.use_local_subchannel_pool", 1)
        with grpc.insecure_channel(self.address, options=[own, *options]) as channel:
            yield channel


@contextmanager
def serving(config: Config, accounts: Accounts | None = None) -> Iterator[Serving]:
    """Runs a server with these servicers for as long as the block."""

    def add_servicers(server: grpc.Server) -> None:
        account_service_pb2_grpc.add_AccountServiceServicer_to_server(
            accounts or Accounts(), server
        )
        account_schema_service_pb2_grpc.add_AccountSchemaServiceServicer_to_server(
            account_schema_service_pb2_grpc.AccountSchemaServiceServicer(), server
        )
        session_service_pb2_grpc.add_SessionServiceServicer_to_server(
            session_service_pb2_grpc.SessionServiceServicer(), server
        )

    with serving_with(config, add_servicers) as running:
        yield running


@contextmanager
def serving_with(
    config: Config,
    add_servicers: Callable[[grpc.Server], None],
    sessions: SessionDoor | None = None,
) -> Iterator[Serving]:
    """Runs a server of whatever `add_servicers` adds for as long as the block."""
    access = access_of(CONTRACT)
    log = new_logger()
    sources = key_sources(config.callers, KeySets(log), log)
    scopes = {each.scope for each in access.values()}
    rates = Rates(config.callers, {app: words.limits for app, words in config.apps.items()})
    gate = Gate(Credentials(config.callers, sources, scopes, time.time), rates, sessions)
    server = GrpcServer(
        config.server,
        access,
        gate,
        add_servicers,
        Telemetry(log),
        concurrent_calls=config.concurrent_calls,
    )
    address = server.start()
    try:
        yield Serving(server, address)
    finally:
        server.hurry()
        server.drain()


def get_account(channel: grpc.Channel, name: str = ACCOUNT_NAME, **options: Any) -> Any:  # noqa: ANN401 - as the stubs have it
    """Calls GetAccount, by default with a good token."""
    stub = account_service_pb2_grpc.AccountServiceStub(channel)
    request = account_service_pb2.GetAccountRequest(name=name)
    return stub.GetAccount(request, **({"metadata": bearer(), "timeout": 20} | options))


def search_accounts(channel: grpc.Channel, **options: Any) -> Any:  # noqa: ANN401 - as the stubs have it
    """Calls SearchAccounts, by default with a good token."""
    stub = account_service_pb2_grpc.AccountServiceStub(channel)
    request = account_service_pb2.SearchAccountsRequest(parent="apps/shop")
    return stub.SearchAccounts(request, **({"metadata": bearer(), "timeout": 20} | options))


def send(channel: Any, path: str, contents: Iterable[bytes], **options: Any) -> Any:  # noqa: ANN401 - as the stubs have it
    """Calls any path with any bytes, and returns the stream of answers."""
    return channel.stream_stream(path)(iter(contents), **({"timeout": 20} | options))


def begin_get(channel: Any) -> Any:  # noqa: ANN401 - as the stubs have it
    """Calls GetAccount, with a good token and no name, and returns at once with what will come."""
    return channel.unary_unary(f"{ACCOUNTS}/GetAccount").future(b"", metadata=bearer())


def check_health(channel: grpc.Channel, service: str = "") -> int:
    """Returns the health of a service."""
    request = health_pb2.HealthCheckRequest(service=service)
    stub: Any = health_pb2_grpc.HealthStub(channel)  # typed without its methods
    status: int = stub.Check(request, timeout=5).status
    return status


def watch_health(channel: grpc.Channel, service: str = "") -> Iterator[int]:
    """Yields the health of a service as it changes."""
    stub: Any = health_pb2_grpc.HealthStub(channel)  # typed without its methods
    for answer in stub.Watch(health_pb2.HealthCheckRequest(service=service), timeout=30):
        yield answer.status


def status_in(error: Any) -> Status:  # noqa: ANN401 - a RpcError that is a Call, which no type says
    """Returns the status that an error carries."""
    for key, value in error.trailing_metadata():
        if key == "grpc-status-details-bin":
            return Status.FromString(value)
    raise AssertionError(f"{error.code()} carries no status: {error.details()}")


def error_info_in(error: Any) -> ErrorInfo:  # noqa: ANN401 - likewise
    """Returns the ErrorInfo that an error carries."""
    info = ErrorInfo()
    for detail in status_in(error).details:
        if detail.Unpack(info):
            return info
    raise AssertionError("The status has no ErrorInfo.")
