"""Whether what was measured is what is promised."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.figures import Figures
from bench.promises import PROMISES, Promise


@dataclass(frozen=True, slots=True)
class Verdict:
    """A promise, and the median and the spread of what the rounds say of it."""

    promise: Promise
    value: float
    least: float
    most: float
    by_cpu: float | None

    @property
    def is_kept(self) -> bool:
        """Whether the median is as promised."""
        return self.promise.is_kept_by(self.value)


def verdicts(figures: Figures) -> Sequence[Verdict]:
    """Returns a verdict on each promise that was measured."""
    measured = ((promise, promise.values(figures)) for promise in PROMISES)
    return [_verdict(promise, values, figures) for promise, values in measured if values]


def _verdict(promise: Promise, values: Sequence[float], figures: Figures) -> Verdict:
    by_cpu = promise.values_by_cpu(figures)
    return Verdict(
        promise,
        statistics.median(values),
        min(values),
        max(values),
        statistics.median(by_cpu) if by_cpu else None,
    )
