"""Waiting for requests: as long as told, and no longer."""

import threading
from typing import Any

from ownid_grpc.server.patience import Patience


class Waiting:
    """A call whose request has not come yet; it ends when it is cancelled."""

    def __init__(self) -> None:
        self.ended = threading.Event()

    def cancel(self) -> None:
        """Ends the call."""
        self.ended.set()


def test_call_that_takes_too_long_is_cancelled() -> None:
    """A call whose request does not come in its time is cancelled; one with more time is not."""
    patience = Patience()
    short: Any = Waiting()
    long: Any = Waiting()

    with patience.waiting(long, 60), patience.waiting(short, 0.1):
        assert short.ended.wait(10)

    assert not long.ended.is_set()
    patience.close()


def test_call_whose_request_came_is_left_alone() -> None:
    """Once its request is there, a call may take as long as it likes."""
    patience = Patience()
    answered: Any = Waiting()
    late: Any = Waiting()

    with patience.waiting(answered, 0.1):
        pass
    with patience.waiting(late, 0.1):
        assert late.ended.wait(10)

    assert not answered.ended.is_set()
    patience.close()
