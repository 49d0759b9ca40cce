"""Holds the gateway to passing what is no call on to a site, as it is, and nothing else."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2

from tests.gateway.running import SESSION, Rest, Running, running_shop
from tests.support.service import free_address
from tests.support.serving import check_health, get_account

pytestmark = pytest.mark.gateway


class Echo(BaseHTTPRequestHandler):
    """A site that answers with what it was asked."""

    def do_GET(self) -> None:
        """Answers with the line, the cookies, and whom it is asked for."""
        told = (self.requestline, self.headers["cookie"], self.headers["x-forwarded-for"])
        self._answer("\n".join(map(str, told)).encode())

    def do_POST(self) -> None:
        """Answers with the body."""
        self._answer(self.rfile.read(int(self.headers["content-length"])))

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name there
        """Keeps quiet."""

    def _answer(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/plain")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture(scope="module")
def shop_with_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Gives a shop whose gateway has a site behind it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        place = f"127.0.0.1:{site.server_port}"
        with running_shop(tmp_path_factory.mktemp("site"), {"site": place}) as running:
            yield running
        site.shutdown()


@pytest.mark.parametrize("path", ["/", "/profile?tab=2", "/v1", "/assets/site.css", "/grpc"])
def test_what_is_no_call_goes_to_the_site(shop_with_site: Running, path: str) -> None:
    """The site gets it whole, with the cookies, and the client's address behind what it claims."""
    forged = {"cookie": "a=b", "x_forwarded_for": "203.0.113.9"}
    answer = shop_with_site.rest.call("GET", path, **forged)

    assert answer.status == 200
    assert answer.header("content-type") == "text/plain"
    line, cookie, clients = answer.content.decode().splitlines()
    assert line == f"GET {path} HTTP/1.1"
    assert cookie == "a=b"
    assert ip_address(clients.rpartition(",")[2]) != ip_address("203.0.113.9")


def test_bodies_arrive_as_they_are(shop_with_site: Running) -> None:
    """What a page sends to its own site is no message of the contract."""
    answer = shop_with_site.rest.call("POST", "/sign-in", {"password": "x"})

    assert answer.content == b'{"password": "x"}'


@pytest.mark.parametrize(
    ("path", "status"),
    [("/v1/nothing", 404), (SESSION, 401), (f"{SESSION}:watch", 401)],
)
def test_calls_do_not_go_to_the_site(shop_with_site: Running, path: str, status: int) -> None:
    """REST is answered as ever, unknown paths of it too."""
    assert shop_with_site.rest.call("GET", path).status == status


def test_grpc_does_not_go_to_the_site(shop_with_site: Running) -> None:
    """So is gRPC, health and methods that are not there included."""
    with grpc.insecure_channel(shop_with_site.rest.address) as channel:
        account = get_account(channel)
        health = check_health(channel)
        unknown_method = channel.unary_unary("/ownid.v1.AccountService/Unknown", bytes, bytes)
        with pytest.raises(grpc.RpcError) as unknown:
            unknown_method(b"", timeout=20)

    assert account.name == "apps/shop/accounts/1"
    assert health == health_pb2.HealthCheckResponse.SERVING
    assert unknown.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_site_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    """Calls go on without the site; its pages are answered with 503."""
    with running_shop(tmp_path, {"site": free_address()}) as running:
        rest: Rest = running.rest

        assert rest.call("GET", "/").status == 503
        assert rest.call("GET", SESSION).status == 401
