"""The figures and the promises as tables on the terminal."""

from rich.console import Console
from rich.table import Table

from bench.figures import Figure, Figures, Measure
from bench.report.verdicts import verdicts

_COLUMNS = {
    Measure.RATE: "rate/s",
    Measure.CPU: "CPU µs",
    Measure.TOTAL_CPU: "with Envoy",
    Measure.MEDIAN: "p50 ms",
    Measure.SLOW: "p99 ms",
    Measure.FIRST: "first ms",
    Measure.PEAK: "peak MiB",
    Measure.GROWTH: "+ MiB",
    Measure.SECONDS: "s",
}


def show(figures: Figures, console: Console) -> None:
    """Prints all figures, then what is promised of them."""
    console.print(_figures(figures))
    console.print(_promises(figures))


def written(value: float) -> str:
    """Returns a value with as many digits as are of use."""
    if value >= 100:  # noqa: PLR2004 - three digits are enough
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _figures(figures: Figures) -> Table:
    table = Table("work", "server", *_COLUMNS.values(), "spread", title="Medians of all rounds")
    for work, server in figures.works():
        medians = (figures.median(Figure(work, server, measure)) for measure in _COLUMNS)
        shown = ("" if value is None else written(value) for value in medians)
        table.add_row(work, server, *shown, _spread(figures, work, server))
    return table


def _spread(figures: Figures, work: str, server: str) -> str:
    rates = figures.rounds.get(Figure(work, server, Measure.RATE))
    return f"{written(min(rates))} to {written(max(rates))}" if rates else ""


def _promises(figures: Figures) -> Table:
    table = Table("promise", "bound", "measured", "rounds", "kept", title="Promises")
    for each in verdicts(figures):
        rounds = f"{written(each.least)} to {written(each.most)}"
        table.add_row(
            each.promise.says,
            each.promise.bound,
            written(each.value),
            rounds,
            "[green]yes[/]" if each.is_kept else "[red]no[/]",
        )
    return table
