"""Holds an address for several processes to share, and has one of them leave it unnoticed."""

import ctypes
import os
import socket
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

_HANDSHAKE_SECONDS = 0.3
_SO_ATTACH_FILTER = 26  # asm-generic/socket.h
_DROP_NEW = (
    (0x30, 0, 0, 13),  # the flags of the TCP header
    (0x54, 0, 0, 0x02),  # and SYN
    (0x15, 0, 1, 0),
    (0x06, 0, 0, 0xFFFFFFFF),  # not set: take the packet
    (0x06, 0, 0, 0),  # set: drop it
)
"""A program of the classic packet filter, bpf(4): code, jumps and operand of each step."""


class CannotListen(Exception):
    """The address is taken or not ours, or the certificate is no good."""


def reserve_port(address: str, opened: ExitStack) -> str:
    """Holds a port for workers to share, and returns the address with its number.

    Raises `CannotListen` where somebody else listens there.
    """
    host, _, port = address.rpartition(":")
    try:
        places = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        family, kind, protocol, _, place = places[0]
        with socket.socket(family, kind, protocol) as alone:
            # SO_REUSEPORT would let in beside a stranger who has it too.
            alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            alone.bind(place)
            place = alone.getsockname()
        shared = opened.enter_context(socket.socket(family, kind, protocol))
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        shared.bind(place)
    except (OSError, ValueError, OverflowError) as error:
        raise CannotListen(f"Cannot listen on {address}.") from error
    return f"{host}:{place[1]}"


def leave_port(port: int) -> None:
    """Has this process take no more connections on a port, and lose none that is being made.

    Who knocks meanwhile is not heard, and knocks again after a second: then at
    another process that listens there. On Linux alone; elsewhere nothing is done.
    """
    if sys.platform != "linux":
        return
    with _sockets_of(port, is_listening=True) as listeners:
        for _, listener in listeners:
            _drop_new(listener)
        # What is on its way through the handshake gets into the queue, and out of it.
        time.sleep(_HANDSHAKE_SECONDS)
        # gRPC closes a listener only along with its server, which then refuses calls that its
        # clients have sent already. So another socket, which hears nothing, takes its number.
        with socket.socket() as deaf:
            for number, _ in listeners:
                os.dup2(deaf.fileno(), number, inheritable=False)


def count_connections(port: int) -> int:
    """Returns how many connections this process has that came in on a port."""
    with _sockets_of(port, is_listening=False) as connections:
        return len(connections)


@contextmanager
def _sockets_of(port: int, *, is_listening: bool) -> "Iterator[list[tuple[int, socket.socket]]]":
    with ExitStack() as opened:
        found = []
        for path in Path("/proc/self/fd").iterdir():
            number = int(path.name)
            # One that is no socket, or closed by now, is none of ours.
            with suppress(OSError):
                copy = opened.enter_context(socket.socket(fileno=os.dup(number)))
                if _is_at(copy, port) and _listens(copy) is is_listening:
                    found.append((number, copy))
        yield found


def _is_at(found: socket.socket, port: int) -> bool:
    return found.family in (socket.AF_INET, socket.AF_INET6) and found.getsockname()[1] == port


def _listens(found: socket.socket) -> bool:
    return bool(found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def _drop_new(listener: socket.socket) -> None:
    program = ctypes.create_string_buffer(
        b"".join(struct.pack("HBBI", *step) for step in _DROP_NEW)
    )
    described = struct.pack("HP", len(_DROP_NEW), ctypes.addressof(program))
    listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, described)
