"""Histories that are true, and such as must be refused."""

from collections.abc import Iterator
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trials.histories import GONE, NEVER, History, Outcome, Read, Version, Write, faults_in

DONE, REFUSED, UNKNOWN = Outcome.DONE, Outcome.REFUSED, Outcome.UNKNOWN


def write(
    expected: int, written: int, called: float, answered: float, outcome: Outcome = DONE
) -> Write:
    """Returns a write within these times."""
    return Write(Version(expected), Version(written), outcome, called, answered)


def read(version: int, called: float, answered: float) -> Read:
    """Returns a read within these times."""
    return Read(Version(version), called, answered)


MADE = write(NEVER, 1, 0, 1)

TRUE = {
    "nothing": History(),
    "one after the other": History([MADE, write(1, 2, 2, 3)], [read(1, 1, 2), read(2, 4, 5)]),
    "old while it is overwritten": History([MADE, write(1, 2, 2, 6)], [read(1, 3, 5)]),
    "new while it is written": History([MADE, write(1, 2, 2, 6)], [read(2, 3, 5)]),
    "both while it is written": History(
        [MADE, write(1, 2, 2, 9)], [read(1, 3, 4), read(2, 5, 6), read(1, 3, 6)]
    ),
    "answer lost, done": History([MADE, write(1, 2, 2, 3, UNKNOWN)], [read(2, 8, 9)]),
    "answer lost, done late": History(
        [MADE, write(1, 2, 2, 3, UNKNOWN)], [read(1, 5, 6), read(2, 8, 9)]
    ),
    "answer lost, not done": History([MADE, write(1, 2, 2, 3, UNKNOWN)], [read(1, 8, 9)]),
    "refused": History([MADE, write(1, 2, 2, 3, REFUSED)], [read(1, 8, 9)]),
    "creation lost": History([write(NEVER, 1, 0, 1, UNKNOWN)], [read(NEVER, 8, 9)]),
    "deleted": History([MADE, write(1, GONE, 2, 3)], [read(1, 1, 2), read(GONE, 4, 5)]),
    "deleted by one of two lost calls": History(
        [MADE, write(1, GONE, 2, 3, UNKNOWN), write(1, GONE, 4, 5, UNKNOWN)],
        [read(GONE, 6, 7)],
    ),
    "deletion lost, then done by another": History(
        [MADE, write(1, GONE, 2, 3, UNKNOWN), write(1, 2, 4, 5), write(2, GONE, 6, 7)],
        [read(GONE, 8, 9)],
    ),
}

UNTRUE = {
    "two follow one": History([MADE, write(1, 2, 2, 3), write(1, 3, 2, 3)]),
    "lost though acknowledged": History([MADE, write(1, 2, 2, 3)], [read(1, 4, 5)]),
    "lost creation": History([MADE], [read(NEVER, 4, 5)]),
    "refused yet done": History([MADE, write(1, 2, 2, 3, REFUSED)], [read(2, 4, 5)]),
    "read before it is written": History([MADE, write(1, 2, 4, 5)], [read(2, 2, 3)]),
    "new, then old": History([MADE, write(1, 2, 2, 9)], [read(2, 3, 4), read(1, 5, 6)]),
    "nobody wrote it": History([MADE], [read(7, 2, 3)]),
    "back after the deletion": History([MADE, write(1, GONE, 2, 3)], [read(1, 4, 5)]),
    "gone though nobody deleted": History([MADE], [read(GONE, 4, 5)]),
    "gone by a refused deletion": History(
        [MADE, write(1, GONE, 2, 3, REFUSED)], [read(GONE, 4, 5)]
    ),
    "deleted twice": History([MADE, write(1, GONE, 2, 3), write(1, GONE, 4, 5)]),
    "follows what never was": History([MADE, write(5, 6, 2, 3)]),
    "written before what it follows": History([MADE, write(1, 3, 6, 7), write(3, 4, 2, 3)]),
    "changed after a lost deletion was seen": History(
        [MADE, write(1, GONE, 2, 3, UNKNOWN), write(1, 2, 6, 7)],
        [read(GONE, 4, 5), read(2, 8, 9)],
    ),
}


@pytest.mark.parametrize("history", TRUE.values(), ids=TRUE.keys())
def test_true_history_has_no_fault(history: History) -> None:
    """What can be put into an order in which every answer is right is not complained about."""
    assert faults_in(history) == []


@pytest.mark.parametrize("history", UNTRUE.values(), ids=UNTRUE.keys())
def test_untrue_history_is_refused(history: History) -> None:
    """A history that has no such order is named as what it is."""
    assert faults_in(history) != []


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Draws a few calls at random, true together or not."""
    moment = st.integers(0, 9)
    versions = st.sampled_from([NEVER, 1, 2, GONE])

    def times() -> tuple[int, int]:
        first, second = draw(moment), draw(moment)
        return min(first, second), max(first, second)

    writes = [
        write(draw(versions.filter(lambda each: each != GONE)), written, *times(), outcome)
        for written in draw(st.permutations([1, 2, GONE, GONE]))
        if (outcome := draw(st.sampled_from([DONE, REFUSED, UNKNOWN, None])))
    ]
    reads = [read(draw(versions), *times()) for _ in range(draw(st.integers(0, 4)))]
    return History(writes, reads)


@settings(max_examples=500, deadline=None)
@given(histories())
def test_verdict_is_that_of_trying_every_order(history: History) -> None:
    """What is refused has no order in which it is true, and what is not has one."""
    assert (faults_in(history) == []) is any(
        has_order([*history.reads, *done], NEVER) for done in possibly_done(history)
    )


def possibly_done(history: History) -> Iterator[list[Write]]:
    """Yields each set of writes that can have taken effect."""
    known = {each.expected for each in history.writes}
    unknown = [each for each in history.writes if each.outcome is UNKNOWN]
    done = [each for each in history.writes if each.outcome is DONE]
    for size in range(len(unknown) + 1):
        for also in combinations(unknown, size):
            # Whoever expected a version had been told of it.
            if known <= {NEVER} | {each.written for each in chain(done, also)}:
                yield [*done, *also]


def has_order(calls: list[Read | Write], version: Version) -> bool:
    """Returns whether the calls can come one after the other, from this version on."""
    if not calls:
        return True
    end = min(each.latest if isinstance(each, Write) else each.answered for each in calls)
    return any(
        has_order([other for other in calls if other is not each], after)
        for each in calls
        if each.called <= end and (after := version_after(each, version)) is not None
    )


def version_after(call: Read | Write, version: Version) -> Version | None:
    """Returns what the register holds after a call, None where it cannot have been answered so."""
    if isinstance(call, Read):
        return version if call.version == version else None
    return call.written if call.expected == version else None
