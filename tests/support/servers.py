"""Database servers that a test starts, stops and freezes."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

_STOP_SECONDS = 10
_STEP_SECONDS = 0.01


class DatabaseServer(Protocol):
    """A server of the test's own, with one empty database."""

    @property
    def url(self) -> str:
        """Where the database is, for SQLAlchemy."""
        ...

    @property
    def pid(self) -> int:
        """The server's first process."""
        ...

    def start(self) -> None:
        """Returns once the server answers; it has what it had when it stopped."""
        ...

    def stop(self) -> None:
        """Ends every connection and the server."""
        ...


@contextmanager
def stopped(server: DatabaseServer) -> Iterator[None]:
    """Has the server down within the block."""
    server.stop()
    try:
        yield
    finally:
        server.start()


@contextmanager
def frozen(server: DatabaseServer) -> Iterator[None]:
    """Has the server neither answer nor hang up within the block."""
    processes = _family(server.pid)
    _send(processes, signal.SIGSTOP)
    try:
        _await_stop(processes)
        yield
    finally:
        _send(processes, signal.SIGCONT)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *(each for child in children for each in _family(int(child)))]


def _await_stop(processes: list[int]) -> None:
    """Returns once every thread stands still: until then some may go on answering."""
    end = time.monotonic() + _STOP_SECONDS
    for process in processes:
        while any(_state(thread) != "T" for thread in Path(f"/proc/{process}/task").iterdir()):
            assert time.monotonic() < end, "the server does not stop"
            time.sleep(_STEP_SECONDS)


def _state(thread: Path) -> str:
    return (thread / "stat").read_text("ascii", "replace").rpartition(")")[2].split()[0]


def _send(processes: list[int], number: signal.Signals) -> None:
    for process in processes:
        os.kill(process, number)
