"""Holds the gateway to what browsers do: cookies, origins, events, gRPC-Web, Connect."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPResponse
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from ownid.v1.account_service_pb2 import SearchAccountsRequest, SearchAccountsResponse
from ownid.v1.session_service_pb2 import (
    GetCurrentSessionRequest,
    GetJwksRequest,
    JsonWebKeySet,
    RefreshSessionRequest,
)

from tests.gateway.running import OTHER_ORIGIN, SESSION, Rest, Running
from tests.support.keys import bearer
from tests.support.serving import (
    check_health,
    error_info_in,
    get_account,
    search_accounts,
    send,
)
from tests.support.sessions import ORIGIN

pytestmark = pytest.mark.gateway

SERVICE = "/ownid.v1.SessionService"
PARENT = "apps/shop"


def test_session_lives_in_cookies(shop: Running) -> None:
    """A browser signs in, reads, changes, refreshes and signs out by cookies alone."""
    rest = shop.rest
    entered = shop.signed_in()
    cookie = entered.cookie
    read = rest.call("GET", f"{SESSION}/account", cookie=cookie)
    body = {"profile": {"given_name": "Augusta"}, "etag": read.body["etag"]}
    changed = rest.call("PATCH", f"{SESSION}/account", body, cookie=cookie, origin=ORIGIN)
    refreshed = rest.call("POST", f"{SESSION}:refresh", {}, cookie=cookie, origin=ORIGIN)
    newer = refreshed.cookie
    who = rest.call("GET", SESSION, cookie=newer)
    left = rest.call("DELETE", SESSION, cookie=newer, origin=ORIGIN)
    after = rest.call("GET", f"{SESSION}/account", cookie=newer)

    assert len(entered.cookies) == 2
    assert all("; HttpOnly; Secure; SameSite=Lax" in each for each in entered.cookies)
    assert entered.body.keys() == {"session", "access_token_expire_time"}
    assert read.body["profile"]["email"] == "ada@example.com"
    assert changed.body["profile"]["given_name"] == "Augusta"
    assert newer != cookie
    assert who.body["name"] == entered.body["session"]["name"]
    assert all("Max-Age=0" in each for each in left.cookies)
    assert (after.status, after.reason) == (401, "SESSION_ENDED")


@pytest.mark.parametrize("headers", [{"origin": OTHER_ORIGIN}, {}], ids=["foreign", "none"])
def test_cookies_change_nothing_from_elsewhere(shop: Running, headers: dict[str, str]) -> None:
    """A page that is not allowed, or none, changes nothing though the browser sends cookies."""
    cookie = shop.signed_in().cookie
    body = {"profile": {"given_name": "Eve"}}

    answer = shop.rest.call("PATCH", f"{SESSION}/account", body, cookie=cookie, **headers)

    assert (answer.status, answer.reason) == (403, "ORIGIN_NOT_ALLOWED")
    assert shop.row("SELECT count(*) FROM customers WHERE first_name = 'Eve'") == (0,)


@pytest.mark.parametrize("origin", [OTHER_ORIGIN, "null", ORIGIN.replace("shop", "SHOP"), None])
def test_cookies_change_nothing_from_elsewhere_in_any_protocol(
    shop: Running, origin: str | None
) -> None:
    """Over gRPC-Web and Connect, by GET too, only a page of the app changes something."""
    sent = {"cookie": shop.signed_in().cookie} | ({} if origin is None else {"origin": origin})
    path = f"{SERVICE}/RefreshSession"
    request = RefreshSessionRequest(parent=PARENT).SerializeToString()
    web = {"content_type": "application/grpc-web+proto", **sent}
    connect = {"content_type": "application/proto", "connect_protocol_version": "1", **sent}
    message = base64.urlsafe_b64encode(request).decode().rstrip("=")
    query = f"connect=v1&encoding=proto&base64=1&message={message}"
    by_web = shop.rest.call("POST", path, framed(request), **web)
    by_connect = shop.rest.call("POST", path, request, **connect)
    by_get = shop.rest.call("GET", f"{path}?{query}", **sent)

    assert by_web.header("grpc-status") == "7"
    assert (by_connect.status, by_connect.body["code"]) == (403, "permission_denied")
    assert (by_get.status, by_get.body["code"]) == (403, "permission_denied")
    assert not any(each.cookies for each in (by_web, by_connect, by_get))


@pytest.mark.parametrize("path", [f"{SESSION}/account", f"{SERVICE}/UpdateSessionAccount"])
def test_preflight_lets_the_apps_pages_in(rest: Rest, path: str) -> None:
    """The browser is told that a page of the app may call with cookies, a strange one not."""
    asked = {"access_control_request_method": "PATCH"}
    own = rest.call("OPTIONS", path, origin=ORIGIN, **asked)
    strange = rest.call("OPTIONS", path, origin=OTHER_ORIGIN, **asked)

    assert own.status == 200
    assert own.header("access-control-allow-origin") == ORIGIN
    assert own.header("access-control-allow-credentials") == "true"
    assert "PATCH" in (own.header("access-control-allow-methods") or "")
    assert "content-type" in (own.header("access-control-allow-headers") or "")
    assert strange.header("access-control-allow-origin") is None


def test_answers_are_read_by_the_apps_pages_alone(shop: Running) -> None:
    """An answer, an error too, carries what a page of the app needs to read it."""
    cookie = shop.signed_in().cookie
    read = shop.rest.call("GET", f"{SESSION}/account", cookie=cookie, origin=ORIGIN)
    refused = shop.rest.call("GET", f"{SESSION}/account", origin=ORIGIN)
    unknown = shop.rest.call("GET", f"{SESSION}/nothing", origin=ORIGIN)
    strange = shop.rest.call("GET", f"{SESSION}/account", cookie=cookie, origin=OTHER_ORIGIN)

    assert [each.status for each in (read, refused, unknown)] == [200, 401, 404]
    for each in (read, refused, unknown):
        assert each.header("access-control-allow-origin") == ORIGIN
        assert each.header("access-control-allow-credentials") == "true"
    assert strange.header("access-control-allow-origin") is None


@pytest.mark.parametrize(
    ("verb", "path", "kind", "status"),
    [
        ("GET", "/v1/apps/shop/accounts/1?name=apps/shop/accounts/2", "application/json", 400),
        ("PUT", "/v1/apps/shop/accounts/1", "application/json", 405),
        ("POST", "/v1/apps/shop/accounts:search", "application/grpc-web+proto", 200),
        ("GET", "/v1/apps/shop/nothing", "application/json", 404),
        ("PATCH", "/v1/apps/shop/accounts/1", "application/json", 413),
        ("POST", f"{SERVICE}/GetJwks", "application/json", 415),
    ],
)
def test_refusals_are_read_by_the_apps_pages_alone(
    rest: Rest, verb: str, path: str, kind: str, status: int
) -> None:
    """What the gateway refuses by itself can be read by a page of the app, and by no other."""
    body = b"x" * (4 * 1024**2 + 1) if status == 413 else b"{}"
    own, strange = (
        rest.admin(verb, path, body, content_type=kind, origin=origin)
        for origin in (ORIGIN, OTHER_ORIGIN)
    )

    assert [own.status, strange.status] == [status] * 2
    assert own.header("access-control-allow-origin") == ORIGIN
    assert own.header("access-control-allow-credentials") == "true"
    assert strange.header("access-control-allow-origin") is None


def test_watch_is_events(shop: Running) -> None:
    """A page hears as server-sent events that the account has changed and the session ended."""
    cookie = shop.signed_in().cookie
    with closing(shop.rest.connect()) as connection:
        sent = {"cookie": cookie, "origin": ORIGIN, "accept-encoding": "gzip"}
        connection.request("GET", f"{SESSION}:watch", headers=sent)
        answer = connection.getresponse()
        events = events_in(answer)
        assert "heartbeat" in next(events)
        body = {"profile": {"given_name": threading.current_thread().name}}
        shop.rest.call("PATCH", f"{SESSION}/account", body, cookie=cookie, origin=ORIGIN)
        changed = next(each for each in events if "heartbeat" not in each)
        shop.rest.call("DELETE", SESSION, cookie=cookie, origin=ORIGIN)
        ended = next(each for each in events if "heartbeat" not in each)

        assert answer.getheader("content-type") == "text/event-stream"
        assert answer.getheader("content-encoding") is None
        assert answer.getheader("access-control-allow-origin") == ORIGIN
        assert changed["account_changed"]["etag"]
        assert "session_ended" in ended
        assert list(events) == []


def test_grpc_web_calls_a_method(rest: Rest) -> None:
    """A page that speaks gRPC-Web gets the message, then the trailers, as it reads them."""
    answer = rest.call(
        "POST",
        f"{SERVICE}/GetJwks",
        framed(GetJwksRequest(parent=PARENT).SerializeToString()),
        content_type="application/grpc-web+proto",
        origin=ORIGIN,
        x_grpc_web="1",
    )
    message, trailers = frames(answer.content)

    assert answer.status == 200
    assert answer.header("content-type") == "application/grpc-web+proto"
    assert answer.header("access-control-allow-origin") == ORIGIN
    assert JsonWebKeySet.FromString(message[1]).keys
    assert trailers[0] == 0x80
    assert b"grpc-status:0" in trailers[1]


def test_grpc_web_in_text_calls_a_method(rest: Rest) -> None:
    """A page whose browser reads no bytes gets the same in base64."""
    request = framed(GetJwksRequest(parent=PARENT).SerializeToString())
    kind = "application/grpc-web-text+proto"
    sent = {"content_type": kind, "accept": kind, "x_grpc_web": "1"}
    answer = rest.call("POST", f"{SERVICE}/GetJwks", base64.b64encode(request), **sent)
    message, _ = frames(base64.b64decode(answer.content.partition(b"=")[0] + b"=="))

    assert answer.header("content-type") == kind
    assert JsonWebKeySet.FromString(message[1]).keys


def test_connect_streams(rest: Rest) -> None:
    """A stream over Connect gives its messages in frames, and ends with how it went."""
    request = SearchAccountsRequest(parent=PARENT, chunk_size=1).SerializeToString()
    sent = {"content_type": "application/connect+proto", "connect_protocol_version": "1"}
    answer = rest.admin("POST", "/ownid.v1.AccountService/SearchAccounts", framed(request), **sent)
    *messages, end = frames(answer.content)

    assert len(messages) > 1
    assert all(SearchAccountsResponse.FromString(each).accounts for _, each in messages)
    assert end[0] == 2
    assert "error" not in json.loads(end[1])


def test_connect_calls_a_method(rest: Rest) -> None:
    """A page that speaks Connect gets the bare message, and errors in Connect's own JSON."""
    sent = {"content_type": "application/proto", "connect_protocol_version": "1", "origin": ORIGIN}
    keys = rest.call(
        "POST", f"{SERVICE}/GetJwks", GetJwksRequest(parent=PARENT).SerializeToString(), **sent
    )
    request = GetCurrentSessionRequest(parent=PARENT).SerializeToString()
    refused = rest.call("POST", f"{SERVICE}/GetCurrentSession", request, **sent)

    assert JsonWebKeySet.FromString(keys.content).keys
    assert keys.header("access-control-allow-origin") == ORIGIN
    assert (refused.status, refused.body["code"]) == (401, "unauthenticated")
    packed = next(each for each in refused.body["details"] if "ErrorInfo" in each["type"])
    info = ErrorInfo.FromString(base64.b64decode(packed["value"] + "=="))
    assert info.reason == "CREDENTIAL_MISSING"


