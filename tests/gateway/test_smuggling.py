"""Holds the gateway to reading a request in one way: what could be read in two gets nowhere."""

import json
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.gateway.running import SESSION, Rest, Running
from tests.support.keys import token
from tests.support.sessions import ORIGIN

pytestmark = pytest.mark.gateway

HIDDEN = (
    f"DELETE /v1/apps/shop/accounts/2 HTTP/1.1\r\nhost: gateway\r\n"
    f"authorization: Bearer {token()}\r\ncontent-length: 0\r\n\r\n"
)
"""What is hidden in another request: a call that would change something."""

CHUNKED = "0\r\n\r\n" + HIDDEN
OTHER = "transfer-encoding: x\r\n"
LENGTH = f"content-length: {len(CHUNKED)}\r\n"

TWO_WAYS = {
    "length and chunks": f"{LENGTH}transfer-encoding: chunked\r\n\r\n{CHUNKED}",
    "chunks and length": f"transfer-encoding: chunked\r\n{LENGTH}\r\n{CHUNKED}",
    "chunks in odd words": f"{LENGTH}transfer-encoding: xchunked\r\n\r\n{CHUNKED}",
    "chunks among others": f"{LENGTH}transfer-encoding: chunked, identity\r\n\r\n{CHUNKED}",
    "chunks and more": f"{LENGTH}transfer-encoding: chunked\r\n{OTHER}\r\n{CHUNKED}",
    "chunks behind a tab": f"{LENGTH}transfer-encoding:\tchunked\r\n\r\n{CHUNKED}",
    "chunks before a colon": f"{LENGTH}transfer-encoding : chunked\r\n\r\n{CHUNKED}",
    "chunks after a line feed": f"{LENGTH}x: y\ntransfer-encoding: chunked\r\n\r\n{CHUNKED}",
    "chunks on a folded line": f"{LENGTH}x: y\r\n transfer-encoding: chunked\r\n\r\n{CHUNKED}",
    "two lengths": f"content-length: 0\r\n{LENGTH}\r\n{CHUNKED}",
    "lengths in one": f"content-length: 0, {len(CHUNKED)}\r\n\r\n{CHUNKED}",
    "length with a sign": f"content-length: +0\r\n\r\n{CHUNKED}",
    "length that is none": f"content-length: -1\r\n\r\n{CHUNKED}",
    "carriage return alone": f"x: y\rcontent-length: 0\r\n{LENGTH}\r\n{CHUNKED}",
    "NUL in a header": f"x: y\0\r\n{LENGTH}\r\n{CHUNKED}",
    "size of a chunk": f"transfer-encoding: chunked\r\n\r\n0x0\r\n\r\n{HIDDEN}",
}


def answered(rest: Rest, content: bytes) -> bytes:
    """Returns all that comes back on a connection until the gateway closes it, or is done."""
    host, _, port = rest.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as plug:
        plug.sendall(content)
        plug.shutdown(socket.SHUT_WR)
        received = bytearray()
        with suppress(ConnectionResetError):
            while part := plug.recv(65536):
                received += part
        return bytes(received)


@pytest.mark.parametrize("form", TWO_WAYS)
def test_request_that_can_be_read_in_two_ways_is_refused(shop: Running, form: str) -> None:
    """What is hidden in a request is not taken for another, however its end is written."""
    head = (
        "POST /v1/apps/shop/accounts:search HTTP/1.1\r\nhost: gateway\r\n"
        f"authorization: Bearer {token()}\r\ncontent-type: application/json\r\n"
    )

    received = answered(shop.rest, (head + TWO_WAYS[form]).encode())

    assert re.findall(rb"HTTP/1\.1 (\d)", received) in ([b"4"], [b"5"], [])
    assert shop.row("SELECT count(*) FROM customers WHERE id = 2") == (1,)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-http-method-override": "DELETE", "x-method-override": "DELETE"},
        {"x-original-url": "/v1/apps/shop/accounts/2", "x-rewrite-url": "/v1/apps/shop/accounts/2"},
        {"x-envoy-original-path": "/v1/apps/shop/accounts/2", "x-forwarded-path": "/evil"},
        {"x-forwarded-host": "evil.example.com", "x-forwarded-proto": "gopher"},
        {"x-forwarded-for": "127.0.0.1", "x-envoy-external-address": "127.0.0.1"},
        {"x-envoy-upstream-alt-stat-name": "x", "x-envoy-internal": "true"},
        {"te": "gzip", "grpc-encoding": "evil", "grpc-status": "0"},
        {
            "forwarded": "for=127.0.0.1;host=evil",
            "x-client-cert": "x",
            "x-forwarded-client-cert": "x",
        },
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_headers_change_no_call(rest: Rest, headers: dict[str, str]) -> None:
    """No header makes another call of a request, sends it elsewhere, or vouches for its sender."""
    plain = rest.call("GET", "/v1/apps/shop/accounts/1", **headers)
    known = rest.admin("GET", "/v1/apps/shop/accounts/1", **headers)

    assert (plain.status, plain.reason) == (401, "CREDENTIAL_MISSING")
    assert (known.status, known.body["profile"]["email"]) == (200, "ada@example.com")


