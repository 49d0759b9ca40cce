"""Holds the gateway to what it lets in: how much, how many, how often."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import grpc
import pytest
from ownid.v1 import account_service_pb2, account_service_pb2_grpc
from ownid.v1.session_service_pb2 import GetJwksRequest

from tests.gateway.running import Answer, Rest, gateway_before, running_shop
from tests.support.keys import bearer
from tests.support.serving import Accounts, config_of, get_account, serving
from tests.support.sessions import ORIGIN

pytestmark = pytest.mark.gateway

ACCOUNT = "/v1/apps/shop/accounts/1"
COUNT = 100
LARGE = "x" * 1024**2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that answers."""
    with serving(config_of(tmp_path_factory.mktemp("server")), Accounts()) as running:
        yield running.address


def test_large_request_is_refused(server: str, tmp_path: Path) -> None:
    """A request over the limit is refused with what the limit is, before a server sees it."""
    with gateway_before(tmp_path, [server], max_request_bytes=65536) as gateway:
        body = {"profile": {"note": LARGE}}
        answer = Rest(gateway.address).admin("PATCH", ACCOUNT, body)
        channel = grpc.insecure_channel(gateway.address)
        with channel, pytest.raises(grpc.RpcError) as refused:
            get_account(channel, LARGE)

    assert (answer.status, answer.body["code"], answer.reason) == (413, 8, "LIMIT_EXCEEDED")
    assert answer.body["details"][0]["metadata"] == {"limit": "request_bytes", "maximum": "65536"}
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_request_that_the_server_would_refuse_is_too_large(server: str, tmp_path: Path) -> None:
    """Unless it is said, what is over the server's limit is 413 from the gateway, in any form."""
    with gateway_before(tmp_path, [server]) as gateway:
        body = {"profile": {"note": 4 * LARGE}}
        answer = Rest(gateway.address).admin("PATCH", ACCOUNT, body)

    assert (answer.status, answer.reason) == (413, "LIMIT_EXCEEDED")
    limit = {"limit": "request_bytes", "maximum": str(4 * 1024**2)}
    assert answer.body["details"][0]["metadata"] == limit


def test_large_request_of_a_page_is_refused_in_its_protocol(server: str, tmp_path: Path) -> None:
    """Over gRPC-Web and Connect the refusal has the code that its details have."""
    message = account_service_pb2.GetAccountRequest(name=LARGE).SerializeToString()
    path = "/ownid.v1.AccountService/GetAccount"
    with gateway_before(tmp_path, [server], max_request_bytes=65536) as gateway:
        rest = Rest(gateway.address)
        web = rest.admin("POST", path, message, content_type="application/grpc-web+proto")
        sent = {"content_type": "application/proto", "connect_protocol_version": "1"}
        connect = rest.admin("POST", path, message, **sent)

    assert (web.status, web.header("grpc-status")) == (200, "8")
    assert web.header("grpc-message") == "The request is larger than the gateway takes."
    assert web.content == b""
    assert (connect.status, connect.body["code"]) == (429, "resource_exhausted")


def test_large_headers_are_refused(server: str, tmp_path: Path) -> None:
    """Headers over the limit are refused as every error is said."""
    with gateway_before(tmp_path, [server]) as gateway:
        answer = Rest(gateway.address).admin("GET", ACCOUNT, x_large="x" * 70_000)

    assert (answer.status, answer.body["code"]) == (431, 8)


def test_import_is_as_long_as_it_likes(tmp_path: Path) -> None:
    """A stream of records is not a large request: it passes, each record as it comes."""
    with (
        running_shop(tmp_path, {"max_request_bytes": 2048}) as shop,
        grpc.insecure_channel(shop.rest.address) as channel,
    ):
        stub: Any = account_service_pb2_grpc.AccountServiceStub(channel)
        results = list(stub.ImportAccounts(records(), metadata=bearer(), timeout=30))

    assert [each.index for each in results if each.created] == list(range(COUNT))


