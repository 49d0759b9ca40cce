"""Ends calls whose request does not come: each of them holds a thread until it does."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import grpc

_STEP_SECONDS = 0.2


class Patience:
    """Waits for requests as long as it is told, and cancels calls that take longer."""

    def __init__(self) -> None:
        self._ends: dict[grpc.ServicerContext, float] = {}
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name="patience", daemon=True).start()

    @contextmanager
    def waiting(self, context: grpc.ServicerContext, seconds: float) -> Iterator[None]:
        """Cancels the call when the block takes longer than `seconds`."""
        self._ends[context] = time.monotonic() + seconds
        try:
            yield
        finally:
            del self._ends[context]

    def close(self) -> None:
        """Cancels nothing from now on."""
        self._closed.set()

    def _watch(self) -> None:
        while not self._closed.wait(_STEP_SECONDS):
            now = time.monotonic()
            for context, end in self._ends.copy().items():
                if now > end:
                    context.cancel()
