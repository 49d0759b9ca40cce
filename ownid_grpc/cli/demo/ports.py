"""Ports of this host for the gateway and the example site, held until these take them."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

_HOST = "127.0.0.1"
_GATEWAY_PORT = 8080


@dataclass(frozen=True, slots=True)
class HeldPorts:
    """Two ports that nobody else gets, another demo included, before they are let go."""

    _gateway: socket.socket
    _site: socket.socket
    gateway: int
    site: int

    def let_go(self) -> None:
        """Has the ports be free for those that they were held for."""
        self._gateway.close()
        self._site.close()


@contextmanager
def held_ports() -> Iterator[HeldPorts]:
    """Gives the usual port for the gateway, or another where it is taken, and one for the site."""
    with closing(_listening(_GATEWAY_PORT)) as gateway, closing(_listening(0)) as site:
        yield HeldPorts(gateway, site, gateway.getsockname()[1], site.getsockname()[1])


def _listening(preferred: int) -> socket.socket:
    """Returns a socket at a port; one that was only bound would keep nobody away."""
    try:
        return socket.create_server((_HOST, preferred))
    except OSError:
        return socket.create_server((_HOST, 0))
