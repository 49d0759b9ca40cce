"""One caller's wait for an answer: who it is, and how to stop working for somebody who left."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ownid_grpc.errors import Cancelled, Reason


class Call:
    """The call that some work is done for.

    `caller` names who asked, for columns that record it. `cancel` may be
    called from any thread and more than once; work that can be stopped from
    outside registers how by `on_cancel`.
    """

    def __init__(self, caller: str = "") -> None:
        self.caller = caller
        self._lock = threading.Lock()
        self._is_cancelled = False
        self._stop: Callable[[], None] | None = None

    def cancel(self) -> None:
        """Stops the work that is under way and all that would follow."""
        with self._lock:
            self._is_cancelled = True
            if self._stop is not None:
                self._stop()

    def check(self) -> None:
        """Raises `Cancelled` once nobody waits any more."""
        if self._is_cancelled:
            raise Cancelled(Reason.CALL_CANCELLED, "The caller no longer waits for the answer.")

    @contextmanager
    def on_cancel(self, stop: Callable[[], None]) -> Iterator[None]:
        """Has `stop` called when the call is cancelled within the block.

        `stop` never runs after the block, so that it cannot hit the next user
        of what it stops.
        """
        with self._lock:
            self.check()
            self._stop = stop
        try:
            yield
        finally:
            with self._lock:
                self._stop = None
