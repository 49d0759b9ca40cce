"""Judges whether what concurrent callers were told is true in some order.

An account is a register with compare-and-set. No two writes may write the
same version, so what each effective write followed is known, and with it the only
order that the versions can have had. It then remains to see whether the
times of the calls allow that order; where every call is placed, and its place
is known, looking at each pair is exact (linearizability is an interval order).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from math import inf
from typing import NewType

Version = NewType("Version", int)

NEVER = Version(-1)
"""What a register holds before its account is made."""

GONE = Version(-2)
"""What it holds once its account is deleted; it stays so."""


class Outcome(Enum):
    """What a caller was told of a write."""

    DONE = auto()
    REFUSED = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Write:
    """A change from one version to the next: creation and deletion are such too."""

    expected: Version
    written: Version
    outcome: Outcome
    called: float
    answered: float

    @property
    def latest(self) -> float:
        """The last moment at which it can have taken effect."""
        return inf if self.outcome is Outcome.UNKNOWN else self.answered


@dataclass(frozen=True, slots=True)
class Read:
    """A version that a caller was shown; a refusal that tells the version is a read too."""

    version: Version
    called: float
    answered: float


@dataclass(slots=True)
class History:
    """All that callers did to one register and were told."""

    writes: list[Write] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)


def faults_in(history: History) -> list[str]:
    """Returns what cannot be true of a history, each in a sentence; none of a good one."""
    effective = _effective(history)
    faults = [
        *_refused_yet_done(effective),
        *_written_by_nobody(history, effective),
        *_forks(effective),
    ]
    if faults:
        return faults
    order = _order(effective)
    return [*_unreachable(effective, order), *_out_of_time(history, effective, order)]


def _effective(history: History) -> list[Write]:
    """Returns the writes that took effect: those acknowledged, and those whose version was seen.

    Several deletions of one version may all be unknown while one was done;
    which, nobody can tell, so the one that was called first stands for them.
    """
    seen = _seen(history)
    done = [each for each in history.writes if each.outcome is Outcome.DONE]
    ended = any(each.written == GONE for each in done)
    maybe = [
        each
        for each in history.writes
        if each.outcome is not Outcome.DONE and each.written in seen and each.written != GONE
    ]
    deletions = [
        each
        for each in history.writes
        if each.written == GONE and each.outcome is Outcome.UNKNOWN and not ended and GONE in seen
    ]
    last = _last({each.expected: each for each in done + maybe})
    return done + maybe + _first_of(deletions, last)


def _seen(history: History) -> set[Version]:
    """Returns what callers knew: who expects a version has been told of it."""
    return {read.version for read in history.reads} | {each.expected for each in history.writes}


def _last(follows: Mapping[Version, Write]) -> Version:
    version = NEVER
    for _ in range(len(follows)):
        if version not in follows:
            break
        version = follows[version].written
    return version


def _first_of(deletions: Iterable[Write], version: Version) -> list[Write]:
    fitting = [each for each in deletions if each.expected == version]
    return [min(fitting, key=lambda each: each.called)] if fitting else []


def _refused_yet_done(effective: list[Write]) -> Iterator[str]:
    for each in effective:
        if each.outcome is Outcome.REFUSED:
            yield f"The write of {each.written} was refused, and done."


def _written_by_nobody(history: History, effective: list[Write]) -> Iterator[str]:
    written = {each.written for each in effective} | {NEVER}
    for version in _seen(history) - written:
        yield f"Version {version} was read, and nobody wrote it."


def _forks(effective: list[Write]) -> Iterator[str]:
    followers: dict[Version, list[Version]] = defaultdict(list)
    for each in effective:
        followers[each.expected].append(each.written)
    for version, several in followers.items():
        if len(several) > 1:
            yield f"After {version} came {several}: all but one are lost."


def _order(effective: list[Write]) -> list[Version]:
    """Returns the versions as one follows the other, from NEVER on."""
    follows = {each.expected: each.written for each in effective}
    order = [NEVER]
    while order[-1] in follows and len(order) <= len(follows):
        order.append(follows[order[-1]])
    return order


def _unreachable(effective: list[Write], order: list[Version]) -> Iterator[str]:
    for each in effective:
        if each.written not in order:
            yield f"The write of {each.written} follows {each.expected}, which never was."


def _out_of_time(history: History, effective: list[Write], order: list[Version]) -> Iterator[str]:
    """Yields what ended before something was called that must have come before it."""
    writes = {each.written: each for each in effective}
    reads: dict[Version, list[Read]] = defaultdict(list)
    for read in history.reads:
        reads[read.version].append(read)
    begun = -inf
    for version in order:
        write = writes.get(version)
        if write is not None:
            if write.latest < begun:
                yield f"The write of {version} ended before one that it follows was called."
            begun = max(begun, write.called)
        for read in reads[version]:
            if read.answered < begun:
                yield f"Version {version} was read before it was written."
        begun = max([begun, *(read.called for read in reads[version])])
