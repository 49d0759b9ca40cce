"""Holds the benchmark's own clients to what a server really says."""

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import pytest
from ownid.v1.account_pb2 import Account
from ownid.v1.account_service_pb2 import (
    GetAccountRequest,
    ImportAccountsRequest,
    ImportAccountsResponse,
    SearchAccountsRequest,
    SearchAccountsResponse,
)
from ownid.v1.account_service_pb2_grpc import (
    AccountServiceServicer,
    add_AccountServiceServicer_to_server,
)

from bench.load.closed_loop import Call, load_grpc, load_rest
from bench.load.http1 import RestRequest
from bench.load.http2 import WrongAnswer, framed
from bench.load.streams import import_all, search

_CHUNKS, _CHUNK = 40, 500
_LONG = "x" * 40
_UNKNOWN = "apps/shop/accounts/unknown"


class Accounts(AccountServiceServicer):
    """Answers without a database."""

    def GetAccount(self, request: GetAccountRequest, context: grpc.ServicerContext) -> Account:  # noqa: N802 - of the contract
        """Returns the account asked for, but for one that is not there."""
        if request.name == _UNKNOWN:
            context.abort(grpc.StatusCode.NOT_FOUND, "not there")
        return Account(name=request.name)

    def SearchAccounts(  # noqa: N802 - of the contract
        self, _: SearchAccountsRequest, __: grpc.ServicerContext
    ) -> Iterator[SearchAccountsResponse]:
        """Yields more than a window of HTTP/2 takes at once."""
        chunk = SearchAccountsResponse(accounts=[Account(name=_LONG)] * _CHUNK, resume_token=_LONG)
        yield from itertools.repeat(chunk, _CHUNKS)

    def ImportAccounts(  # noqa: N802 - of the contract
        self, requests: Iterator[ImportAccountsRequest], _: grpc.ServicerContext
    ) -> Iterator[ImportAccountsResponse]:
        """Answers each account, but for the configuration before them."""
        for request in requests:
            if request.HasField("account"):
                yield ImportAccountsResponse(index=request.index, name=request.account.name)


@pytest.fixture(scope="module", name="address")
def address_of_accounts() -> Iterator[str]:
    """Gives the address of a server of gRPC."""
    server = grpc.server(ThreadPoolExecutor(4))
    add_AccountServiceServicer_to_server(Accounts(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


def asked_for(name: str, expected: bytes) -> Iterator[Call[bytes]]:
    """Yields the same call again and again."""
    request = GetAccountRequest(name=name).SerializeToString()
    return itertools.repeat(Call(request, lambda answer: expected in answer))


def test_calls_are_counted_with_the_time_that_they_took(address: str) -> None:
    """Every call that was answered rightly counts once, with a latency of its own."""
    calls = asked_for("apps/shop/accounts/1", b"accounts/1")

    answered = load_grpc(address, "AccountService/GetAccount", calls, 0.1, connections=3)

    assert answered.calls == len(answered.latencies) >= 3
    assert answered.percentile(0.5) <= answered.percentile(0.99)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("apps/shop/accounts/1", b"accounts/2", id="another-account"),
        pytest.param(_UNKNOWN, b"", id="an-error"),
    ],
)
def test_a_wrong_answer_ends_the_measurement(address: str, name: str, expected: bytes) -> None:
    """What was not answered as it must be is never measured."""
    calls = asked_for(name, expected)

    with pytest.raises(WrongAnswer):
        load_grpc(address, "AccountService/GetAccount", calls, 0.1)


def test_a_search_is_counted_to_its_end(address: str) -> None:
    """All accounts of a stream count that is longer than the windows of HTTP/2."""
    came = search(address, SearchAccountsRequest(parent="apps/shop").SerializeToString())

    assert came.accounts == _CHUNKS * _CHUNK
    assert came.octets > came.accounts * len(_LONG)
    assert 0 < came.first_seconds <= came.seconds


def test_an_import_is_sent_as_fast_as_it_is_taken(address: str) -> None:
    """All accounts are sent, beyond the windows of HTTP/2, and each result counts."""
    messages = [ImportAccountsRequest(index=index) for index in range(5_000)]
    for message in messages:
        message.account.name = f"apps/shop/accounts/{_LONG}"

    came = import_all(address, (framed(message.SerializeToString()) for message in messages))

    assert came.accounts == len(messages)


class Pages(BaseHTTPRequestHandler):
    """Answers `/whole` with a length, `/parts` in chunks, and nothing else."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answers."""
        self.send_response(404 if self.path == "/none" else 200)
        if self.path == "/parts":
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"4\r\nthe \r\n6\r\nanswer\r\n0\r\n\r\n")
            return
        self.send_header("content-length", "10")
        self.end_headers()
        self.wfile.write(b"the answer")

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - as the base class has it
        """Says nothing."""


@contextmanager
def pages() -> Iterator[str]:
    """Gives the address of a server of HTTP."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["/whole", "/parts"])
def test_answers_of_http_are_read_whole(path: str) -> None:
    """An answer counts once all of it has come, however its length is told."""
    calls = itertools.repeat(Call(RestRequest("GET", path), lambda each: b"answer" in each))

    with pages() as address:
        answered = load_rest(address, calls, 0.1)

    assert answered.calls >= 8


def test_an_error_of_http_ends_the_measurement() -> None:
    """What was refused is never measured."""
    calls = itertools.repeat(Call(RestRequest("GET", "/none"), lambda _: True))

    with pages() as address, pytest.raises(WrongAnswer):
        load_rest(address, calls, 0.1)
