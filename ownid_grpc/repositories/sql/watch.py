"""Ends work on a database that has stopped answering, where no timeout of its own can."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_STEP_SECONDS = 0.5


@dataclass(slots=True)
class _Work:
    """What is under way: when it has taken too long, and how to end it."""

    end: float
    abandon: Callable[[], None]


class Watch:
    """Calls `abandon` of each watched piece of work that outlasts its limit."""

    def __init__(self) -> None:
        self._running: dict[int, _Work] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def watching(
        self, abandon: Callable[[], None], seconds: float
    ) -> Iterator[Callable[[float], None]]:
        """Has `abandon` called when the block takes longer than `seconds`, never after it.

        What it gives shortens the time that is left, from whatever thread.
        """
        work = _Work(time.monotonic() + seconds, abandon)
        with self._lock:
            self._start()
            self._running[id(work)] = work
        try:
            yield lambda seconds: self._shorten(work, seconds)
        finally:
            with self._lock:
                self._running.pop(id(work), None)

    def abandon_all(self) -> None:
        """Calls `abandon` of everything that is under way."""
        with self._lock:
            for work in self._running.values():
                work.end = 0
            self._abandon_late()

    def close(self) -> None:
        """Stops watching."""
        self._closed.set()

    def _shorten(self, work: _Work, seconds: float) -> None:
        work.end = min(work.end, time.monotonic() + seconds)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="database-watch", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._closed.wait(_STEP_SECONDS):
            with self._lock:
                self._abandon_late()

    def _abandon_late(self) -> None:
        now = time.monotonic()
        for key in [key for key, work in self._running.items() if work.end < now]:
            # One that ended just now may not be there to be ended; the others are.
            with suppress(Exception):
                self._running.pop(key).abandon()
