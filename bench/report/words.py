"""The figures as rows of text, for the terminal and the docs alike."""

from collections.abc import Mapping, Sequence

from bench.figures import Figure, Figures, Measure
from bench.report.verdicts import Verdict, verdicts

COLUMNS: Mapping[Measure, str] = {
    Measure.RATE: "rate/s",
    Measure.CPU: "CPU µs",
    Measure.TOTAL_CPU: "with Envoy",
    Measure.DATABASE_CPU: "database",
    Measure.MEDIAN: "p50 ms",
    Measure.SLOW: "p99 ms",
    Measure.FIRST: "first ms",
    Measure.PEAK: "peak MiB",
    Measure.GROWTH: "+ MiB",
}

FIGURES_HEAD = ("work", "server", *COLUMNS.values(), "rounds/s")
PROMISES_HEAD = ("promise", "bound", "measured", "rounds", "by CPU", "kept")


def figures_rows(figures: Figures) -> Sequence[Sequence[str]]:
    """Returns the medians of every work of every server."""
    rows = []
    for work, server in figures.works():
        medians = [figures.median(Figure(work, server, measure)) for measure in COLUMNS]
        if any(medians):
            rows.append((work, server, *map(_shown, medians), _spread(figures, work, server)))
    return rows


def promises_rows(figures: Figures) -> Sequence[Sequence[str]]:
    """Returns what is promised beside what was measured."""
    return [_promise_row(each) for each in verdicts(figures)]


def written(value: float) -> str:
    """Returns a value with as many digits as are of use."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits


def _promise_row(verdict: Verdict) -> Sequence[str]:
    promise = verdict.promise
    rounds = f"{written(verdict.least)} to {written(verdict.most)}"
    kept = "yes" if verdict.is_kept else "no"
    by_cpu = _shown(verdict.by_cpu)
    return (promise.says, promise.bound, written(verdict.value), rounds, by_cpu, kept)


def _shown(value: float | None) -> str:
    return "" if value is None else written(value)


def _spread(figures: Figures, work: str, server: str) -> str:
    rates = figures.rounds.get(Figure(work, server, Measure.RATE))
    return f"{written(min(rates))} to {written(max(rates))}" if rates else ""
