"""Readers and writers that go on whatever happens, and remember what they were told."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc

from tests.load.conftest import Loaded, code_of
from tests.support.serving import status_in

_RETRY = "type.googleapis.com/google.rpc.RetryInfo"
_PAUSE_SECONDS = 0.01
_TIMEOUT_SECONDS = 8.0


@dataclass
class Traffic:
    """What eight callers did and heard: four read an account, four make new ones."""

    loaded: Loaded
    codes: Counter[grpc.StatusCode] = field(default_factory=Counter)
    made: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    lacking_retry: list[str] = field(default_factory=list)
    slowest_seconds: float = 0
    _stopped: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Has the callers call for as long as the block."""
        threads = [
            threading.Thread(target=self._repeat, args=(call, number))
            for number in range(4)
            for call in (self._read, self._make)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            for thread in threads:
                thread.join(60)

    def await_code(self, code: grpc.StatusCode, more: int = 20) -> None:
        """Returns once that many more calls have ended so."""
        wanted = self.codes[code] + more
        end = time.monotonic() + 60
        while self.codes[code] < wanted:
            assert time.monotonic() < end, f"no calls end with {code}: {self.codes}"
            time.sleep(_PAUSE_SECONDS)

    def _repeat(self, call: Callable[[int, int], None], number: int) -> None:
        count = 0
        while not self._stopped.wait(_PAUSE_SECONDS):
            count += 1
            started = time.monotonic()
            call(number, count)
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - started)

    def _read(self, _: int, __: int) -> None:
        try:
            self.loaded.get(1, timeout=_TIMEOUT_SECONDS)
        except grpc.RpcError as error:
            self._note(error)
        else:
            self.codes[grpc.StatusCode.OK] += 1

    def _make(self, number: int, count: int) -> None:
        email = f"new-{number}-{count}@example.com"
        try:
            self.loaded.create(email=email, city="London", timeout=_TIMEOUT_SECONDS)
        except grpc.RpcError as error:
            self.refused.add(email)
            self._note(error)
        else:
            self.made.add(email)
            self.codes[grpc.StatusCode.OK] += 1

    def _note(self, error: Any) -> None:  # noqa: ANN401 - a RpcError that is a Call
        code = code_of(error)
        self.codes[code] += 1
        # A deadline may also pass on the way, where nobody adds details.
        if code is grpc.StatusCode.UNAVAILABLE and not _has_retry_info(error):
            self.lacking_retry.append(str(error.details()))


def _has_retry_info(error: Any) -> bool:  # noqa: ANN401 - a RpcError that is a Call
    return any(detail.type_url == _RETRY for detail in status_in(error).details)
