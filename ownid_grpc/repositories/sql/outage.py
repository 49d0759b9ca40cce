"""Knows that a database was found down, so that not every call has to wait to find it out."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ownid_grpc.repositories.refusals import database_down

_PAUSE_SECONDS = 0.5


class Outage:
    """Lets few connect to a database to which nobody could, and all others fail at once.

    Connections that are there are nobody's business here: they show soon
    enough whether they still work.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failed_at: float | None = None
        self._is_tried = False

    @contextmanager
    def connecting(self) -> Iterator[None]:
        """Learns from the block whether the database can be connected to.

        Raises `Unavailable` while it is known that it cannot, but for one
        caller at a time, after a pause, who may find out that it can again.
        """
        is_trial = self._admit()
        try:
            yield
        except BaseException:
            self.begin()
            raise
        else:
            self.end()
        finally:
            if is_trial:
                self._is_tried = False

    def begin(self) -> None:
        """Notes that the database cannot be connected to."""
        self._failed_at = self._monotonic()

    def end(self) -> None:
        """Notes that it can."""
        self._failed_at = None

    def _admit(self) -> bool:
        with self._lock:
            failed_at = self._failed_at
            if failed_at is None:
                return False
            if self._is_tried or self._monotonic() < failed_at + _PAUSE_SECONDS:
                raise database_down()
            self._is_tried = True
            return True
