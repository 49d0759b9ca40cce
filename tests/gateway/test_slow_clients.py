"""Holds the gateway to letting go of clients that say nothing, or too little in too long."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import pytest
from ownid.v1 import account_service_pb2_grpc
from ownid.v1.account_service_pb2 import ImportAccountsRequest

from ownid_grpc.gateway import listener
from tests.gateway.running import SESSION, Running, gateway_before, running_shop
from tests.support.keys import bearer, token
from tests.support.serving import Accounts, config_of, serving
from tests.support.sessions import ORIGIN

pytestmark = pytest.mark.gateway

NOBODY = "127.0.0.1:1"
HEAD = f"POST /v1/apps/shop/{{}} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {token()}\r\n"
LONG_BODY = "content-type: application/json\r\ncontent-length: 1000\r\n\r\n"
TIMEOUT_SECONDS = 1
PATIENCE_SECONDS = 10


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Gives a shop whose gateway gives calls little time."""
    words = {"timeout_seconds": TIMEOUT_SECONDS}
    with running_shop(tmp_path_factory.mktemp("slow"), words) as running:
        yield running


def connected(address: str) -> socket.socket:
    """Returns a plain connection."""
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS)


def trickled(address: str, head: str) -> bytes:
    """Returns what comes back to who sends a head, and then a byte now and then."""
    with connected(address) as plug:
        plug.sendall(head.encode())
        plug.settimeout(0.2)
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            try:
                return plug.recv(4096)
            except TimeoutError:
                plug.sendall(b"x")
    pytest.fail("it is waited for without an end")


@pytest.mark.parametrize("path", ["accounts", "accounts:search"], ids=["one answer", "stream"])
def test_body_that_trickles_is_not_waited_for(shop: Running, path: str) -> None:
    """A request has the time of a call to arrive, however many answers there are to it."""
    answer = trickled(shop.rest.address, HEAD.format(path) + LONG_BODY)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"did not arrive in time" in answer


def test_headers_that_trickle_are_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headers have a time of their own."""
    monkeypatch.setattr(listener, "_HEADERS_SECONDS", 1)
    with gateway_before(tmp_path, [NOBODY]) as gateway:
        answer = trickled(gateway.address, HEAD.format("accounts") + "x-slow: ")

    assert not answer or answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTTP/1.1\r\nhost: gateway\r\n\r\n"])
def test_silent_connection_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    """A connection without a call takes nobody's place for long, also one that has made some."""
    monkeypatch.setattr(listener, "_UNUSED_SECONDS", 1)
    with gateway_before(tmp_path, [NOBODY]) as gateway, connected(gateway.address) as plug:
        plug.sendall(sent)
        while plug.recv(4096):
            pass


def test_import_may_pause(shop: Running) -> None:
    """An import goes on past the time of a call, also where its first record is late."""
    pause = threading.Event()

    def records() -> Iterator[ImportAccountsRequest]:
        yield ImportAccountsRequest(config={"parent": "apps/shop"})
        for index in range(2):
            pause.wait(2 * TIMEOUT_SECONDS)
            profile = {"email": f"slow{index}@example.com", "given_name": "Ada"}
            yield ImportAccountsRequest(index=index, account={"profile": profile})

    with grpc.insecure_channel(shop.rest.address) as channel:
        stub: Any = account_service_pb2_grpc.AccountServiceStub(channel)
        results = list(stub.ImportAccounts(records(), metadata=bearer(), timeout=30))

    assert [each.created for each in results] == [True, True]


def test_events_go_on(shop: Running) -> None:
    """A page that watches hears of a change past the time of a call."""
    cookie = shop.signed_in().cookie
    with closing(shop.rest.connect()) as connection:
        connection.request("GET", f"{SESSION}:watch", headers={"cookie": cookie, "origin": ORIGIN})
        answer = connection.getresponse()
        assert b"heartbeat" in answer.readline()
        threading.Event().wait(2 * TIMEOUT_SECONDS)
        body = {"profile": {"given_name": "Augusta"}}
        shop.rest.call("PATCH", f"{SESSION}/account", body, cookie=cookie, origin=ORIGIN)

        assert any(b"account_changed" in line for line in iter(answer.readline, b""))


@pytest.mark.parametrize("words", [{}, {"site": NOBODY}], ids=["alone", "before a site"])
def test_gateway_is_no_way_to_elsewhere(tmp_path: Path, words: dict[str, str]) -> None:
    """CONNECT is refused: who wants to get through to another host does not."""
    with (
        serving(config_of(tmp_path), Accounts()) as other,
        gateway_before(tmp_path, [NOBODY], **words) as gateway,
        connected(gateway.address) as plug,
    ):
        plug.sendall(f"CONNECT {other.address} HTTP/1.1\r\nhost: {other.address}\r\n\r\n".encode())
        answer = plug.recv(4096)

    assert answer.startswith(b"HTTP/1.1 403 ")
