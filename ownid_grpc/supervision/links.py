"""What a supervisor and its worker say to each other, by lines of JSON over the worker's input.

Whoever dies closes the link: so none of the two outlives the other unnoticed.
"""

import json
import os
import select
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

from ownid_grpc.config import ConfigFile

REFUSED = 78
"""The exit code of a worker that would refuse its configuration again: sysexits' EX_CONFIG."""

_SERVING = b"serving\n"
_LEAVE = {"order": "leave"}
_SEND_SECONDS = 5
_READ_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Start:
    """What a worker is started with."""

    file: ConfigFile
    listen: str


@dataclass(frozen=True, slots=True)
class Reload:
    """Has a worker take the callers of another reading of the file."""

    file: ConfigFile


@dataclass(frozen=True, slots=True)
class Leave:
    """Has a worker leave the port to the others and end."""


Order: TypeAlias = Reload | Leave


class WorkerLink:
    """The supervisor's end of the link."""

    def __init__(self) -> None:
        self._near, self.far = socket.socketpair()
        self._near.settimeout(_SEND_SECONDS)
        self._is_serving = False

    def start(self, start: Start) -> None:
        """Says what to start with."""
        self._say({"path": start.file.path, "text": start.file.text, "listen": start.listen})

    def order(self, order: Order) -> None:
        """Says what to do."""
        if isinstance(order, Leave):
            self._say(_LEAVE)
        else:
            self._say({"path": order.file.path, "text": order.file.text})

    def is_serving(self) -> bool:
        """Returns whether the worker has said that it takes calls."""
        if not self._is_serving and select.select([self._near], [], [], 0)[0]:
            self._is_serving = self._heard() == _SERVING
        return self._is_serving

    def close(self) -> None:
        """Ends the link, and with it a worker that has not ended yet."""
        with suppress(OSError):
            self._near.shutdown(socket.SHUT_RDWR)

    def _heard(self) -> bytes:
        try:
            return self._near.recv(len(_SERVING))
        except OSError:  # it has died
            return b""

    def _say(self, words: dict[str, str]) -> None:
        try:
            self._near.sendall(json.dumps(words).encode() + b"\n")
        except OSError:  # it has died, or will, since it does not listen
            self.close()


class SupervisorLink:
    """The worker's end of the link: its standard input."""

    def __init__(self) -> None:
        # Not by way of sys.stdin, whose lock would be held when we end before the supervisor.
        self._near = socket.socket(fileno=os.dup(0))
        self._lines = self._read()

    def started_with(self) -> Start | None:
        """Returns what to start with; None where the supervisor is gone."""
        words = next(self._lines, None)
        return None if words is None else Start(_file_in(words), words["listen"])

    def say_serving(self) -> None:
        """Says that calls are taken."""
        with suppress(OSError):  # it has died, of which `orders` tells
            self._near.sendall(_SERVING)

    def orders(self) -> Iterator[Order]:
        """Yields what the supervisor wants as it comes; ends when that is gone."""
        for words in self._lines:
            yield Leave() if words == _LEAVE else Reload(_file_in(words))

    def _read(self) -> Iterator[dict[str, str]]:
        rest = b""
        with suppress(OSError):
            while read := self._near.recv(_READ_BYTES):
                *lines, rest = (rest + read).split(b"\n")
                yield from map(json.loads, lines)


def _file_in(words: dict[str, str]) -> ConfigFile:
    return ConfigFile(words["path"], words["text"])
