"""One caller's wait for an answer: who it is, and how to stop working for somebody who left."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from ownid_grpc.domain.account import AccountKey
from ownid_grpc.errors import Cancelled, Reason


class Steps(Protocol):
    """Gives what a block of work within a call is run in, for whoever follows how it goes."""

    def __call__(self, name: str, attributes: Mapping[str, str]) -> AbstractContextManager[None]:
        """Returns what notes how long its block takes."""
        ...


_UNNOTED = nullcontext()
_NOTHING: Mapping[str, str] = {}


class Call:
    """The call that some work is done for.

    `caller` names who asked, for columns that record it. `cancel` may be
    called from any thread and more than once; work that can be stopped from
    outside registers how by `on_cancel`. `is_audited` says whether somebody
    wants to know what is written, `steps` follows what is done.
    """

    def __init__(
        self, caller: str = "", *, is_audited: bool = False, steps: Steps | None = None
    ) -> None:
        self.caller = caller
        self._steps = steps
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

    def step(
        self, name: str, attributes: Mapping[str, str] = _NOTHING
    ) -> AbstractContextManager[None]:
        """Returns what a part of the work is to be run in, so that traces show it."""
        return _UNNOTED if self._steps is None else self._steps(name, attributes)

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
