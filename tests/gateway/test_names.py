"""Holds the gateway to finding a server by its name, whichever of its addresses it listens on."""

import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from socketserver import BaseRequestHandler, UDPServer

import pytest

from ownid_grpc.config import Config
from ownid_grpc.gateway import process
from ownid_grpc.gateway.extensions import Json, extension, socket_address
from ownid_grpc.gateway.rendering import bootstrap
from tests.gateway.running import Rest, await_true, gateway_before
from tests.support.serving import Accounts, config_of, serving

pytestmark = pytest.mark.gateway

ACCOUNT = "/v1/apps/shop/accounts/1"
ADDRESSES = {
    1: socket.inet_pton(socket.AF_INET, "127.0.0.1"),
    28: socket.inet_pton(socket.AF_INET6, "::1"),
}
"""What every name has, by the types of DNS."""


@contextmanager
def names() -> Iterator[str]:
    """Runs a name server, and gives its address."""
    with UDPServer(("127.0.0.1", 0), Names) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Names(BaseRequestHandler):
    """Answers a question of DNS."""

    def handle(self) -> None:
        """Says the address of its type."""
        asked, plug = self.request
        end = asked.index(b"\0", 12) + 5
        (kind,) = struct.unpack(">H", asked[end - 4 : end - 2])
        found = ADDRESSES[kind]
        head = asked[:2] + b"\x81\x80" + struct.pack(">HHHH", 1, 1, 0, 0) + asked[12:end]
        record = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(found)) + found
        plug.sendto(head + record, self.client_address)


def test_every_address_of_a_name_gets_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that has an IPv6 address too is reached where the server has only the other."""
    with names() as resolver, serving(config_of(tmp_path), Accounts()) as running:

        def by_names(config: Config, upstreams: Sequence[str], file: Path | None) -> Json:
            asks = extension(
                "envoy.network.dns_resolver.cares",
                "network.dns_resolver.cares.v3.CaresDnsResolverConfig",
                resolvers=[socket_address(resolver)],
                dns_resolver_options={"no_default_search_domain": True},
            )
            return bootstrap(config, upstreams, file) | {"typed_dns_resolver_config": asks}

        monkeypatch.setattr(process, "bootstrap", by_names)
        upstream = f"both.internal:{running.address.rpartition(':')[2]}"
        with gateway_before(tmp_path, [upstream]) as gateway:
            rest = Rest(gateway.address)

            await_true(lambda: rest.admin("GET", ACCOUNT).status == 200, seconds=10)
            assert {rest.admin("GET", ACCOUNT).status for _ in range(20)} == {200}
