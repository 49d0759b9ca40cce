"""TLS on both sides of the gateway."""

import os
import signal
import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPSConnection
from pathlib import Path

import grpc
import pytest

from tests.gateway.certificates import Pair, new_pair
from tests.gateway.running import Rest, answers, await_true, gateway_before, running_shop
from tests.support.serving import Accounts, config_of, get_account, serving

pytestmark = pytest.mark.gateway

ACCOUNT = "/v1/apps/shop/accounts/1"
NOBODY = "127.0.0.1:1"
WORDS = {"certificate": "gateway.pem", "key": "gateway.key"}


def status_by(address: str, pair: Pair) -> int:
    """Returns the status that a client gets who believes only this certificate; 0 for no trust."""
    host, _, port = address.rpartition(":")
    context = ssl.create_default_context(cadata=pair.certificate.decode())
    connection = HTTPSConnection(host, int(port), timeout=10, context=context)
    with closing(connection):
        try:
            connection.request("GET", "/v1/apps/shop/nothing")
        except ssl.SSLError:
            return 0
        return connection.getresponse().status


def test_gateway_shows_its_certificate(tmp_path: Path) -> None:
    """Who trusts the certificate is answered, and who trusts another goes away."""
    pair = new_pair()
    pair.write(tmp_path, "gateway")
    with gateway_before(tmp_path, [NOBODY], tls=WORDS) as gateway:
        assert status_by(gateway.address, pair) == 404
        assert status_by(gateway.address, new_pair()) == 0


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda _: None, id="whole"),
        pytest.param(lambda folder: (folder / "gateway.pem").write_bytes(b""), id="half written"),
        pytest.param(lambda folder: (folder / "gateway.key").unlink(), id="gone for a while"),
    ],
)
def test_renewed_certificate_is_shown_without_a_restart(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    """New connections see the new pair, whatever state the files were in meanwhile."""
    first, second = new_pair(), new_pair()
    first.write(tmp_path, "gateway")
    with gateway_before(tmp_path, [NOBODY], tls=WORDS) as gateway:
        assert status_by(gateway.address, first) == 404
        spoil(tmp_path)
        assert status_by(gateway.address, first) == 404
        second.write(tmp_path, "gateway")

        await_true(lambda: status_by(gateway.address, second) == 404)


def test_envoy_that_dies_shows_the_certificate_again(tmp_path: Path) -> None:
    """An Envoy started anew while the files hold no pair shows it once they do again."""
    pair = new_pair()
    pair.write(tmp_path, "gateway")
    with running_shop(tmp_path, {"tls": WORDS}) as shop:
        (tmp_path / "gateway.key").unlink()
        await_true(lambda: bool(shop.events("gateway.tls.unreadable")))
        (first,) = shop.envoys()
        os.kill(first, signal.SIGKILL)
        await_true(lambda: shop.envoys() not in ([], [first]))
        pair.write(tmp_path, "gateway")

        await_true(lambda: answers(shop.rest))


def test_handshake_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    """A client that connects and says nothing is let go, so that it takes nobody's place."""
    new_pair().write(tmp_path, "gateway")
    with gateway_before(tmp_path, [NOBODY], tls=WORDS) as gateway:
        host, _, port = gateway.address.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=20) as silent:
            assert silent.recv(1) == b""


def test_grpc_goes_over_tls(tmp_path: Path) -> None:
    """Plain gRPC and REST share the port with TLS too."""
    pair = new_pair()
    pair.write(tmp_path, "gateway")
    credentials = grpc.ssl_channel_credentials(pair.certificate)
    with (
        serving(config_of(tmp_path), Accounts()) as running,
        gateway_before(tmp_path, [running.address], tls=WORDS) as gateway,
        grpc.secure_channel(gateway.address, credentials) as channel,
    ):
        found = get_account(channel)

    assert found.name == "apps/shop/accounts/1"


def test_server_that_speaks_tls_is_known_by_its_certificate(tmp_path: Path) -> None:
    """The gateway passes calls on to the server that it trusts, and to no other."""
    pair = new_pair()
    pair.write(tmp_path, "server")
    new_pair().write(tmp_path, "other")
    config = config_of(tmp_path, "tls: {certificate: server.pem, key: server.key}")
    with serving(config, Accounts()) as running:
        statuses = []
        for name in ("server", "other"):
            tls = {"authority": f"{name}.pem", "name": "127.0.0.1"}
            with gateway_before(tmp_path, [running.address], upstream_tls=tls) as gateway:
                statuses.append(Rest(gateway.address).admin("GET", ACCOUNT).status)

    assert statuses == [200, 503]


def test_serve_passes_on_to_itself_by_tls(tmp_path: Path) -> None:
    """A service with TLS on its own port is reached by its gateway, if it says how."""
    pair = new_pair()
    pair.write(tmp_path, "server")
    tls = {"authority": "server.pem", "name": "127.0.0.1"}
    own = {"certificate": "server.pem", "key": "server.key"}
    with running_shop(tmp_path, {"upstream_tls": tls}, tls=own) as shop:
        assert shop.rest.admin("GET", ACCOUNT).status == 200
