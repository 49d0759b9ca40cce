"""Holds the gateway's process to its life beside the service: started, replaced, drained, ended."""

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from tests.gateway.certificates import new_pair
from tests.gateway.running import (
    SESSION,
    answers,
    await_true,
    is_running,
    running_shop,
    write_shop,
)
from tests.support.sessions import ORIGIN

pytestmark = pytest.mark.gateway

ACCOUNT = "/v1/apps/shop/accounts/1"
UNKNOWN = ("/ownid.v1.marked/key", "/ownid.v1.AccountService/marked?marked=key", "/grpc.marked/key")
EMPTY = b"\0\0\0\0\0"
"""A message of gRPC without a field."""


@pytest.mark.parametrize("workers", [1, 2])
def test_envoy_that_dies_is_replaced(tmp_path: Path, workers: int) -> None:
    """An Envoy that is killed is started anew on the same address."""
    with running_shop(tmp_path, workers=workers) as shop:
        (first,) = shop.envoys()
        os.kill(first, signal.SIGKILL)
        await_true(lambda: shop.envoys() not in ([], [first]))
        await_true(lambda: answers(shop.rest))
        answer = shop.rest.admin("GET", ACCOUNT)

        assert answer.status == 200
        assert [each["code"] for each in shop.events("gateway.ended")] == [-signal.SIGKILL]


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_envoy_that_dies_again_and_again_ends_the_service(tmp_path: Path, workers: int) -> None:
    """After the fifth time in a row the service says so and ends, its workers too."""
    with running_shop(tmp_path, workers=workers) as shop:
        killed: set[int] = set()
        while len(killed) < 5:
            await_true(lambda: set(shop.envoys()) - killed != set())
            for pid in set(shop.envoys()) - killed:
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        code = shop.process.wait(30)
        ended = shop.events("gateway.ended")
        said = shop.log.read_text("utf-8")

    assert code == 1
    assert [each["code"] for each in ended] == [-signal.SIGKILL] * 5
    assert "The gateway ends again and again" in said


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_stop_loses_no_call(tmp_path: Path, workers: int, number: signal.Signals) -> None:
    """Told to stop, the gateway lets go of its callers, then all of it ends."""
    with running_shop(tmp_path, workers=workers) as shop:
        pids = shop.envoys()
        statuses: list[int] = []
        connection = shop.rest.connect()

        def call_on() -> None:
            while True:
                connection.request("GET", "/v1/apps/shop/jwks.json")
                answer = connection.getresponse()
                answer.read()
                statuses.append(answer.status)
                if answer.getheader("connection") == "close":
                    return

        caller = threading.Thread(target=call_on)
        caller.start()
        await_true(lambda: len(statuses) > 10)
        shop.process.send_signal(number)
        code = shop.process.wait(30)
        caller.join(10)

    assert code == 0
    assert set(statuses) == {200}
    assert not any(is_running(pid) for pid in pids)


def test_open_events_end_with_the_service(tmp_path: Path) -> None:
    """A page that watches is let go by the server's own drain, through the gateway."""
    with running_shop(tmp_path) as shop, closing(shop.rest.connect()) as connection:
        cookie = shop.signed_in().cookie
        connection.request("GET", f"{SESSION}:watch", headers={"cookie": cookie, "origin": ORIGIN})
        answer = connection.getresponse()
        answer.readline()
        shop.process.terminate()
        rest = answer.read()

        assert shop.process.wait(30) == 0
        assert b"session_ended" not in rest


def test_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    """A second signal does not wait for the gateway's callers."""
    with running_shop(tmp_path, drain_seconds=120) as shop:
        done = threading.Event()

        def call_on() -> None:
            while not done.is_set() and answers(shop.rest):
                shop.rest.call("GET", "/v1/apps/shop/jwks.json")

        cookie = shop.signed_in().cookie
        with closing(shop.rest.connect()) as connection:
            connection.request("GET", f"{SESSION}:watch", headers={"cookie": cookie})
            connection.getresponse().readline()
            shop.process.terminate()
            await_true(lambda: shop.rest.call("GET", "/healthz").status == 503)
            shop.process.terminate()

            assert shop.process.wait(20) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="no other kernel ends a child with its parent")
@pytest.mark.parametrize("workers", [1, 2])
def test_envoy_ends_with_a_parent_that_is_killed(tmp_path: Path, workers: int) -> None:
    """A service that is killed takes its Envoy along."""
    with running_shop(tmp_path, workers=workers) as shop:
        pids = shop.envoys()
        shop.process.kill()

        await_true(lambda: not any(is_running(pid) for pid in pids))
        assert len(pids) == 1


