"""Reads a stream of requests ahead of the work on them, so that they can be worked on together."""

import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

from google.protobuf.message import Message

Request = TypeVar("Request", bound=Message)


class ReadAhead(Generic[Request]):
    """Requests that have arrived: at most `most`, and not many more than `most_bytes`.

    Of a caller who sends more nothing is read until some of them are taken.
    """

    def __init__(self, requests: Iterator[Request], most: int, most_bytes: int) -> None:
        self._requests = requests
        self._most = most
        self._most_bytes = most_bytes
        self._arrived: deque[Request] = deque()
        self._bytes = 0
        self._end: Exception | None = None
        self._is_ended = False
        self._changed = threading.Condition()
        threading.Thread(target=self._read, name="read ahead", daemon=True).start()

    def batches(self) -> Iterator[list[Request]]:
        """Yields what has arrived, waiting for the first of it only.

        Raises what ended the stream, after all that came before.
        """
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._arrived or self._is_ended)
                batch = list(self._arrived)
                self._arrived.clear()
                self._bytes = 0
                self._changed.notify_all()
            if not batch:
                break
            yield batch
        if self._end is not None:
            raise self._end

    def close(self) -> None:
        """Reads no more, whether or not there is more."""
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    def _read(self) -> None:
        try:
            for request in self._requests:
                if not self._keep(request):
                    return
        except Exception as error:  # noqa: BLE001 - it is raised where the requests are taken
            self._end = error
        self.close()

    def _keep(self, request: Request) -> bool:
        """Waits for room and keeps the request; returns whether more is wanted."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_room or self._is_ended)
            if self._is_ended:
                return False
            self._arrived.append(request)
            self._bytes += request.ByteSize()
            self._changed.notify_all()
            return True

    @property
    def _has_room(self) -> bool:
        return len(self._arrived) < self._most and self._bytes < self._most_bytes
