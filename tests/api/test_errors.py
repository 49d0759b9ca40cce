"""What goes wrong: always a status with its reason, whoever finds it."""

import threading
from pathlib import Path

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from google.rpc.error_details_pb2 import RequestInfo
from hypothesis import given
from hypothesis import strategies as st
from ownid.v1 import account_service_pb2
from structlog.testing import capture_logs

from ownid_grpc.errors import InvalidArgument, Reason
from ownid_grpc.server.call import call_of
from tests.support.keys import bearer
from tests.support.serving import (
    ACCOUNTS,
    Accounts,
    begin_get,
    config_of,
    error_info_in,
    get_account,
    search_accounts,
    send,
    serving,
    status_in,
)

GET = f"{ACCOUNTS}/GetAccount"


def refusal_of(channel: grpc.Channel, path: str, *contents: bytes) -> grpc.RpcError:
    """Returns the error with which a path answers some messages of bytes."""
    with pytest.raises(grpc.RpcError) as caught:
        list(send(channel, path, contents, metadata=bearer()))
    return caught.value


@pytest.mark.parametrize(
    "path",
    [f"{ACCOUNTS}/Nothing", "/ownid.v1.Nothing/GetAccount", "/x/y", "/x", "//", "/grpc.x.Y/Z"],
)
def test_unknown_method_is_unimplemented_with_a_reason(channel: grpc.Channel, path: str) -> None:
    """A method that is not there is answered with a reason like any other error."""
    error = refusal_of(channel, path)

    assert error.code() is grpc.StatusCode.UNIMPLEMENTED
    assert error_info_in(error).reason == "METHOD_UNIMPLEMENTED"


@pytest.mark.parametrize(
    "path",
    [
        f"{ACCOUNTS}/GetAccount?login_id=ada@example.com",
        f"{ACCOUNTS}/ada@example.com",
        "/ada@example.com/GetAccount",
        "/x/" + "y" * 10_000,
    ],
    ids=["query", "method", "service", "long"],
)
def test_nothing_of_an_unknown_path_is_logged(tmp_path: Path, path: str) -> None:
    """Whatever somebody sends for a path may be about a person, and is not in the log."""
    with (
        capture_logs() as logs,
        serving(config_of(tmp_path)) as running,
        running.channel() as channel,
    ):
        error = refusal_of(channel, path)

    assert error_info_in(error).reason == "METHOD_UNIMPLEMENTED"
    assert [event["method"] for event in logs if event["event"] == "call"] == ["unknown"]
    assert path not in str(logs)


@pytest.mark.parametrize(
    "content",
    [b"\xff", b"\x0a\x05ab", b"\x0a\x02\xff\xfe"],
    ids=["no tag", "cut short", "not UTF-8"],
)
def test_bytes_that_are_no_message_are_an_invalid_argument(
    channel: grpc.Channel, content: bytes
) -> None:
    """Bytes that are no request are the caller's fault, and said to be."""
    error = refusal_of(channel, GET, content)

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert error_info_in(error).reason == "ARGUMENT_INVALID"


def test_message_that_is_nested_too_deep_is_an_invalid_argument(channel: grpc.Channel) -> None:
    """A profile nested beyond what protobuf reads is the caller's fault, and said to be."""
    content = Struct().SerializeToString()
    for _ in range(200):
        value = b"\x2a" + varint(len(content)) + content
        entry = b"\x0a\x01a\x12" + varint(len(value)) + value
        content = b"\x0a" + varint(len(entry)) + entry
    account = b"\x12" + varint(len(content)) + content
    request = b"\x12" + varint(len(account)) + account

    error = refusal_of(channel, f"{ACCOUNTS}/CreateAccount", request)

    assert error_info_in(error).reason == "ARGUMENT_INVALID"


def varint(number: int) -> bytes:
    """Returns a number as protobuf writes lengths."""
    low, rest = number & 0x7F, number >> 7
    return bytes((low | 0x80,)) + varint(rest) if rest else bytes((low,))


def test_call_without_a_request_is_an_invalid_argument(channel: grpc.Channel) -> None:
    """A call that ends before its request is told that it sent none."""
    info = error_info_in(refusal_of(channel, GET))

    assert (info.reason, info.metadata["field"]) == ("ARGUMENT_INVALID", "request")


def test_message_that_is_too_large_names_the_limit(tmp_path: Path) -> None:
    """A request over the limit is refused with the limit's name and size."""
    config = config_of(tmp_path, "max_message_bytes: 65536")
    with serving(config) as running, running.channel() as channel:
        error = refusal_of(channel, GET, b"\x0a" + varint(70_000) + b"a" * 70_000)

    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert error_info_in(error).metadata["maximum"] == "65536"


def test_message_that_is_far_too_large_is_refused_with_a_reason(channel: grpc.Channel) -> None:
    """A request several times the limit is still refused by us, not by the transport."""
    error = refusal_of(channel, GET, b"\x0a" + varint(20_000_000) + b"a" * 20_000_000)

    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert error_info_in(error).metadata["limit"] == "message_bytes"


def test_much_metadata_is_no_reason_to_refuse(channel: grpc.Channel) -> None:
    """A call with much metadata is always answered, not just most of the time."""
    for _ in range(40):
        assert get_account(channel, metadata=(*bearer(), ("x-large", "v" * 50_000))).name


@given(st.binary(max_size=300))
def test_no_bytes_are_a_fault_of_the_service(channel: grpc.Channel, content: bytes) -> None:
    """Any bytes are answered, or refused with a reason; none is INTERNAL."""
    try:
        list(send(channel, GET, (content,), metadata=bearer()))
    except grpc.RpcError as error:
        assert error.code() in {  # noqa: PT017 - either outcome is right
            grpc.StatusCode.INVALID_ARGUMENT,
            grpc.StatusCode.PERMISSION_DENIED,
        }
        assert error_info_in(error).domain == "ownid"  # noqa: PT017 - likewise


