"""Knows that a database does not answer, so that not every call has to wait to find it out."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ownid_grpc.errors import NotFound
from ownid_grpc.repositories.refusals import database_down
from ownid_grpc.repositories.sql.errors import Meaning, refusal_of

_PAUSE_SECONDS = 0.5

_VAIN_READS = 5
_VAIN_SECONDS = 1.0
"""How long somebody must have waited in vain for that to say anything of the database."""

_STRETCH_SECONDS = 3.0
_TRIAL_SECONDS = 1.0


class Outage:
    """Lets few try a database that does not answer, and all others fail at once.

    It is known by two things: that nobody could connect, and that nothing was
    answered for a while although several waited, as when a table is locked or
    a disk is slow. Health checks do not notice the latter.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failed_at: float | None = None
        self._is_tried = False
        self._answered_at = monotonic()
        self._vain_reads = 0
        self._next_trial: float | None = None

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

    @contextmanager
    def asking(self, *, is_read: bool) -> Iterator[None]:
        """Learns from the block whether the database answers what it is asked.

        Raises `Unavailable` while it is known that it does not, but for one
        caller a second. What is no read may wait for a row that somebody else
        has locked, or for its reader: only that it is answered says anything.
        """
        self._admit_asking()
        began = self._monotonic()
        try:
            yield
        except (DBAPIError, PoolTimeout) as error:
            if not _is_silence(error):
                self._note_answer()
            elif is_read and self._monotonic() - began >= _VAIN_SECONDS:
                self._note_vain_read()
            raise
        except NotFound:
            self._note_answer()
            raise
        else:
            self._note_answer()

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

    def _admit_asking(self) -> None:
        if self._next_trial is None:
            return
        with self._lock:
            now = self._monotonic()
            if self._next_trial is None:
                return
            if now < self._next_trial:
                raise database_down()
            # Whoever tries may ask something that takes long anyway, so that others follow.
            self._next_trial = now + _TRIAL_SECONDS

    def _note_answer(self) -> None:
        self._answered_at = self._monotonic()
        if self._vain_reads:
            with self._lock:
                self._vain_reads = 0
                self._next_trial = None

    def _note_vain_read(self) -> None:
        with self._lock:
            self._vain_reads += 1
            now = self._monotonic()
            is_long = now - self._answered_at >= _STRETCH_SECONDS
            if self._next_trial is None and is_long and self._vain_reads >= _VAIN_READS:
                self._next_trial = now + _TRIAL_SECONDS


def _is_silence(error: DBAPIError | PoolTimeout) -> bool:
    if isinstance(error, PoolTimeout):
        return True
    return refusal_of(error).meaning in (Meaning.TIMEOUT, Meaning.DOWN)
