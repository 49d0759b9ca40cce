"""Ports of this host that nobody has."""

import socket

_HOST = "127.0.0.1"


def free_port(preferred: int = 0) -> int:
    """Returns the port that is preferred, another one where somebody has it."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((_HOST, preferred))
        except OSError:
            tried.bind((_HOST, 0))
        return int(tried.getsockname()[1])
