"""Tells of each fault what callers saw, when they failed and recovered, and what became of data.

python -m trials.outages [--kind postgresql] [--fault cut] [--seconds 12]
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from tests.load.conftest import Loaded, loaded_service
from tests.support.people import place_of
from trials.databases import Distant, distant_people
from trials.faults import FAULTS
from trials.registers import Registers, Told

KINDS = ("postgresql", "mariadb")
_OK = grpc.StatusCode.OK
_QUIET = {grpc.StatusCode.OK, grpc.StatusCode.ABORTED, grpc.StatusCode.NOT_FOUND}
"""What calls that are in each other's way end with where nothing is amiss."""


@dataclass(frozen=True, slots=True)
class Outage:
    """What callers saw of one fault."""

    codes: Counter[str]
    slowest_failure: float
    recovery: float
    calls: int
    wrong: Sequence[str]

    def row(self, kind: str, name: str) -> str:
        """Returns a line of the table in docs/trust.md."""
        codes = ", ".join(f"{code} {count}" for code, count in self.codes.most_common())
        verdict = "; ".join(self.wrong) or "none"
        return (
            f"| {name} | {kind} | {codes} | {self.slowest_failure:.1f} s | "
            f"{self.recovery:.1f} s | {self.calls} | {verdict} |"
        )


def outage(distant: Distant, loaded: Loaded, name: str, seconds: float) -> Outage:
    """Has callers call while a fault comes and goes."""
    registers = Registers(loaded)
    with registers.used():
        registers.await_calls(100, _OK)
        with FAULTS[name](distant):
            begun = time.monotonic()
            time.sleep(seconds)
            ending = time.monotonic()
        ended = time.monotonic()
        registers.await_calls(200, _OK)
    within = [each for each in registers.told if begun <= each.answered <= ending]
    failed = [
        each.seconds
        for each in registers.told
        if each.code not in _QUIET and begun <= each.answered and each.called < ended
    ]
    return Outage(
        Counter(each.code.name for each in within),
        max(failed, default=0),
        _recovery(registers.told, ended),
        len(registers.told),
        registers.faults(),
    )


@contextmanager
def ready(kind: str) -> Iterator[tuple[Distant, Loaded]]:
    """Runs the service in front of a database behind a line."""
    with (
        place_of(kind) as place,
        distant_people(place) as distant,
        tempfile.TemporaryDirectory(prefix="ownid-outage-") as folder,
        loaded_service(distant.people, Path(folder)) as loaded,
    ):
        yield distant, loaded


def _recovery(told: Sequence[Told], ended: float) -> float:
    """Returns how long after the fault the last call failed that is to be counted to it."""
    late = [each.answered - ended for each in told if each.code not in _QUIET]
    return max([0.0, *late])


def main() -> int:
    """Runs the trial, and ends with 1 where anything was told that is not true."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--fault", choices=FAULTS, action="append")
    parser.add_argument("--seconds", type=float, default=12)
    words = parser.parse_args()
    is_good = True
    print("| fault | database | answers meanwhile | slowest failure | recovered | calls | untrue |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for kind in words.kind or KINDS:
        with ready(kind) as (distant, loaded):
            for name in words.fault or FAULTS:
                found = outage(distant, loaded, name, words.seconds)
                print(found.row(kind, name), flush=True)
                is_good = is_good and not found.wrong
    return 0 if is_good else 1


if __name__ == "__main__":
    raise SystemExit(main())
