"""Database servers that a test starts, stops and freezes."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol


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
        yield
    finally:
        _send(processes, signal.SIGCONT)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *(each for child in children for each in _family(int(child)))]


def _send(processes: list[int], number: signal.Signals) -> None:
    for process in processes:
        os.kill(process, number)
