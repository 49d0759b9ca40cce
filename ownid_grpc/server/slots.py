"""Keeps some threads free of streams, so that other calls always get through."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from ownid_grpc.errors import Reason, ResourceExhausted

_RETRY_DELAY = timedelta(seconds=1)


class StreamSlots:
    """At most `count` streams at a time; who comes later is sent away at once."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._free = threading.BoundedSemaphore(count)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Holds a slot within the block; raises `ResourceExhausted` when none is free."""
        if not self._free.acquire(blocking=False):
            raise ResourceExhausted(
                Reason.LIMIT_EXCEEDED,
                f"All {self._count} streams that may run at once do; try again later.",
                {"limit": "concurrent_searches", "maximum": str(self._count)},
                retry_delay=_RETRY_DELAY,
            )
        try:
            yield
        finally:
            self._free.release()
