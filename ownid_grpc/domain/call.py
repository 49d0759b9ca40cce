"""One caller's wait for an answer: who it is, and how to stop working for somebody who left."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from ownid_grpc.domain.account import AccountKey
from ownid_grpc.errors import Cancelled, Reason


class Call:
    """The call that some work is done for.

    `caller` names who asked, for columns that record it. `cancel` may be
    called from any thread and more than once; work that can be stopped from
    outside registers how by `on_cancel`. `is_audited` says whether somebody
    wants to know what is written.
    """

    def __init__(self, caller: str = "", *, is_audited: bool = False) -> None:
        self.caller = caller
        self.is_audited = is_audited
        self._lock = threading.Lock()
        self._is_cancelled = False
        self._stop: Callable[[], None] | None = None
        self._written: dict[AccountKey, tuple[str, ...]] = {}

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

    @property
    def written(self) -> Mapping[AccountKey, tuple[str, ...]]:
        """The paths of the properties that were written, by account; for the audit log."""
        return self._written

    def forget_written(self) -> None:
        """Forgets what was noted, since it has been told."""
        self._written.clear()

    def note_written(self, key: AccountKey, paths: Iterable[str] = ()) -> None:
        """Notes what is written of an account; said again, the last one holds."""
        self._written[key] = tuple(paths)

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
