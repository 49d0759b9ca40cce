"""The commands whose imports and exports are measured, as a shell runs them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.imports.usage import Usage, watched
from tests.support.keys import token

_SERVICE_GONE = 3
"""With what a command ends whose service is not there any more."""

_STEP_SECONDS = 0.005
_END_SECONDS = 60
_SHOWN = 2000


class Commands:
    """Commands of a client of the service at an address; what they say is kept in `folder`."""

    def __init__(self, address: str, folder: Path) -> None:
        self._address = address
        self._folder = folder

    def run(self, *words: str) -> tuple[dict[str, int], Usage]:
        """Returns what a command counts when it has done its work, and what that took."""
        with self._started(words) as process, watched(process.pid) as usage:
            code = process.wait()
        self._demand(code, 0)
        return json.loads(self._said("stdout")), usage

    def run_until(
        self, is_due: Callable[[], bool], kill: Callable[[int], None], *words: str
    ) -> None:
        """Kills, itself or what it calls, a command in its midst; `kill` is given its pid."""
        with self._started(words) as process:
            while not is_due():
                if process.poll() is not None:
                    raise RuntimeError("The command ended before it was killed.")
                time.sleep(_STEP_SECONDS)
            kill(process.pid)
            code = process.wait(_END_SECONDS)
        if code != -signal.SIGKILL:
            self._demand(code, _SERVICE_GONE)

    def _started(self, words: tuple[str, ...]) -> "subprocess.Popen[bytes]":
        own = {"OWNID_ADDRESS": self._address, "OWNID_APP": "shop"}
        # Issued when it is run: the whole takes longer than a token lasts.
        now = int(time.time())
        own["OWNID_TOKEN"] = token(iat=now, exp=now + 3600)
        with self._file("stdout").open("wb") as stdout, self._file("stderr").open("wb") as stderr:
            return subprocess.Popen(
                [sys.executable, "-m", "ownid_grpc", "accounts", *words],
                env=os.environ | own,
                stdout=stdout,
                stderr=stderr,
            )

    def _demand(self, code: int, wanted: int) -> None:
        if code != wanted:
            raise RuntimeError(f"The command ended with {code}: {self._said('stderr')}")

    def _said(self, stream: str) -> str:
        return self._file(stream).read_text("utf-8")[-_SHOWN:]

    def _file(self, stream: str) -> Path:
        return self._folder / f"command.{stream}"
