"""Finds out in the background whether everything answers that calls need."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial

from ownid_grpc.domain.source import MappingFault
from ownid_grpc.errors import FailedPrecondition, OwnIdError
from ownid_grpc.repositories.base import AccountRepository
from ownid_grpc.server.health import NOT_SERVING, SERVING, Status
from ownid_grpc.telemetry.logs import Logger

STATE = "state"


class Outcome(Enum):
    """What a check found."""

    UNKNOWN = "unknown"
    ANSWERS = "answers"
    DOWN = "down"
    FAULTY = "faulty"


@dataclass(frozen=True, slots=True)
class Target:
    """Something that calls need, and how to find out whether it is there.

    `check` may raise: then it is not. `name` is `state`, or `app/{app}`.
    """

    name: str
    check: Callable[[], Outcome]


class AppCheck:
    """Whether the database of an app answers, and its mapping fits.

    The mapping is held against the database as soon as that answers, and each
    time again while it does not fit; `report` hears of faults that are new.
    """

    def __init__(
        self,
        repository: AccountRepository,
        report: Callable[[Sequence[MappingFault]], None],
    ) -> None:
        self._repository = repository
        self._report = report
        self._is_bound = False
        self._reported: Sequence[MappingFault] = ()

    def __call__(self) -> Outcome:
        """Returns what was found."""
        if self._is_bound:
            self._repository.ping()
            return Outcome.ANSWERS
        try:
            self._repository.describe()
        except FailedPrecondition:
            return self._faulty(self._repository.verify())
        self._is_bound = True
        return Outcome.ANSWERS

    def _faulty(self, faults: Sequence[MappingFault]) -> Outcome:
        if faults != self._reported:
            self._report(faults)
            self._reported = faults
        return Outcome.FAULTY


def statuses_of(outcomes: Mapping[str, Outcome], services: Iterable[str]) -> dict[str, Status]:
    """Returns the health of each service, of each app, and of all together, named by no text.

    All together are served while the state store and every app's database
    answer. An app with a mapping that does not fit takes only itself out: that
    mends itself nowhere else, and the other apps are served. Where no app at
    all is served, nothing is.
    """
    has_state = outcomes[STATE] is Outcome.ANSWERS
    apps = {name: outcome for name, outcome in outcomes.items() if name != STATE}
    each = {
        name: SERVING if has_state and outcome is Outcome.ANSWERS else NOT_SERVING
        for name, outcome in apps.items()
    }
    is_up = all(outcome in (Outcome.ANSWERS, Outcome.FAULTY) for outcome in apps.values())
    overall = SERVING if is_up and SERVING in each.values() else NOT_SERVING
    return {"": overall, **dict.fromkeys(services, overall), **each}


@dataclass(slots=True)
class _Watched:
    """One target as the checks found it; `busy_since` while one is under way."""

    target: Target
    found: Outcome = Outcome.UNKNOWN
    busy_since: float | None = None


class Readiness:
    """Checks every target again and again, each on a thread of its own.

    A check that takes longer than `limit_seconds` counts as down, so that a
    database which accepts and never answers is noticed, and holds up no other.
    `publish` is called with all outcomes whenever one changes.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        publish: Callable[[Mapping[str, Outcome]], None],
        log: Logger,
        *,
        interval_seconds: float = 1.5,
        limit_seconds: float = 3,
    ) -> None:
        self._watched = [_Watched(target) for target in targets]
        self._publish = publish
        self._log = log
        self._interval = interval_seconds
        self._limit = limit_seconds
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._first = threading.Event()
        self._known = {target.name: Outcome.UNKNOWN for target in targets}

    def start(self) -> None:
        """Begins to check."""
        _run("readiness", self._supervise)
        for watched in self._watched:
            _run(f"readiness-{watched.target.name}", partial(self._watch, watched))

    def await_first(self) -> None:
        """Returns once everything was checked once; what takes too long is down."""
        self._first.wait(2 * self._limit)

    def stop(self) -> None:
        """Publishes nothing from now on; a check under way may still go on."""
        with self._lock:
            self._stopped.set()

    def _watch(self, watched: _Watched) -> None:
        while not self._stopped.is_set():
            watched.busy_since = time.monotonic()
            watched.found = self._check(watched.target)
            watched.busy_since = None
            self._compare()
            self._stopped.wait(self._interval)

    def _check(self, target: Target) -> Outcome:
        try:
            return target.check()
        except OwnIdError:
            return Outcome.DOWN
        except Exception as error:  # noqa: BLE001 - whatever it is, the next check may do better
            self._log.error("readiness.fault", target=target.name, exc_info=error)
            return Outcome.DOWN

    def _supervise(self) -> None:
        while not self._stopped.wait(self._interval / 4):
            self._compare()

    def _compare(self) -> None:
        """Publishes what is known now, where it is not what was known before."""
        with self._lock:
            known = {each.target.name: self._outcome(each) for each in self._watched}
            if self._stopped.is_set() or known == self._known:
                return
            for name, outcome in known.items():
                if outcome is not self._known[name]:
                    self._log.info("readiness", target=name, outcome=outcome.value)
            self._known = known
            self._publish(known)
            if Outcome.UNKNOWN not in known.values():
                self._first.set()

    def _outcome(self, watched: _Watched) -> Outcome:
        since = watched.busy_since
        is_late = since is not None and time.monotonic() - since > self._limit
        return Outcome.DOWN if is_late else watched.found


def _run(name: str, work: Callable[[], None]) -> None:
    threading.Thread(target=work, name=name, daemon=True).start()