METADATA_KEYS = st.from_regex(r"[a-z][a-z0-9_.-]{0,20}", fullmatch=True).filter(
    lambda key: not key.startswith("grpc-") and not key.endswith("-bin")
)
METADATA_VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200)


@given(st.lists(st.tuples(METADATA_KEYS, METADATA_VALUES), max_size=8))
def test_no_metadata_breaks_a_call(channel: grpc.Channel, metadata: list[tuple[str, str]]) -> None:
    """Whatever else a call carries, a good token gets its answer."""
    ours = [pair for pair in metadata if pair[0] not in {"authorization", "te", "host"}]

    assert get_account(channel, metadata=(*ours, *bearer())).name


def test_error_of_a_servicer_arrives_with_its_details(tmp_path: Path) -> None:
    """What a servicer raises is what the caller gets, after some answers too."""
    error = InvalidArgument.at(Reason.FILTER_INVALID, "filter", "unknown", "No.", position="7")

    def fail(*_: object) -> None:
        raise error

    def fail_later(*_: object):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a stream that breaks
        yield account_service_pb2.SearchAccountsResponse(resume_token="t")
        raise error

    with (
        serving(config_of(tmp_path), Accounts(fail, fail_later)) as running,
        running.channel() as channel,
    ):
        with pytest.raises(grpc.RpcError) as of_unary:
            get_account(channel)
        stream = search_accounts(channel)
        assert next(stream).resume_token == "t"
        with pytest.raises(grpc.RpcError) as of_stream:
            next(stream)

    for caught in (of_unary, of_stream):
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert error_info_in(caught.value).metadata["position"] == "7"


@pytest.mark.parametrize("fault", [RuntimeError("secret 7"), KeyError("secret 7")])
def test_fault_of_ours_shows_nothing_and_can_be_found(tmp_path: Path, fault: Exception) -> None:
    """An unforeseen error goes out as an id alone; the log has the id and the trace."""

    def fail(*_: object) -> None:
        raise fault

    with (
        capture_logs() as logs,
        serving(config_of(tmp_path), Accounts(fail)) as running,
        running.channel() as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        get_account(channel)

    assert caught.value.code() is grpc.StatusCode.INTERNAL
    info = error_info_in(caught.value)
    (logged,) = [event for event in logs if event["event"] == "fault"]
    assert (info.reason, info.metadata["error_id"]) == ("INTERNAL_ERROR", logged["error_id"])
    assert logged["exc_info"] is fault
    assert b"secret" not in status_in(caught.value).SerializeToString()


def test_call_is_logged_once_with_what_became_of_it(tmp_path: Path) -> None:
    """Each call leaves one line: method, code, reason, time, caller, app; nothing personal."""
    with (
        capture_logs() as logs,
        serving(config_of(tmp_path)) as running,
        running.channel() as channel,
    ):
        get_account(channel)
        with pytest.raises(grpc.RpcError):
            get_account(channel, "apps/other/accounts/1")

    served, refused = [event for event in logs if event["event"] == "call"]
    assert served.pop("milliseconds") > 0
    assert served == {
        "event": "call",
        "log_level": "info",
        "method": "/ownid.v1.AccountService/GetAccount",
        "code": "OK",
        "reason": "",
        "caller": "backoffice",
        "app": "shop",
        "account": "apps/shop/accounts/1",  # which the log has hashed, as all that names a person
    }
    assert (refused["code"], refused["reason"]) == ("PERMISSION_DENIED", "APP_NOT_ALLOWED")


def request_id_of(channel: grpc.Channel, sent: str) -> str:
    """Returns the id with which a call is answered."""
    call = send(channel, GET, (b"",), metadata=(*bearer(), ("x-request-id", sent)))
    list(call)
    (request_id,) = [value for key, value in call.trailing_metadata() if key == "x-request-id"]
    return str(request_id)


def test_request_id_comes_back(channel: grpc.Channel) -> None:
    """The id that a caller sends is the one that the call goes by."""
    assert request_id_of(channel, "call-7/a:b") == "call-7/a:b"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, 'quo"te', "<script>"])
def test_unfit_request_id_is_replaced(channel: grpc.Channel, sent: str) -> None:
    """An id that is missing, too long or could do harm in a log is replaced by one of ours."""
    made = request_id_of(channel, sent)

    assert made != sent
    assert len(made) == 32


def test_request_id_is_in_the_error(channel: grpc.Channel) -> None:
    """An error says which call it was, in its status and in the metadata."""
    with pytest.raises(grpc.RpcError) as caught:
        get_account(channel, metadata=(("x-request-id", "call-7"),))

    info = RequestInfo()
    assert any(detail.Unpack(info) for detail in status_in(caught.value).details)
    assert info.request_id == "call-7"
    sent = {entry.key: entry.value for entry in caught.value.trailing_metadata()}
    assert str(sent["x-request-id"]) == "call-7"


def test_work_ends_when_its_caller_is_gone(tmp_path: Path) -> None:
    """A call that its caller cancels stops the work that is done for it."""
    working, stopped = threading.Event(), threading.Event()

    def work(_: object, context: grpc.ServicerContext) -> None:
        with call_of(context).on_cancel(stopped.set):
            working.set()
            assert stopped.wait(20)

    with serving(config_of(tmp_path), Accounts(work)) as running, running.channel() as channel:
        future = begin_get(channel)
        assert working.wait(20)
        future.cancel()

        assert stopped.wait(20)
