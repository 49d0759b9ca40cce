"""Balancers before servers of the test's own, run from what the guide and the command give."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from ownid_grpc.cli import app
from ownid_grpc.gateway.process import _program
from tests.support.service import await_listening, free_address

GUIDE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
UPSTREAMS = ("one.internal:50051", "two.internal:50051")
"""How the guide names its servers."""


@contextmanager
def haproxy_before(folder: Path, servers: Sequence[str]) -> Iterator[str]:
    """Gives the address of an HAProxy that is configured as docs/operations.md says."""
    program = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    if program is None:
        pytest.fail("HAProxy is not installed: `make setup-balancer` does it.")
    address = free_address()
    (text,) = re.findall(r"```haproxy\n(.*?)```", GUIDE, re.DOTALL)
    for said, meant in zip(("bind :50051", *UPSTREAMS), (f"bind {address}", *servers), strict=True):
        assert text.count(said) == 1
        text = text.replace(said, meant)
    path = folder / "haproxy.cfg"
    path.write_text(text, "utf-8")
    with _running([program, "-db", "-f", str(path)], address, folder / "haproxy.log"):
        yield address


@contextmanager
def envoy_before(folder: Path, servers: Sequence[str]) -> Iterator[str]:
    """Gives the address of an Envoy that is configured as `gateway config` prints it.

    The folder has the ownid.yaml of the servers.
    """
    config = folder / "ownid.yaml"
    arguments = ["gateway", "config", "--config", str(config)]
    for each in servers:
        arguments += ["--upstream", each]
    printed = CliRunner().invoke(app, arguments)
    assert printed.exit_code == 0, printed.output
    path = folder / "envoy.json"
    path.write_text(printed.stdout, "utf-8")
    address = yaml.safe_load(config.read_text("utf-8"))["gateway"]["listen"]
    command = [_program(), "--disable-hot-restart", "--config-path", str(path)]
    with _running(command, address, folder / "envoy.log"):
        yield address


@contextmanager
def _running(command: Sequence[str], address: str, log: Path) -> Iterator[None]:
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        await_listening(address, process, log)
        yield
    finally:
        process.kill()
        process.wait()