def test_connect_in_json_is_refused(rest: Rest) -> None:
    """Connect's JSON, which no server here reads, is refused as Connect says errors."""
    answer = rest.call(
        "POST", f"{SERVICE}/GetJwks", {"parent": PARENT}, connect_protocol_version="1"
    )

    assert (answer.status, answer.body["code"]) == (400, "invalid_argument")
    assert "protobuf alone" in answer.body["message"]


def test_grpc_goes_through_the_same_port(rest: Rest) -> None:
    """Plain gRPC, unary, streaming and health, is passed on with its errors as they are."""
    with grpc.insecure_channel(rest.address) as channel:
        account = get_account(channel)
        found = [each for chunk in search_accounts(channel) for each in chunk.accounts]
        with pytest.raises(grpc.RpcError) as refused:
            get_account(channel, "apps/shop/accounts/77", metadata=bearer())
        health = check_health(channel)

    assert account.name == "apps/shop/accounts/1"
    assert len(found) >= 2
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    assert health == health_pb2.HealthCheckResponse.SERVING


def test_method_that_is_none_is_unimplemented(rest: Rest) -> None:
    """Over gRPC what is no method of the contract is said to be none, a path of REST too."""
    with grpc.insecure_channel(rest.address) as channel:
        for path in (f"{SERVICE}/Nothing", "/v1/apps/shop/session", "/nothing"):
            with pytest.raises(grpc.RpcError) as refused:
                list(send(channel, path, [b""], metadata=bearer()))

            assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
            assert error_info_in(refused.value).reason == "METHOD_UNIMPLEMENTED"


def test_reflection_answers_while_it_is_asked(rest: Rest) -> None:
    """Reflection is a conversation: each answer comes before the next question."""
    asked = threading.Event()

    def questions() -> Iterator[reflection_pb2.ServerReflectionRequest]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")
        asked.wait(20)

    with grpc.insecure_channel(rest.address) as channel:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)  # typed without its methods
        answers = stub.ServerReflectionInfo(questions(), timeout=10)
        try:
            first = next(answers)
        finally:
            asked.set()

    assert "ownid.v1.AccountService" in {e.name for e in first.list_services_response.service}


def events_in(answer: HTTPResponse) -> Iterator[dict[str, dict[str, str]]]:
    """Yields the events of a stream as they come."""
    while line := answer.readline():
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


def framed(message: bytes) -> bytes:
    """Returns a message as gRPC frames it."""
    return b"\0" + len(message).to_bytes(4, "big") + message


def frames(content: bytes) -> list[tuple[int, bytes]]:
    """Returns the frames of an answer: their flags and what is in them."""
    found = []
    while content:
        size = int.from_bytes(content[1:5], "big")
        found.append((content[0], content[5 : 5 + size]))
        content = content[5 + size :]
    return found
