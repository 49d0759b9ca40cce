"""Runs the example site and the gateway before it, where all that they need is there."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import ownid_grpc
from ownid_grpc.cli.demo.configuration import APP, DemoFolder
from ownid_grpc.cli.demo.database import ShopDatabase
from ownid_grpc.config import Config
from ownid_grpc.gateway.bound import end, start_bound
from ownid_grpc.gateway.process import GatewayError, running_gateway
from ownid_grpc.telemetry.logs import new_logger

_REPOSITORY = Path(ownid_grpc.__file__).parents[1]
_EXAMPLE = _REPOSITORY / "examples" / "profile"
_SDK = _REPOSITORY / "sdk" / "js" / "dist" / "ownid.js"
_START_SECONDS = 20
_STEP_SECONDS = 0.1


class NoSite(Exception):
    """The example site cannot be shown; the message says what would help."""


@dataclass(frozen=True, slots=True)
class Site:
    """The example site as browsers reach it."""

    url: str


@contextmanager
def serving_site(
    config: Config, folder: DemoFolder, shop: ShopDatabase, address: str
) -> Iterator[Site]:
    """Gives the example site, whose service is at `address`; raises `NoSite`.

    The gateway and the site log to the folder.
    """
    _check_needs()
    with ExitStack() as opened:
        output = opened.enter_context(folder.web_log.open("w", encoding="utf-8"))
        try:
            opened.enter_context(running_gateway(config, [address], new_logger(), output))
        except GatewayError as error:
            raise NoSite(f"{error} Its log is {folder.web_log}.") from error
        opened.enter_context(_running(_environment(config, folder, shop, address), output))
        yield Site(f"{config.apps[APP].sessions.origins[0]}/")


def _check_needs() -> None:
    if not _EXAMPLE.is_dir():
        raise NoSite("It is in the repository, under examples/profile; run `make demo` there.")
    if find_spec("envoy") is None:
        raise NoSite("It needs Envoy: run `pip install 'ownid-grpc[gateway]'`.")
    if not _SDK.exists():
        raise NoSite("It needs the SDK for browsers: run `make sdk`, then the demo again.")


def _environment(
    config: Config, folder: DemoFolder, shop: ShopDatabase, address: str
) -> dict[str, str]:
    url = shop.engine.url.render_as_string(hide_password=False)
    return os.environ | {
        "OWNID_ADDRESS": address,
        "OWNID_APP": APP,
        "SITE_LISTEN": str(config.gateway.site),
        "SITE_ORIGINS": ",".join(config.apps[APP].sessions.origins),
        "SITE_KEY": str(folder.site_key.resolve()),
        "SITE_DATABASE_URL": url,
        "SITE_CUSTOMERS_TABLE": shop.tables.customers,
    }


@contextmanager
def _running(environment: dict[str, str], output: IO[str]) -> Iterator[None]:
    """Runs the site for as long as the block; on Linux it outlives nobody."""
    command = (sys.executable, "-m", "backend")
    process = start_bound(command, output, folder=_EXAMPLE, environment=environment)
    try:
        _await_answer(process, environment["SITE_LISTEN"])
        yield
    finally:
        end(process)


def _await_answer(process: "subprocess.Popen[bytes]", address: str) -> None:
    host, _, port = address.rpartition(":")
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return
        time.sleep(_STEP_SECONDS)
    raise NoSite("It does not start; web.log beside ownid.yaml says why.")