def test_service_that_is_killed_leaves_no_key(tmp_path: Path) -> None:
    """Neither the private key nor the configuration stays where temporary files are."""
    pair = new_pair()
    pair.write(tmp_path, "gateway")
    tls = {"certificate": "gateway.pem", "key": "gateway.key"}
    with running_shop(tmp_path, {"tls": tls}) as shop:
        shop.process.kill()
        shop.process.wait()
        left = [each.read_text("utf-8") for each in shop.scratch.rglob("*") if each.is_file()]

    key = "".join(pair.key.decode().splitlines()[1:-1])
    assert all(key not in each.replace("\\n", "") for each in left)
    assert all("static_resources" not in each for each in left)


@pytest.mark.parametrize("workers", [1, 2])
def test_address_that_is_taken_is_an_error(tmp_path: Path, workers: int) -> None:
    """An address on which somebody else listens ends the command, which says so."""
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        listen = f"127.0.0.1:{stranger.getsockname()[1]}"
        config = write_shop(tmp_path, {"listen": listen}, workers=workers)

        ended = served(config)

    assert ended.returncode == 1
    assert f"The gateway cannot listen on {listen}." in ended.stderr.splitlines()


def test_certificate_that_is_none_is_an_error(tmp_path: Path) -> None:
    """A certificate that is none ends the command, which says so."""
    for name in ("chain.pem", "key.pem"):
        (tmp_path / name).write_text("no certificate", "utf-8")
    tls = {"certificate": "chain.pem", "key": "key.pem"}

    ended = served(write_shop(tmp_path, {"tls": tls}))

    assert ended.returncode == 1
    assert "gateway.tls: the certificate and the key are no pair" in ended.stderr


def test_key_with_a_passphrase_is_an_error(tmp_path: Path) -> None:
    """A key that is encrypted ends the command too, though a terminal could be asked for more."""
    pair = new_pair()
    pair.write(tmp_path, "gateway")
    encrypted = BestAvailableEncryption(b"secret")
    key = load_pem_private_key(pair.key, None)
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encrypted)
    (tmp_path / "gateway.key").write_bytes(content)
    config = write_shop(tmp_path, {"tls": {"certificate": "gateway.pem", "key": "gateway.key"}})
    terminal, end = os.openpty()
    try:
        ended = served(config, stdin=end, start_new_session=True)
    finally:
        os.close(terminal)
        os.close(end)

    assert ended.returncode == 1
    assert "gateway.tls: the certificate and the key are no pair" in ended.stderr


def served(config: Path, **options: Any) -> "subprocess.CompletedProcess[str]":  # noqa: ANN401 - as subprocess has it
    """Returns how a service ends that ends by itself."""
    command = [sys.executable, "-m", "ownid_grpc", "serve", "--gateway", "--config", str(config)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, **options
    )


def test_log_says_nothing_of_persons(tmp_path: Path) -> None:
    """No line has the path or query of a call, its cookies, tokens or address; all have the id."""
    with running_shop(tmp_path) as shop:
        cookie = shop.signed_in().cookie
        sent = {"cookie": f"{cookie}; mark=marked-cookie", "origin": ORIGIN}
        shop.rest.call("GET", f"{SESSION}/account?parent=marked-query", **sent)
        shop.rest.admin("GET", "/v1/apps/shop/accounts/marked-key")
        shop.rest.admin("GET", "/v1/apps/shop/accounts:lookup?login_id=marked@example.com")
        shop.rest.admin("GET", "/v1/apps/shop/marked-path")
        for path in ("/marked/path", "/v1/apps/shop/accounts/marked-key", *UNKNOWN):
            for kind in ("application/grpc", "application/grpc-web+proto"):
                shop.rest.admin("POST", path, EMPTY, content_type=kind)
        last = shop.rest.admin("GET", ACCOUNT, x_request_id="the-last")
        await_true(lambda: "the-last" in {e["request_id"] for e in shop.events("gateway.request")})
        text = shop.log.read_text("utf-8")
        lines = shop.events("gateway.request")

    assert last.status == 200
    assert "marked" not in text
    assert "__Host" not in text
    assert all(each["request_id"] for each in lines)
    assert {key for each in lines for key in each if "127.0.0.1" in str(each[key])} == {"server"}
    assert lines[-1]["method"] == "/ownid.v1.AccountService/GetAccount"


def test_admin_interface_is_on_no_port(tmp_path: Path) -> None:
    """Envoy listens on the one port, and its admin socket lets nobody else in."""
    path = tmp_path / "admin.sock"
    with running_shop(tmp_path, {"admin": str(path)}) as shop:
        (pid,) = shop.envoys()

        assert listening_ports(pid) == {int(shop.rest.address.rpartition(":")[2])}
        assert path.stat().st_mode & 0o077 == 0


def listening_ports(pid: int) -> set[int]:
    """Returns the TCP ports on which a process listens."""
    links = (each.readlink() for each in Path(f"/proc/{pid}/fd").iterdir())
    own = {str(link)[8:-1] for link in links if str(link).startswith("socket:[")}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text("ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in own:
                found.add(int(fields[1].rpartition(":")[2], 16))
    return found
