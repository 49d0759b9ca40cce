"""The service as operators run it: `ownid-grpc serve`, a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse
from ownid.v1 import (
    account_schema_pb2,
    account_schema_service_pb2,
    account_schema_service_pb2_grpc,
    account_service_pb2_grpc,
)

from tests.support.keys import AUDIENCE, ISSUER, KEY_ID, bearer, public_pem
from tests.support.serving import check_health

SERVING = HealthCheckResponse.SERVING
NOT_SERVING = HealthCheckResponse.NOT_SERVING

CALLERS = f"""
callers:
  - name: backoffice
    issuer: {ISSUER}
    audience: {AUDIENCE}
    keys: [{KEY_ID}.pub.pem]
    apps: ["*"]
    scopes: ["*"]
"""

_START_SECONDS = 100
_STEP_SECONDS = 0.05
_SHOWN = 4000


def free_address() -> str:
    """Returns an address of loopback on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


def await_listening(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Returns once a program takes calls; where it has ended, says what it said last."""
    host, _, port = address.rpartition(":")
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            assert process.poll() is None, log.read_text("utf-8")[-_SHOWN:]
            assert time.monotonic() < end, f"{log.stem} does not listen"
            time.sleep(_STEP_SECONDS)
        else:
            return


@dataclass(frozen=True)
class Client:
    """Calls the service on a connection of its own, as a caller who may do everything."""

    channel: grpc.Channel

    @property
    def accounts(self) -> Any:  # noqa: ANN401 - generated without types
        """Calls AccountService."""
        return account_service_pb2_grpc.AccountServiceStub(self.channel)

    @property
    def schemas(self) -> Any:  # noqa: ANN401 - likewise
        """Calls AccountSchemaService."""
        return account_schema_service_pb2_grpc.AccountSchemaServiceStub(self.channel)

    def health(self, service: str = "") -> int:
        """Returns the health of a service, NOT_SERVING also where nobody answers."""
        try:
            return check_health(self.channel, service)
        except grpc.RpcError:
            return NOT_SERVING

    def await_health(self, status: int, service: str = "", seconds: float = 60) -> float:
        """Returns how many seconds it took until the health of a service was `status`."""
        started = time.monotonic()
        while self.health(service) != status:
            assert time.monotonic() - started < seconds, "the health did not change in time"
            time.sleep(_STEP_SECONDS)
        return time.monotonic() - started

    def set_schema(self, document: Mapping[str, object], app: str = "shop") -> None:
        """Sets the schema of an app."""
        schema = account_schema_pb2.AccountSchema(
            name=f"apps/{app}/accountSchema", json_schema=dict(document)
        )
        request = account_schema_service_pb2.UpdateAccountSchemaRequest(account_schema=schema)
        self.schemas.UpdateAccountSchema(request, metadata=bearer(), timeout=20)


@contextmanager
def client_of(address: str) -> Iterator[Client]:
    """Gives a client with a connection of its own, that is quick to try again."""
    options = [
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.max_reconnect_backoff_ms", 200),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 100),
    ]
    with grpc.insecure_channel(address, options=options) as channel:
        yield Client(channel)


@dataclass(frozen=True)
class Service:
    """A process of `ownid-grpc serve`."""

    process: "subprocess.Popen[bytes]"
    address: str
    log: Path

    def terminate(self) -> None:
        """Tells it to stop."""
        self.process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float = 30) -> int:
        """Returns its exit code once it has ended."""
        return self.process.wait(seconds)

    def events(self, name: str) -> list[dict[str, Any]]:
        """Returns what it has logged of one kind."""
        lines = self.log.read_text("utf-8").splitlines()
        logged = [json.loads(line) for line in lines if line.startswith("{")]
        return [each for each in logged if each["event"] == name]

    def memory(self, name: str = "VmRSS") -> int:
        """Returns the bytes of memory that it has, or with `VmHWM` the most that it had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        line = next(each for each in status.splitlines() if each.startswith(f"{name}:"))
        return int(line.split()[1]) * 1024

    def client(self) -> AbstractContextManager[Client]:
        """Gives a client with a connection of its own."""
        return client_of(self.address)


def write_config(folder: Path, apps: str, *, server: str = "", state: str = "") -> Path:
    """Writes the ownid.yaml of these apps, and returns where."""
    (folder / f"{KEY_ID}.pub.pem").write_bytes(public_pem())
    path = folder / "ownid.yaml"
    # Replicas that share a store share a secret too.
    stated = f"state: {{url: '{state}'}}\nsecret: {'s' * 32}\n" if state else ""
    path.write_text(f"server: {{{server}}}\n{stated}{CALLERS}apps:\n{apps}", "utf-8")
    return path


@contextmanager
def running_service(
    config: Path,
    address: str | None = None,
    *,
    log: str = "service.log",
    program: Sequence[str | Path] = (sys.executable, "-m", "ownid_grpc"),
    seen_at: Path | None = None,
) -> Iterator[Service]:
    """Runs the service for as long as the block; it takes calls when the block begins.

    `seen_at` is where the program finds the folder of the configuration, if elsewhere.
    """
    address = address or free_address()
    path = config.parent / log
    seen = config if seen_at is None else seen_at / config.name
    command = [*program, "serve", "--config", seen, "--listen", address]
    with path.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=_environment()
        )
    service = Service(process, address, path)
    try:
        await_listening(address, process, path)
        yield service
    finally:
        process.kill()
        process.wait()


def _environment() -> dict[str, str]:
    # Settings of the machine's own would make what is measured another thing.
    return {name: value for name, value in os.environ.items() if not name.startswith("OWNID_")}