def records() -> Iterator[account_service_pb2.ImportAccountsRequest]:
    """Yields an import of more bytes than a request may have."""
    request = account_service_pb2.ImportAccountsRequest
    yield request(config={"parent": "apps/shop"})
    for index in range(COUNT):
        profile = {"email": f"user{index}@example.com", "given_name": "Ada"}
        yield request(index=index, account={"profile": profile})


def test_requests_beyond_the_rate_are_refused(server: str, tmp_path: Path) -> None:
    """More requests than a second may have are refused, and told to try again."""
    with gateway_before(tmp_path, [server], requests_per_second=1) as gateway:
        rest = Rest(gateway.address)
        answers = [rest.admin("GET", ACCOUNT) for _ in range(40)]
        with grpc.insecure_channel(gateway.address) as channel:
            codes = {code_of(channel) for _ in range(40)}

    refused = [each for each in answers if each.status == 429]
    assert {each.status for each in answers} == {200, 429}
    assert refused[0].reason == "LIMIT_EXCEEDED"
    assert refused[0].body["details"][1]["retry_delay"] == "1s"
    assert grpc.StatusCode.RESOURCE_EXHAUSTED in codes
    assert codes <= {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}


def test_page_reads_that_there_are_too_many(tmp_path: Path) -> None:
    """Over the rate, a page gets the refusal in the protocol that it speaks, and may read it."""
    message = GetJwksRequest(parent="apps/shop").SerializeToString()
    path = "/ownid.v1.SessionService/GetJwks"
    connect = {"content_type": "application/proto", "connect_protocol_version": "1"}
    web = {"content_type": "application/grpc-web+proto"}
    with gateway_before(tmp_path, ["127.0.0.1:1"], requests_per_second=1) as gateway:
        rest = Rest(gateway.address)
        by_rest, by_web, by_connect = (
            refused_at_last(rest, verb, place, content, **said)
            for verb, place, content, said in (
                ("GET", "/v1/apps/shop/jwks.json", None, {}),
                ("POST", path, b"\0" + len(message).to_bytes(4, "big") + message, web),
                ("POST", path, message, connect),
            )
        )

    assert (by_rest.status, by_rest.reason) == (429, "LIMIT_EXCEEDED")
    assert by_web.header("grpc-status") == "8"
    assert (by_connect.status, by_connect.body["code"]) == (429, "resource_exhausted")
    for each in (by_rest, by_web, by_connect):
        assert each.header("access-control-allow-origin") == ORIGIN


def refused_at_last(
    rest: Rest, verb: str, path: str, content: bytes | None, **headers: str
) -> Answer:
    """Returns how a call of a page is refused, once more of them come than may."""
    answers = (rest.call(verb, path, content, origin=ORIGIN, **headers) for _ in range(40))
    return next(each for each in answers if each.status == 429 or each.header("grpc-status") == "8")


def code_of(channel: grpc.Channel) -> grpc.StatusCode:
    """Returns how a call ends."""
    try:
        get_account(channel)
    except grpc.RpcError as error:
        call: Any = error
        code: grpc.StatusCode = call.code()
        return code
    return grpc.StatusCode.OK


def test_connections_beyond_the_limit_are_closed(server: str, tmp_path: Path) -> None:
    """Of more connections than are allowed the last are closed, and the first go on."""
    with gateway_before(tmp_path, [server], max_connections=3) as gateway, ExitStack() as opened:
        host, _, port = gateway.address.rpartition(":")
        plugs = [
            opened.enter_context(closing(socket.create_connection((host, int(port)), 5)))
            for _ in range(8)
        ]
        for plug in plugs:
            plug.settimeout(10)
        closed = [plug for plug in plugs if is_closed(plug)]

        assert len(closed) == 5


def is_closed(plug: socket.socket) -> bool:
    """Returns whether the other end hangs up instead of answering."""
    try:
        plug.sendall(b"GET /healthz HTTP/1.1\r\nhost: gateway\r\n\r\n")
        return plug.recv(1) == b""
    except OSError:
        return True
