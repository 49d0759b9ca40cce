"""Tells systemd how the service is, where systemd has started it: sd_notify(3)."""

import os
import socket
import time
from contextlib import suppress

_WHERE = "NOTIFY_SOCKET"


def say_ready() -> None:
    """Says that calls are taken, at the start and after each reload."""
    _notify("READY=1")


def say_reloading() -> None:
    """Says that the configuration is being read again."""
    _notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")


def say_stopping() -> None:
    """Says that the service is ending as it was told to."""
    _notify("STOPPING=1")


def _notify(news: str) -> None:
    address = os.environ.get(_WHERE, "")
    if not address.startswith(("/", "@")):
        return
    # Nobody there is no reason not to serve.
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.sendto(news.encode(), address.replace("@", "\0", 1) if address[0] == "@" else address)
