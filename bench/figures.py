"""What was measured: a value for each round, under what was done, by whom, in which measure."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Measure(StrEnum):
    """What a value counts, with its unit."""

    RATE = "rate"
    CPU = "cpu_us"
    TOTAL_CPU = "total_cpu_us"
    MEDIAN = "p50_ms"
    SLOW = "p99_ms"
    FIRST = "first_ms"
    PEAK = "peak_mib"
    GROWTH = "growth_mib"
    SECONDS = "seconds"
    CPU_SECONDS = "cpu_s"
    IDLE = "idle_mib"
    DATABASE_CPU = "database_cpu_us"
    COST = "cost_us"
    RATIO = "ratio"
    SHARE = "share"


class Figure(NamedTuple):
    """What a value is of: a work, who did it, and what was counted."""

    work: str
    server: str
    measure: Measure


@dataclass(slots=True)
class Figures:
    """All values, in the order of the rounds."""

    rounds: dict[Figure, list[float]] = field(default_factory=dict)

    def add(self, work: str, server: str, values: Mapping[Measure, float]) -> None:
        """Takes what one round gave."""
        for measure, value in values.items():
            self.rounds.setdefault(Figure(work, server, measure), []).append(value)

    def median(self, figure: Figure) -> float | None:
        """Returns the middle of all rounds, None where there were none."""
        values = self.rounds.get(figure)
        return statistics.median(values) if values else None

    def ratios(self, figure: Figure, base: Figure) -> Sequence[float]:
        """Returns how much of `base` each round of `figure` was.

        Round by round, since what else the machine does slows both alike.
        """
        pairs = zip(self.rounds.get(figure, ()), self.rounds.get(base, ()), strict=False)
        return [value / of for value, of in pairs if of]

    def works(self) -> Iterator[tuple[str, str]]:
        """Yields what was done and by whom, once each."""
        yield from dict.fromkeys((figure.work, figure.server) for figure in self.rounds)
