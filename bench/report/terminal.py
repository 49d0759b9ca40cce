"""The figures and the promises as tables on the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.figures import Figures
from bench.report.words import FIGURES_HEAD, PROMISES_HEAD, figures_rows, promises_rows


def show(figures: Figures, console: Console) -> None:
    """Prints all figures, then what is promised of them."""
    console.print(_table("Medians of all rounds", FIGURES_HEAD, figures_rows(figures)))
    if promises := promises_rows(figures):
        console.print(_table("Promises", PROMISES_HEAD, promises))


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(*head, title=title)
    for row in rows:
        table.add_row(*row, style="red" if row[-1] == "no" else None)
    return table
