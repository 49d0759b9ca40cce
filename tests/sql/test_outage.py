"""Who may try a database that is down, or does not answer."""

from contextlib import suppress

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ownid_grpc.errors import NotFound, Unavailable
from ownid_grpc.repositories.refusals import account_not_found
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


def wait_in_vain(
    outage: Outage, clock: Clock, seconds: float = 2.0, *, is_read: bool = True
) -> None:
    """Asks, and hears nothing for so long."""
    with suppress(PoolTimeout), outage.asking(is_read=is_read):
        clock.now += seconds
        raise PoolTimeout


def silent(clock: Clock) -> Outage:
    """Returns the outage of a database that several have waited for in vain."""
    outage = Outage(clock)
    for _ in range(5):
        wait_in_vain(outage, clock)
    return outage


def test_silence_is_not_waited_for_by_everybody() -> None:
    """Once several have waited in vain, one a second may try, and all others are refused."""
    clock = Clock()
    outage = silent(clock)

    with pytest.raises(Unavailable), outage.asking(is_read=True):
        pytest.fail("it was let in")
    clock.now += 1.0
    with outage.asking(is_read=False), pytest.raises(Unavailable), outage.asking(is_read=True):
        pytest.fail("a second one was let in")


def test_trial_that_takes_long_does_not_keep_others_from_trying() -> None:
    """A caller who tries and waits is followed by the next after a second."""
    clock = Clock()
    outage = silent(clock)
    clock.now += 1.0

    with outage.asking(is_read=True):
        clock.now += 1.0
        with outage.asking(is_read=True):
            pass


@pytest.mark.parametrize("answer", [None, account_not_found()], ids=["found", "not found"])
def test_answer_ends_the_silence(answer: NotFound | None) -> None:
    """As soon as one is answered, also that there is no such account, everybody may ask."""
    clock = Clock()
    outage = silent(clock)
    clock.now += 1.0
    with suppress(NotFound), outage.asking(is_read=True):
        if answer is not None:
            raise answer

    with outage.asking(is_read=True), outage.asking(is_read=True):
        assert clock.now


def test_one_answer_among_many_silences_is_enough() -> None:
    """While some are answered, nobody is refused for those who are not."""
    clock = Clock()
    outage = Outage(clock)

    for _ in range(5):
        for _ in range(4):
            wait_in_vain(outage, clock)
        with outage.asking(is_read=False):
            pass


@pytest.mark.parametrize(
    ("seconds", "is_read"),
    [pytest.param(2.0, False, id="write"), pytest.param(0.5, True, id="impatient")],
)
def test_waits_that_say_nothing_do_not_count(seconds: float, *, is_read: bool) -> None:
    """A write may wait for a locked row, and a caller may give up at once, as often as they do."""
    clock = Clock()
    outage = Outage(clock)
    for _ in range(20):
        wait_in_vain(outage, clock, seconds, is_read=is_read)

    with outage.asking(is_read=True):
        assert clock.now
