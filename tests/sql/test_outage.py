"""Who may try to connect to a database that is down."""

import pytest

from ownid_grpc.errors import Unavailable
from ownid_grpc.repositories.sql.outage import Outage


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Returns the time."""
        return self.now


def fail(outage: Outage) -> None:
    """Tries to connect, in vain."""
    with pytest.raises(ConnectionError), outage.connecting():
        raise ConnectionError


def test_nobody_connects_right_after_a_failure() -> None:
    """When one could not connect, others are refused without trying."""
    outage = Outage(Clock())
    fail(outage)

    with pytest.raises(Unavailable), outage.connecting():
        pytest.fail("it was let in")


def test_one_at_a_time_tries_after_a_pause() -> None:
    """After a pause one may try, and while it does all others are still refused."""
    clock = Clock()
    outage = Outage(clock)
    fail(outage)
    clock.now = 1.0

    with outage.connecting(), pytest.raises(Unavailable), outage.connecting():
        pytest.fail("a second one was let in")


def test_success_lets_everybody_in() -> None:
    """As soon as one could connect, everybody may, at the same time."""
    clock = Clock()
    outage = Outage(clock)
    fail(outage)
    clock.now = 1.0
    with outage.connecting():
        pass

    with outage.connecting(), outage.connecting():
        assert clock.now == 1.0


def test_failed_trial_begins_another_pause() -> None:
    """One that tries in vain leaves the next to wait again."""
    clock = Clock()
    outage = Outage(clock)
    fail(outage)
    clock.now = 1.0
    fail(outage)

    with pytest.raises(Unavailable), outage.connecting():
        pytest.fail("it was let in")
