"""Runs the client commands as a shell would: in a pipe, on a terminal, or within the test."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from ownid_grpc.cli import app
from ownid_grpc.config import Config, parse_config
from tests.support.keys import AUDIENCE, ISSUER, KEY_ID, public_pem, token

ROOT = Path(__file__).parents[2]

PROGRAM = [sys.executable, "-m", "ownid_grpc"]


@dataclass(frozen=True)
class Commands:
    """Commands that call one service as a good caller of the app shop."""

    address: str

    @property
    def environment(self) -> dict[str, str]:
        """What says so."""
        return {"OWNID_ADDRESS": self.address, "OWNID_APP": "shop", "OWNID_TOKEN": token()}

    @property
    def _shell(self) -> dict[str, str]:
        # This process has loaded gRPC already, and with it the switch of its log.
        inherited = {name: os.environ[name] for name in os.environ if name != "GRPC_VERBOSITY"}
        return inherited | self.environment

    def run(self, *arguments: str, text: str = "", **changes: str) -> Result:
        """Runs a command within the test, `text` on its stdin."""
        return CliRunner().invoke(
            app, arguments, input=text, env=self.environment | changes, catch_exceptions=False
        )

    def json(self, *arguments: str, text: str = "") -> Any:  # noqa: ANN401 - any value of JSON
        """Returns what a command that works prints, as JSON."""
        return json.loads(self.printed(*arguments, text=text))

    def lines(self, *arguments: str) -> list[Any]:
        """Returns the JSON lines that a command that works prints."""
        return [json.loads(line) for line in self.printed(*arguments).splitlines()]

    def printed(self, *arguments: str, text: str = "") -> str:
        """Returns what a command that works prints."""
        result = self.run(*arguments, text=text)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def start(self, *arguments: str, **options: Any) -> "subprocess.Popen[bytes]":  # noqa: ANN401 - those of Popen
        """Starts a command as a process, whose output is a pipe unless said otherwise."""
        piped: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            [*PROGRAM, *arguments], env=self._shell, cwd=ROOT, **(piped | options)
        )

    def on_terminal(self, *arguments: str, typed: bytes = b"") -> tuple[int, str]:
        """Runs a command on a terminal of 100 columns; returns its exit code and all it shows."""
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            [*PROGRAM, *arguments],
            env=self._shell | {"COLUMNS": "100", "TERM": "xterm"},
            cwd=ROOT,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        ) as process:
            os.close(theirs)
            os.write(ours, typed)
            shown = _read_all(ours)
        os.close(ours)
        return process.returncode, shown


def config_of(folder: Path, listen: str = "127.0.0.1:0", scopes: Sequence[str] = ("*",)) -> Config:
    """Returns the configuration of a service of the app shop."""
    (folder / f"{KEY_ID}.pub.pem").write_bytes(public_pem())
    text = f"""
server: {{listen: "{listen}", drain_seconds: 1}}
callers:
  - name: backoffice
    issuer: {ISSUER}
    audience: {AUDIENCE}
    keys: [{KEY_ID}.pub.pem]
    apps: [shop]
    scopes: {json.dumps(list(scopes))}
apps: {{shop: {{repository: {{type: memory}}}}}}
"""
    return parse_config(text, {}, folder=folder)


def _read_all(descriptor: int) -> str:
    content = b""
    # Linux says EIO where the other end of a terminal is gone.
    with suppress(OSError):
        while piece := os.read(descriptor, 65536):
            content += piece
    return content.decode()
