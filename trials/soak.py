"""Has callers call for a long time at a share of what the service can do, and looks for growth.

python -m trials.soak [--minutes 60] [--kind postgresql] [--share 0.7]
"""

import argparse
import itertools
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path

import grpc

from tests.load.conftest import Loaded, loaded_service
from tests.support.people import place_of
from trials.load import descriptors
from trials.outages import KINDS

CALLERS = 16
PEOPLE = 10_000

_CAPACITY_SECONDS = 15.0
_MINUTE = 60.0
_MEBIBYTE = 1024**2
_TOLERATED = 0.05
"""Growth of so much of the mean in an hour is none; an allocator breathes."""
_SURE = 3.0
"""How many standard errors a slope must be above zero to be believed."""


@dataclass(frozen=True, slots=True)
class Minute:
    """What the service took in one minute, and how long its calls did."""

    calls: int
    failures: int
    mebibytes: float
    descriptors: int
    connections: int
    median: float
    slowest: float

    def row(self, number: int) -> str:
        """Returns a line of a table."""
        return (
            f"| {number} | {self.calls} | {self.failures} | {self.mebibytes:.0f} | "
            f"{self.descriptors} | {self.connections} | {self.median * 1000:.1f} | "
            f"{self.slowest * 1000:.1f} |"
        )


def is_growing(values: Sequence[float]) -> bool:
    """Returns whether a figure taken each minute grows, beyond what chance explains."""
    minutes = range(len(values))
    slope, intercept = statistics.linear_regression(minutes, values)
    left = [
        value - slope * minute - intercept for minute, value in zip(minutes, values, strict=True)
    ]
    spread = sum((minute - statistics.fmean(minutes)) ** 2 for minute in minutes)
    error = sqrt(sum(each**2 for each in left) / max(len(values) - 2, 1) / spread)
    is_much = slope * 60 > _TOLERATED * statistics.fmean(values)
    return is_much and slope > _SURE * error


@dataclass
class Callers:
    """Callers that read and write, each so many times a second and no more."""

    loaded: Loaded
    pause_seconds: float = 0
    times: list[float] = field(default_factory=list)
    failures: int = 0
    _stopped: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Has them call for as long as the block."""
        threads = [threading.Thread(target=self._repeat, args=(n,)) for n in range(CALLERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            for thread in threads:
                thread.join()

    def taken(self) -> tuple[list[float], int]:
        """Returns how long the calls since the last time took, sorted, and how many failed."""
        times, self.times = self.times, []
        failures, self.failures = self.failures, 0
        return sorted(times), failures

    def _repeat(self, number: int) -> None:
        due = time.monotonic()
        for count in itertools.count():
            due = max(due + self.pause_seconds, time.monotonic() - 1)
            if self._stopped.wait(max(due - time.monotonic(), 0)):
                return
            began = time.monotonic()
            try:
                self._call(1 + (number + count * CALLERS) % PEOPLE, is_write=count % 5 == 0)
            except grpc.RpcError:
                self.failures += 1
            self.times.append(time.monotonic() - began)

    def _call(self, key: int, *, is_write: bool) -> None:
        if is_write:
            self.loaded.update(f"apps/shop/accounts/{key}", nickname=str(time.monotonic()))
        else:
            self.loaded.get(key)


def capacity(loaded: Loaded) -> float:
    """Returns how many calls a second these callers get answered."""
    callers = Callers(loaded)
    with callers.calling():
        time.sleep(_CAPACITY_SECONDS)
    return len(callers.times) / _CAPACITY_SECONDS


def soak(loaded: Loaded, minutes: int, rate: float) -> Iterator[Minute]:
    """Yields what each minute was like."""
    callers = Callers(loaded, CALLERS / rate)
    with callers.calling():
        for _ in range(minutes):
            time.sleep(_MINUTE)
            times, failures = callers.taken()
            yield Minute(
                len(times),
                failures,
                loaded.service.memory() / _MEBIBYTE,
                descriptors(loaded),
                _connections(loaded),
                statistics.median(times),
                times[int(len(times) * 0.99)],
            )


def _connections(loaded: Loaded) -> int:
    table = {
        "postgresql": "pg_stat_activity WHERE application_name = 'ownid-grpc'",
        "mariadb": "information_schema.processlist WHERE id <> CONNECTION_ID()",
    }[loaded.people.kind]
    return int(str(loaded.people.rows(f"SELECT COUNT(*) FROM {table}")[0][0]))


def growing(found: Sequence[Minute]) -> list[str]:
    """Returns which figures grow; the first tenth is left out, in which caches fill."""
    late = found[max(len(found) // 10, 1) :]
    names = ("mebibytes", "descriptors", "connections", "median", "slowest")
    return [name for name in names if is_growing([getattr(each, name) for each in late])]


def main() -> int:
    """Runs the trial, and ends with 1 where something grows or a call failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--kind", choices=KINDS, default="postgresql")
    parser.add_argument("--share", type=float, default=0.7)
    words = parser.parse_args()
    with (
        place_of(words.kind) as place,
        place.people() as people,
        tempfile.TemporaryDirectory(prefix="ownid-soak-") as folder,
    ):
        people.fill(PEOPLE)
        with loaded_service(people, Path(folder)) as loaded:
            most = capacity(loaded)
            print(f"{words.kind}: {most:.0f} calls a second at most, {words.share:.0%} of them")
            print("| minute | calls | failed | MiB | descriptors | connections | p50 ms | p99 ms |")
            print("| --- | --- | --- | --- | --- | --- | --- | --- |")
            found = []
            for minute in soak(loaded, words.minutes, most * words.share):
                found.append(minute)
                print(minute.row(len(found)), flush=True)
    grown = growing(found)
    failures = sum(each.failures for each in found)
    print(f"grows: {', '.join(grown) or 'nothing'}; failed: {failures}")
    return 1 if grown or failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
