"""The figures in docs/performance.md, between its markers, and its pictures beside it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.figures import Figures
from bench.report.pictures import growth_picture, stages_picture
from bench.report.words import FIGURES_HEAD, PROMISES_HEAD, figures_rows, promises_rows

_DOCUMENT = "performance.md"
_BUSY = 0.5
"""The load for each core from which on rates mean little."""

_BEGIN, _END = "<!-- what make bench writes -->", "<!-- the end of what make bench writes -->"


def write_document(figures: Figures, found: Mapping[str, str], folder: Path) -> None:
    """Writes the tables and pictures of a run into the docs."""
    path = folder / _DOCUMENT
    path.write_text(filled(path.read_text("utf-8"), figures, found), "utf-8")
    images = folder / "images"
    (images / "cost-by-rows.svg").write_text(growth_picture(figures), "utf-8")
    (images / "time-by-stage.svg").write_text(stages_picture(figures), "utf-8")


def filled(text: str, figures: Figures, found: Mapping[str, str]) -> str:
    """Returns the document with what was measured between its markers."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    parts = (
        _BEGIN,
        _machine(found),
        _markdown(PROMISES_HEAD, promises_rows(figures)),
        _markdown(FIGURES_HEAD, figures_rows(figures)),
        _END,
    )
    return before + "\n\n".join(parts) + after


def _machine(found: Mapping[str, str]) -> str:
    words = dict(found)
    cores, processor, load = (words.pop(name) for name in ("cores", "processor", "load"))
    packages = ", ".join(f"{name} {version}" for name, version in words.items())
    text = f"On {cores} cores of {processor}, with {packages}."
    if float(load) > _BUSY * int(cores):
        text += (
            f"\n\n**The machine was busy with something else** (load {load}): the rates are those "
            "of a part of it, and ratios of them vary; `CPU µs` and `by CPU` say more."
        )
    return text


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = (head, ["---"] * len(head), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
