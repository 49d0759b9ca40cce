"""The little of HTTP/1.1 (RFC 9112) that loads a REST server over kept connections."""

import socket
from dataclasses import dataclass
from typing import Self

from bench.load.http2 import WrongAnswer

_READ_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class RestRequest:
    """A request of HTTP."""

    method: str
    path: str
    content: bytes = b""


class Http1Connection:
    """A connection that has one request under way at a time."""

    def __init__(self, address: str, headers: str = "") -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._fixed = f"host: {address}\r\n{headers}"
        self._waiting = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def fileno(self) -> int:
        """Returns what a selector waits for."""
        return self._socket.fileno()

    def begin(self, request: RestRequest) -> None:
        """Sends a request."""
        kind = "content-type: application/json\r\n" if request.content else ""
        size = f"content-length: {len(request.content)}\r\n" if request.content else ""
        head = f"{request.method} {request.path} HTTP/1.1\r\n{self._fixed}{kind}{size}\r\n"
        self._socket.sendall(head.encode() + request.content)

    def read_answer(self) -> bytes | None:
        """Waits for something to come, and returns the answer's content once it is whole.

        Raises `WrongAnswer` for any status but 200 and 201.
        """
        came = self._socket.recv(_READ_BYTES)
        if not came:
            raise WrongAnswer("The server closed the connection.")
        self._waiting += came
        head, end, content = self._waiting.partition(b"\r\n\r\n")
        if not end:
            return None
        whole = _content(head.lower(), content)
        if whole is not None:
            if head.split(b" ", 2)[1] not in {b"200", b"201"}:
                raise WrongAnswer(f"The call failed: {self._waiting!r}.")
            self._waiting = b""
        return whole


def _content(head: bytes, content: bytes) -> bytes | None:
    _, found, rest = head.partition(b"content-length:")
    if found:
        size = int(rest.partition(b"\r\n")[0])
        return content if len(content) >= size else None
    return content if content.endswith(b"0\r\n\r\n") else None  # in chunks
