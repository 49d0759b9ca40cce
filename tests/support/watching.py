"""Open pages that watch a session, and one that asks for events and never takes any."""

import queue
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from ownid.v1.session_service_pb2 import WatchSessionRequest

from tests.support.serving import error_info_in
from tests.support.sessions import APP, User

SECONDS = 10.0

_METHOD = "/ownid.v1.SessionService/WatchSession"
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _SETTINGS = 0, 1, 4
_END_STREAM, _END_HEADERS = 1, 4
_INITIAL_WINDOW_SIZE = 4


class Page:
    """An open page: the events that it was told, as they come."""

    def __init__(self, user: User, sessions: Any = None) -> None:  # noqa: ANN401 - generated
        stub = sessions or user.sessions
        self._call = stub.WatchSession(WatchSessionRequest(parent=APP), metadata=user.bearer())
        self._events: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def next(self, seconds: float = SECONDS) -> str:
        """Returns the next event that is no heartbeat, `end` when the stream has ended."""
        end = time.monotonic() + seconds
        while (event := self._events.get(timeout=max(end - time.monotonic(), 0))) == "heartbeat":
            pass
        return event

    def await_open(self, seconds: float = SECONDS) -> None:
        """Returns once the page is being told."""
        first = self._events.get(timeout=seconds)
        assert first == "heartbeat", f"the page was told {first} at first"

    @property
    def has_news(self) -> bool:
        """Whether it was told anything but that nothing happened."""
        return any(event != "heartbeat" for event in [*self._events.queue])

    def close(self) -> None:
        """Leaves the page."""
        self._call.cancel()

    def _listen(self) -> None:
        try:
            for message in self._call:
                event = message.WhichOneof("event")
                detail = message.session_ended.reason if event == "session_ended" else ""
                self._events.put(f"{event} {detail}".strip())
            self._events.put("end")
        except grpc.RpcError as error:
            cancelled = error.code() is grpc.StatusCode.CANCELLED
            self._events.put("cancelled" if cancelled else error_info_in(error).reason)


@contextmanager
def opened(user: User) -> Iterator[Page]:
    """Gives a page that is being told."""
    page = Page(user)
    try:
        page.await_open()
        yield page
    finally:
        page.close()


@contextmanager
def deaf_pages(address: str, user: User, count: int) -> Iterator[None]:
    """Has so many pages of a user watch within the block that have room for no byte of an answer.

    No gRPC client asks for that, so it is said in HTTP/2 (RFC 9113) itself.
    """
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port))) as connection:
        window = _frame(_SETTINGS, 0, 0, struct.pack(">HI", _INITIAL_WINDOW_SIZE, 0))
        connection.sendall(_PREFACE + window)
        for number in range(count):
            connection.sendall(_watching(user, 1 + 2 * number))
        yield


def _watching(user: User, stream: int) -> bytes:
    fields = (
        (":method", "POST"),
        (":scheme", "http"),
        (":path", _METHOD),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        *user.bearer(),
    )
    headers = b"".join(b"\0" + _text(name) + _text(value) for name, value in fields)
    request = WatchSessionRequest(parent=APP).SerializeToString()
    message = b"\0" + struct.pack(">I", len(request)) + request
    return _frame(_HEADERS, _END_HEADERS, stream, headers) + _frame(
        _DATA, _END_STREAM, stream, message
    )


def _frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    length = struct.pack(">I", len(content))[1:]
    return length + bytes((kind, flags)) + struct.pack(">I", stream) + content


def _text(value: str) -> bytes:
    """Returns a text as HPACK (RFC 7541) has it where nothing is compressed."""
    content = value.encode("ascii")
    rest = len(content) - 127
    if rest < 0:
        return bytes((len(content),)) + content
    length = bytearray((127,))
    while rest >= 128:
        length.append(rest % 128 + 128)
        rest //= 128
    return bytes((*length, rest)) + content
