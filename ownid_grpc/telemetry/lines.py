"""Writes log lines some at a time, since writing each by itself would slow down every call."""

import atexit
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO


class Lines:
    """The logger under structlog: a line is out after `delay_seconds` at most, or when flushed.

    A system call makes a thread wait for its turn again: a line for each call
    written at once took more time than reading the call's credential.
    """

    def __init__(self, stream: TextIO, delay_seconds: float) -> None:
        self._stream = stream
        self._delay = delay_seconds
        self._waiting: deque[str] = deque()
        self._lock = threading.Lock()
        if delay_seconds:
            atexit.register(self.flush)
            threading.Thread(target=self._write_on, name="log-lines", daemon=True).start()

    def __call__(self, *_: object) -> "Lines":
        """Returns itself: structlog asks for a logger by calling."""
        return self

    def msg(self, line: str) -> None:
        """Takes a line to be written."""
        self._waiting.append(line)
        if not self._delay:
            self.flush()

    debug = info = warning = error = critical = msg

    def flush(self) -> None:
        """Writes all lines that wait."""
        with self._lock:
            lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
            # That nobody reads the log any more must neither end a call nor have lines pile up.
            with suppress(OSError, ValueError):
                self._write(lines)

    def _write(self, lines: Sequence[str]) -> None:
        if lines:
            self._stream.write("\n".join((*lines, "")))
            self._stream.flush()

    def _write_on(self) -> None:
        pause = threading.Event()
        while not pause.wait(self._delay):
            self.flush()
