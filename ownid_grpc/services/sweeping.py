"""Removes sessions that ended more than a week ago, now and then."""

import random
import threading
from contextlib import suppress

from ownid_grpc.errors import Unavailable
from ownid_grpc.state.base import Clock, Sessions
from ownid_grpc.telemetry.logs import Logger

_EVERY_SECONDS = 600.0


class SessionSweep:
    """Sweeps in the background, on every replica: what one has removed the others do not find."""

    def __init__(self, sessions: Sessions, clock: Clock, log: Logger) -> None:
        self._sessions = sessions
        self._clock = clock
        self._log = log
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begins to sweep, some time from now."""
        threading.Thread(target=self._run, name="session-sweep", daemon=True).start()

    def stop(self) -> None:
        """Ends the sweeping after what is under way."""
        self._stopped.set()

    def sweep(self) -> int:
        """Removes all there is to remove and returns how many; a store that is down keeps all."""
        removed = 0
        with suppress(Unavailable):
            while not self._stopped.is_set() and (count := self._sessions.sweep(self._clock())):
                removed += count
        return removed

    def _run(self) -> None:
        # Replicas that started together should not sweep together.
        while not self._stopped.wait(_EVERY_SECONDS * random.uniform(0.5, 1.5)):  # noqa: S311 - no secret
            try:
                self.sweep()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next sweep may do better
                self._log.error("session_sweep.fault", exc_info=error)
