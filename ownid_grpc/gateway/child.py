"""Keeps one child process running, and lets it outlive nobody."""

import subprocess
import threading
import time
from collections.abc import Sequence
from typing import IO

from ownid_grpc.gateway.bound import end, start_bound
from ownid_grpc.telemetry.logs import Logger

_FIRST_PAUSE_SECONDS = 0.5
_MOST_ENDS = 5
_STEADY_SECONDS = 60
_STEP_SECONDS = 0.1


class Child:
    """A process of one command, started anew when it ends by itself.

    It is given more time before each start, and is given up when it ends five
    times in a row, none of them after a minute or more.

    It may read `file` by its descriptor. What it prints goes to `output`, by
    default where our own output goes.
    """

    def __init__(
        self, command: Sequence[str], log: Logger, file: IO[str], output: IO[str] | None = None
    ) -> None:
        self._command = tuple(command)
        self._log = log
        self._file = file
        self._output = output
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._given_up = threading.Event()
        # The kernel ends a child with the thread that started it: so that is one that stays.
        self._keeper = threading.Thread(target=self._keep, name="gateway-keeper", daemon=True)

    @property
    def has_ended(self) -> bool:
        """Whether it has ended by itself, and be it once."""
        return self._ended.is_set()

    @property
    def is_given_up(self) -> bool:
        """Whether it has ended too often to be started anew."""
        return self._given_up.is_set()

    def start(self) -> None:
        """Starts the command, and again whenever it has ended."""
        self._keeper.start()

    def stop(self) -> None:
        """Ends the process for good."""
        self._stopping.set()
        if self._keeper.ident is not None:
            self._keeper.join()

    def _keep(self) -> None:
        ends = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            process = self._started()
            while process.poll() is None and not self._stopping.wait(_STEP_SECONDS):
                pass
            if self._stopping.is_set():
                end(process)
                return
            ends = 1 if time.monotonic() - started >= _STEADY_SECONDS else ends + 1
            self._ended.set()
            self._log.error("gateway.ended", code=process.returncode, in_a_row=ends)
            if ends == _MOST_ENDS:
                self._given_up.set()
                return
            self._stopping.wait(_FIRST_PAUSE_SECONDS * 2 ** (ends - 1))

    def _started(self) -> "subprocess.Popen[bytes]":
        # Where /dev/fd has no file of its own, each start goes on where the last has read to.
        self._file.seek(0)
        return start_bound(self._command, self._output, files=(self._file.fileno(),))
