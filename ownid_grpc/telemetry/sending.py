"""A thread that sends what there is, now and then, and says when that ceases to work."""

import threading
from collections.abc import Callable

from ownid_grpc.telemetry.logs import Logger

_LAST_SECONDS = 3.0


class Sending:
    """Calls `send` every so many seconds, and a last time when closed."""

    def __init__(
        self, name: str, interval_seconds: float, send: Callable[[], bool], log: Logger
    ) -> None:
        self._name = name
        self._interval = interval_seconds
        self._send = send
        self._log = log
        self._is_failing = False
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Sends the last, if that takes no more than some seconds, and ends."""
        self._closed.set()
        self._thread.join(_LAST_SECONDS)

    def _run(self) -> None:
        while not self._closed.wait(self._interval):
            self._note(is_sent=self._is_sent())
        self._note(is_sent=self._is_sent())

    def _is_sent(self) -> bool:
        try:
            return self._send()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next may do better
            self._log.error("telemetry.fault", sending=self._name, exc_info=error)
            return False

    def _note(self, *, is_sent: bool) -> None:
        if is_sent == self._is_failing:
            self._is_failing = not is_sent
            write = self._log.info if is_sent else self._log.warning
            write("telemetry.resumed" if is_sent else "telemetry.failing", sending=self._name)
