"""The little of HTTP/2 (RFC 9113) that a client of gRPC needs to load a server.

A client library would spend as much as the server does, and h2load sends one
body again and again: neither keys at random nor new accounts can be had so.
"""

import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GO_AWAY, _WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1
_HEADER_TABLE_SIZE, _INITIAL_WINDOW_SIZE = 1, 4

_FRAME_BYTES = 16_384
_HEAD_BYTES = 9
_PREFIX_BYTES = 5
_READ_BYTES = 1 << 18
_WINDOW = 1 << 20
_FIRST_WINDOW = 65_535
_FIRST_DYNAMIC = 62
"""The index of the header that was remembered last (RFC 7541, 2.3.3)."""

_STATUS_OK = b"\x0bgrpc-status\x010"
"""As a server writes it that is told to remember no headers: no table, a literal."""


class WrongAnswer(Exception):
    """A server did not answer as it must: what it is measured by counts for nothing."""


@dataclass(slots=True)
class Stream:
    """One call: what has come, and how much may still be sent."""

    window: int
    content: bytearray = field(default_factory=bytearray)
    is_over: bool = False


class Http2Connection:
    """A connection to one method of one server."""

    def __init__(self, address: str, path: str, metadata: Sequence[tuple[str, str]] = ()) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._first, self._later = _header_blocks(address, path, metadata)
        self._next_stream = 1
        self._waiting = b""
        self._window = _FIRST_WINDOW
        self._stream_window = _FIRST_WINDOW
        self._unacknowledged = 0
        self._streams: dict[int, Stream] = {}
        settings = struct.pack(">HIHI", _HEADER_TABLE_SIZE, 0, _INITIAL_WINDOW_SIZE, _WINDOW)
        wide = struct.pack(">I", _WINDOW - _FIRST_WINDOW)
        self._socket.sendall(
            _PREFACE + _frame(_SETTINGS, 0, 0, settings) + _frame(_WINDOW_UPDATE, 0, 0, wide)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def fileno(self) -> int:
        """Returns what a selector waits for."""
        return self._socket.fileno()

    def begin(self, message: bytes) -> int:
        """Begins a call of one message, and returns its stream."""
        number, head = self._opened()
        content = framed(message)
        self._window -= len(content)
        self._socket.sendall(head + _frame(_DATA, _END_STREAM, number, content))
        return number

    def read_answer(self) -> bytes | None:
        """Waits for something to come, and returns the one message of a call once it is whole."""
        for number in self.read():
            content = self.take(number)
            self.forget(number)
            return content[_PREFIX_BYTES:]
        return None

    def open(self) -> int:
        """Begins a call of many messages, and returns its stream."""
        number, head = self._opened()
        self._socket.sendall(head)
        return number

    def sendable(self, number: int) -> int:
        """Returns how many bytes the server takes now in one frame."""
        return min(self._window, self._streams[number].window, _FRAME_BYTES)

    def send(self, number: int, content: bytes, *, is_last: bool) -> None:
        """Sends a part of the messages, no larger than `sendable` says."""
        self._window -= len(content)
        self._streams[number].window -= len(content)
        self._socket.sendall(_frame(_DATA, _END_STREAM if is_last else 0, number, content))

    def take(self, number: int) -> bytes:
        """Returns what came of a call since it was last asked, as gRPC frames it."""
        stream = self._streams[number]
        content = bytes(stream.content)
        stream.content.clear()
        return content

    def is_over(self, number: int) -> bool:
        """Returns whether a call was answered to its end."""
        return self._streams[number].is_over

    def forget(self, number: int) -> None:
        """Drops a call that is over."""
        del self._streams[number]

    def read(self) -> list[int]:
        """Waits for something to come, and returns the streams that are over by it.

        Raises `WrongAnswer` for a call that failed.
        """
        came = self._socket.recv(_READ_BYTES)
        if not came:
            raise WrongAnswer("The server closed the connection.")
        content = self._waiting + came
        at, over = 0, list[int]()
        while len(content) - at >= _HEAD_BYTES:
            size = int.from_bytes(content[at : at + 3], "big")
            end = at + _HEAD_BYTES + size
            if end > len(content):
                break
            number = int.from_bytes(content[at + 5 : at + 9], "big")
            self._take(content[at + 3], content[at + 4], number, content[at + 9 : end])
            if number in self._streams and self._streams[number].is_over:
                over.append(number)
            at = end
        self._waiting = content[at:]
        return over

    def _opened(self) -> tuple[int, bytes]:
        number = self._next_stream
        self._next_stream += 2
        self._streams[number] = Stream(self._stream_window)
        block = self._first if number == 1 else self._later
        return number, _frame(_HEADERS, _END_HEADERS, number, block)

    def _take(self, kind: int, flags: int, number: int, content: bytes) -> None:
        if kind == _DATA:
            self._streams[number].content += content
            self._acknowledge(number, len(content))
        elif kind == _HEADERS:
            self._take_headers(flags, number, content)
        elif kind == _WINDOW_UPDATE:
            self._widen(number, int.from_bytes(content, "big"))
        elif kind == _SETTINGS and not flags & _ACK:
            self._take_settings(content)
        elif kind == _PING and not flags & _ACK:
            self._socket.sendall(_frame(_PING, _ACK, 0, content))
        elif kind in {_RESET, _GO_AWAY}:
            raise WrongAnswer(f"The server broke off: frame {kind}, {content!r}.")

    def _take_headers(self, flags: int, number: int, content: bytes) -> None:
        if flags & _END_STREAM:
            if _STATUS_OK not in content:
                raise WrongAnswer(f"The call failed: {content!r}.")
            self._streams[number].is_over = True

    def _take_settings(self, content: bytes) -> None:
        for name, value in struct.iter_unpack(">HI", content):
            if name == _INITIAL_WINDOW_SIZE:
                for stream in self._streams.values():
                    stream.window += value - self._stream_window
                self._stream_window = value
        self._socket.sendall(_frame(_SETTINGS, _ACK, 0, b""))

    def _widen(self, number: int, size: int) -> None:
        if number == 0:
            self._window += size
        elif number in self._streams:
            self._streams[number].window += size

    def _acknowledge(self, number: int, size: int) -> None:
        """Lets the server go on; a slow reader would be another benchmark."""
        self._unacknowledged += size
        if self._unacknowledged >= _WINDOW // 4:
            more = struct.pack(">I", self._unacknowledged)
            self._socket.sendall(
                _frame(_WINDOW_UPDATE, 0, 0, more) + _frame(_WINDOW_UPDATE, 0, number, more)
            )
            self._unacknowledged = 0


def messages_in(content: bytes) -> list[bytes]:
    """Returns the messages of an answer that is whole."""
    found, at = list[bytes](), 0
    while at < len(content):
        end = at + _PREFIX_BYTES + int.from_bytes(content[at + 1 : at + _PREFIX_BYTES], "big")
        found.append(content[at + _PREFIX_BYTES : end])
        at = end
    return found


def framed(message: bytes) -> bytes:
    """Returns a message as gRPC frames it."""
    return struct.pack(">BI", 0, len(message)) + message


def _frame(kind: int, flags: int, number: int, content: bytes) -> bytes:
    head = len(content).to_bytes(3, "big") + bytes((kind, flags)) + number.to_bytes(4, "big")
    return head + content


def _header_blocks(
    address: str, path: str, metadata: Sequence[tuple[str, str]]
) -> tuple[bytes, bytes]:
    """Returns the headers for the first call, which the server remembers, and for all others."""
    headers = [
        (":path", path),
        (":authority", address),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
        *metadata,
    ]
    post, http = b"\x83", b"\x86"
    literals = (b"\x40" + _text(name) + _text(value) for name, value in headers)
    latest = _FIRST_DYNAMIC + len(headers) - 1
    indexes = bytes(0x80 | (latest - place) for place in range(len(headers)))
    return post + http + b"".join(literals), post + http + indexes


def _text(text: str) -> bytes:
    """Returns a text of HPACK, its length as RFC 7541 has it in 5.1."""
    content = text.encode()
    size, limit = len(content), 127
    if size < limit:
        return bytes((size,)) + content
    size -= limit
    rest = bytearray()
    while size >= limit + 1:
        rest.append(size % 128 | 128)
        size //= 128
    rest.append(size)
    return bytes((limit, *rest)) + content