def raw(rest: Rest, path: str, headers: list[tuple[str, str]]) -> tuple[int, Any]:
    """Returns status and body of a GET whose headers may be there twice."""
    connection: HTTPConnection = rest.connect()
    try:
        connection.putrequest("GET", path)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_two_authorizations_are_none(rest: Rest) -> None:
    """A second credential is not looked past, whichever of them is good."""
    good, bad = (("authorization", f"Bearer {each}") for each in (token(), "x"))

    for pair in ([good, bad], [bad, good], [good, good]):
        assert raw(rest, "/v1/apps/shop/accounts/1", pair)[0] == 401


def test_cookie_tossed_in_is_not_believed(shop: Running) -> None:
    """A cookie that somebody else has set beside ours, or in our place, signs nobody in."""
    ours = next(each for each in shop.signed_in().cookie.split("; ") if "access" in each)
    name, _, value = ours.partition("=")
    plain = name.removeprefix("__Host-")
    status = {
        form: raw(shop.rest, f"{SESSION}/account", [("cookie", each) for each in cookies])[0]
        for form, cookies in _tossed(name, plain, value).items()
    }

    assert status == {
        "ours": 200,
        "beside another's": 200,
        "twice in one": 401,
        "twice in two": 401,
        "without its prefix": 401,
        "in other case": 401,
        "quoted": 401,
        "of another app": 401,
    }


def _tossed(name: str, plain: str, value: str) -> Mapping[str, list[str]]:
    return {
        "ours": [f"{name}={value}"],
        "beside another's": [f"{plain}=evil; {name}={value}"],
        "twice in one": [f"{name}={value}; {name}=evil"],
        "twice in two": [f"{name}=evil", f"{name}={value}"],
        "without its prefix": [f"{plain}={value}"],
        "in other case": [f"{name.upper()}={value}"],
        "quoted": [f'{name}="{value}"'],
        "of another app": [f"{name}x={value}"],
    }


ODD_JSON = {
    "a name twice": '{"profile": {"given_name": "Eve", "given_name": "Mallory"}}',
    "a number too large": '{"profile": {"points": 1e400}}',
    "an integer too large": '{"profile": {"points": 99999999999999999999999}}',
    "digits without end": '{"profile": {"points": ' + "9" * 5000 + "}}",
    "no number": '{"profile": {"points": NaN}}',
    "half a pair": '{"profile": {"given_name": "\\ud800"}}',
    "too deep": '{"profile": {"address": ' + '{"a":' * 200 + "1" + "}" * 202,
    "lists too deep": '{"profile": {"address": ' + "[" * 50_000 + "]" * 50_000 + "}}",
    "a list": "[]",
    "two": "{} {}",
    "not UTF-8": b'{"profile": {"given_name": "\xc0\xaf\xff"}}'.decode("latin-1"),
}


@pytest.mark.parametrize("form", ODD_JSON)
def test_odd_json_is_read_one_way_or_refused(shop: Running, form: str) -> None:
    """JSON that readers disagree about changes nothing: it is refused, as the caller's fault."""
    before = shop.row("SELECT first_name, points FROM customers WHERE id = 1")

    answer = shop.rest.admin(
        "PATCH", "/v1/apps/shop/accounts/1", ODD_JSON[form].encode("latin-1"), origin=ORIGIN
    )

    assert (answer.status, answer.body["code"]) == (400, 3)
    assert shop.row("SELECT first_name, points FROM customers WHERE id = 1") == before


def test_object_said_twice_is_the_later_one(shop: Running) -> None:
    """Of an object that is said twice the later words count, as protobuf has it everywhere."""
    body = b'{"profile": {"given_name": "Eve"}, "profile": {"given_name": "Ben"}}'

    answer = shop.rest.admin("PATCH", "/v1/apps/shop/accounts/2", body)

    assert answer.body["profile"]["given_name"] == "Ben"
    assert shop.row("SELECT first_name FROM customers WHERE id = 2") == ("Ben",)
