"""Ends work on a database that has stopped answering, where no timeout of its own can."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_STEP_SECONDS = 0.5


class Watch:
    """Calls `abandon` of each watched piece of work that outlasts its limit."""

    def __init__(self) -> None:
        self._running: dict[int, tuple[float, Callable[[], None]]] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def watching(self, abandon: Callable[[], None], seconds: float) -> Iterator[None]:
        """Has `abandon` called when the block takes longer than `seconds`, never after it."""
        key = threading.get_ident()
        with self._lock:
            self._start()
            self._running[key] = (time.monotonic() + seconds, abandon)
        try:
            yield
        finally:
            with self._lock:
                self._running.pop(key, None)

    def close(self) -> None:
        """Stops watching."""
        self._closed.set()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="database-watch", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._closed.wait(_STEP_SECONDS):
            now = time.monotonic()
            with self._lock:
                late = [key for key, (end, _) in self._running.items() if end < now]
                for key in late:
                    self._running.pop(key)[1]()
