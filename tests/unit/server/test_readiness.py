"""What is served: found out in the background, by what answers and what does not."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from queue import Queue

import pytest
from structlog.testing import capture_logs

from ownid_grpc.domain.source import MappingFault, SourceDescription
from ownid_grpc.errors import FailedPrecondition, Reason
from ownid_grpc.repositories.memory import MemoryAccountRepository, MemoryStore
from ownid_grpc.server.health import NOT_SERVING, SERVING
from ownid_grpc.server.readiness import (
    STATE,
    AppCheck,
    Outcome,
    Readiness,
    Target,
    statuses_of,
)
from ownid_grpc.telemetry.logs import new_logger

ANSWERS, DOWN, FAULTY, UNKNOWN = Outcome.ANSWERS, Outcome.DOWN, Outcome.FAULTY, Outcome.UNKNOWN
EMPTY = SourceDescription((), frozenset())
FAULT = MappingFault(("table",), "there is no such table")


@pytest.mark.parametrize(
    ("state", "shop", "club", "overall"),
    [
        (ANSWERS, ANSWERS, ANSWERS, SERVING),
        (ANSWERS, ANSWERS, DOWN, NOT_SERVING),
        (ANSWERS, ANSWERS, UNKNOWN, NOT_SERVING),
        (DOWN, ANSWERS, ANSWERS, NOT_SERVING),
        (UNKNOWN, ANSWERS, ANSWERS, NOT_SERVING),
        (ANSWERS, ANSWERS, FAULTY, SERVING),
        (ANSWERS, FAULTY, FAULTY, NOT_SERVING),
        (ANSWERS, FAULTY, DOWN, NOT_SERVING),
    ],
)
def test_all_is_served_while_everything_answers(
    state: Outcome, shop: Outcome, club: Outcome, overall: int
) -> None:
    """All is served while store and databases answer; a faulty mapping takes out its app alone."""
    statuses = statuses_of({STATE: state, "app/shop": shop, "app/club": club}, ["s.Service"])

    assert statuses[""] == statuses["s.Service"] == overall
    for name, outcome in (("app/shop", shop), ("app/club", club)):
        is_served = state is ANSWERS and outcome is ANSWERS
        assert statuses[name] == (SERVING if is_served else NOT_SERVING)


class Faulty(MemoryAccountRepository):
    """A repository whose mapping does not fit until somebody mends it."""

    faults: Sequence[MappingFault] = (FAULT,)

    def describe(self) -> SourceDescription:
        """Returns the description once there are no faults."""
        if self.faults:
            raise FailedPrecondition(Reason.MAPPING_FAULTY, "The mapping does not fit.")
        return super().describe()

    def verify(self) -> Sequence[MappingFault]:
        """Returns the faults."""
        return self.faults


def test_faults_are_reported_once_and_can_be_mended() -> None:
    """Faults of a mapping are told when they are found, once, and the app comes up when mended."""
    repository, reported = Faulty(EMPTY), list[Sequence[MappingFault]]()
    check = AppCheck(repository, reported.append)

    assert [check(), check()] == [FAULTY, FAULTY]
    repository.faults = ()
    assert check() is ANSWERS
    assert reported == [(FAULT,)]


@contextmanager
def checking(
    *targets: Target, limit_seconds: float = 30
) -> Iterator[Callable[[], Mapping[str, Outcome]]]:
    """Checks these all the time, and gives what waits for the next change and returns it."""
    changes: Queue[Mapping[str, Outcome]] = Queue()
    readiness = Readiness(
        targets, changes.put, new_logger(), interval_seconds=0.02, limit_seconds=limit_seconds
    )
    readiness.start()
    try:
        yield lambda: changes.get(timeout=10)
    finally:
        readiness.stop()


def test_database_that_goes_down_comes_up_again() -> None:
    """What answers, goes down and answers again is found to do so each time, by itself."""
    store = MemoryStore()
    check = AppCheck(MemoryAccountRepository(EMPTY, store=store), lambda _: None)

    with checking(Target("app/shop", check)) as next_change:
        assert next_change() == {"app/shop": ANSWERS}
        store.is_down = True
        assert next_change() == {"app/shop": DOWN}
        store.is_down = False
        assert next_change() == {"app/shop": ANSWERS}


def changes_until(
    expected: Mapping[str, Outcome], next_change: Callable[[], Mapping[str, Outcome]]
) -> list[Mapping[str, Outcome]]:
    """Returns what is published until this is: a busy machine makes any check late for a while."""
    found = [next_change()]
    while found[-1] != expected:
        found.append(next_change())
    return found


def test_check_that_hangs_counts_as_down_and_holds_up_no_other() -> None:
    """A database that never answers is down after the limit, and the others are still checked."""
    hanging, other = threading.Event(), threading.Event()

    def hang() -> Outcome:
        hanging.wait(30)
        return ANSWERS

    def follow() -> Outcome:
        return FAULTY if other.is_set() else ANSWERS

    targets = Target("app/shop", hang), Target("app/club", follow)
    with checking(*targets, limit_seconds=0.2) as next_change:
        found = changes_until({"app/shop": DOWN, "app/club": ANSWERS}, next_change)
        other.set()
        found += changes_until({"app/shop": DOWN, "app/club": FAULTY}, next_change)
        hanging.set()
        changes_until({"app/shop": ANSWERS, "app/club": FAULTY}, next_change)

    assert all(each["app/shop"] is not ANSWERS for each in found)


def test_check_that_fails_for_an_unknown_reason_is_logged_and_goes_on() -> None:
    """A fault of a check itself is down, is in the log, and does not end the checks."""
    is_mended = threading.Event()

    def check() -> Outcome:
        if is_mended.is_set():
            return ANSWERS
        raise ZeroDivisionError

    with capture_logs() as logs, checking(Target("app/shop", check)) as next_change:
        assert next_change() == {"app/shop": DOWN}
        is_mended.set()
        assert next_change() == {"app/shop": ANSWERS}

    assert {"readiness.fault", "readiness"} <= {event["event"] for event in logs}


def test_nothing_is_published_after_the_end() -> None:
    """Once stopped, what is found is no longer told, so that a drain is not taken back."""
    store, changes = MemoryStore(), Queue[Mapping[str, Outcome]]()
    check = AppCheck(MemoryAccountRepository(EMPTY, store=store), lambda _: None)
    readiness = Readiness(
        [Target("app/shop", check)], changes.put, new_logger(), interval_seconds=0.02
    )
    readiness.start()
    assert changes.get(timeout=10) == {"app/shop": ANSWERS}

    readiness.stop()
    store.is_down = True
    readiness._compare()

    assert changes.empty()
