"""Keeps some threads free of streams, and of any one app, so that other calls get through."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta

from ownid_grpc.errors import Reason, ResourceExhausted

_RETRY_DELAY = timedelta(seconds=1)
_PATIENCE_SECONDS = 1.0
"""Bursts of calls that are soon answered take turns; a database that stands still gives none."""
_UNBOUND = nullcontext()


class Slots:
    """At most `count` at a time; who comes later waits for `patience` at most.

    Where somebody has waited in vain, the others are sent away at once until a
    slot is given back: whoever waits holds a thread. `limit` and `what` say of
    what: `concurrent_calls`, "calls of this app".
    """

    def __init__(self, count: int, limit: str, what: str, patience: float = 0) -> None:
        self._count = count
        self._limit = limit
        self._what = what
        self._patience = patience
        self._is_stuck = False
        self._free = threading.BoundedSemaphore(count)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Holds a slot within the block; raises `ResourceExhausted` when none becomes free."""
        if not self._acquire():
            raise ResourceExhausted(
                Reason.LIMIT_EXCEEDED,
                f"All {self._count} {self._what} that may run at once do; try again later.",
                {"limit": self._limit, "maximum": str(self._count)},
                retry_delay=_RETRY_DELAY,
            )
        try:
            yield
        finally:
            self._is_stuck = False
            self._free.release()

    def _acquire(self) -> bool:
        if self._free.acquire(blocking=False):
            return True
        if self._is_stuck or not self._patience:
            return False
        self._is_stuck = not self._free.acquire(timeout=self._patience)
        return not self._is_stuck


@dataclass(frozen=True, slots=True)
class CallSlots:
    """What calls hold while threads work on them.

    `streams` are for the streams of all apps; an app with a bound has slots of
    its own in `app_calls`, and for the streams among them in `app_streams`.
    """

    streams: Slots
    app_calls: Mapping[str, Slots]
    app_streams: Mapping[str, Slots]

    @classmethod
    def of(cls, threads: int, streams: int, app_calls: Mapping[str, int]) -> "CallSlots":
        """Returns slots for these threads, of which an app may have so many.

        Of the streams it may have the same part, and never all that it may have of threads.
        """
        bounds = {app: count for app, count in app_calls.items() if count < threads}
        return cls(
            _slots_of_streams(streams, "streams"),
            {app: _slots_of_calls(n) for app, n in bounds.items()},
            {
                app: _slots_of_streams(
                    max(1, min(streams * n // threads, n - 1)), "streams of the app"
                )
                for app, n in bounds.items()
            },
        )

    def call(self, app: str) -> AbstractContextManager[None]:
        """Returns what a call of an app holds."""
        return _taken(self.app_calls.get(app))

    @contextmanager
    def stream(self, app: str) -> Iterator[None]:
        """Holds what a stream of an app needs, which is a call too, within the block."""
        # That of all apps last: those that are refused for their own app take nobody's.
        with self.call(app), _taken(self.app_streams.get(app)), self.streams.taken():
            yield


def _slots_of_calls(count: int) -> Slots:
    return Slots(count, "concurrent_calls", "calls of the app", _PATIENCE_SECONDS)


def _slots_of_streams(count: int, what: str) -> Slots:
    return Slots(count, "concurrent_searches", what)


def _taken(slots: Slots | None) -> AbstractContextManager[None]:
    return _UNBOUND if slots is None else slots.taken()
