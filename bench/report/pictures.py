"""Pictures of the figures, as SVG written here: they need nothing to be made or shown."""

import math
from collections.abc import Iterable, Sequence
from html import escape

from bench.figures import Figure, Figures, Measure

_WIDTH, _LEFT, _RIGHT, _TOP = 760, 80, 24, 48
_COLOURS = (
    "#0b6e99",
    "#d9730d",
    "#448361",
    "#9065b0",
    "#c4554d",
    "#b8963e",
    "#5b7083",
    "#c14c8a",
    "#7a9e3b",
    "#3f5fbf",
    "#8a8a8a",
)
_WORKS = ("get", "update", "list")


def growth_picture(figures: Figures) -> str:
    """Returns what a call costs, by the number of rows in the table."""
    series = {work: costs for work in _WORKS if (costs := _costs(figures, work))}
    points = [point for each in series.values() for point in each]
    height, bottom = 380, 330
    if not points:
        return _svg(height, "Cost of a call by rows in the table", ())
    highest = max(cost for _, cost in points) * 1.1
    first, last = (math.log10(end([rows for rows, _ in points])) for end in (min, max))

    def place(rows: int, cost: float) -> tuple[float, float]:
        part = (math.log10(rows) - first) / ((last - first) or 1)
        x = _LEFT + part * (_WIDTH - _LEFT - _RIGHT - 60)
        return x, bottom - cost / highest * (bottom - _TOP)

    shapes = list(_scale(highest, bottom))
    shapes += [
        _text(place(rows, 0)[0], bottom + 20, f"{rows:,}", "middle")
        for rows in sorted({rows for rows, _ in points})
    ]
    for colour, (work, costs) in zip(_COLOURS, series.items(), strict=False):
        placed = [place(*point) for point in costs]
        shapes += _line(placed, colour)
        shapes.append(_text(placed[-1][0] + 10, placed[-1][1] + 4, work, "start", colour))
    shapes.append(_text(_WIDTH / 2, height - 8, "rows in the table", "middle"))
    title = "Cost of a call by rows in the table: µs of CPU, server and database"
    return _svg(height, title, shapes)


def stages_picture(figures: Figures) -> str:
    """Returns how the time of a call divides among the stages of the server."""
    bars = {work: _shares(figures, f"stages {work}") for work in _WORKS}
    stages = list(dict.fromkeys(stage for shares in bars.values() for stage, _ in shares))
    colours = dict(zip(stages, _COLOURS, strict=False))
    shapes: list[str] = []
    y = _TOP
    for work, shares in bars.items():
        shapes.append(_text(_LEFT - 10, y + 22, work, "end"))
        x = float(_LEFT)
        for stage, share in shares:
            width = share * (_WIDTH - _LEFT - _RIGHT)
            shapes.append(_box(x, y, (width, 34), colours.get(stage, _COLOURS[-1])))
            if share >= 0.05:  # noqa: PLR2004 - narrower ones have no room
                shapes.append(_text(x + width / 2, y + 22, f"{share:.0%}", "middle", "#fff"))
            x += width
        y += 48
    for number, (stage, colour) in enumerate(colours.items()):
        x, line = _LEFT + number % 4 * 165, y + 10 + number // 4 * 24
        shapes += [_box(x, line, (14, 14), colour), _text(x + 20, line + 12, stage, "start")]
    height = y + 24 + math.ceil(len(colours) / 4) * 24
    return _svg(height, "Where the time of a call goes in the server", shapes)


def _costs(figures: Figures, work: str) -> Sequence[tuple[int, float]]:
    """Returns pairs of rows and µs, the fewest rows first."""
    name = f"grown {work}"
    found = [
        (int(server.split()[0].replace(",", "")), figures.median(Figure(name, server, measure)))
        for of, server, measure in figures.rounds
        if of == name and measure == Measure.COST
    ]
    return sorted((rows, cost) for rows, cost in found if cost is not None)


def _shares(figures: Figures, name: str) -> Sequence[tuple[str, float]]:
    found = (
        (stage, figures.median(Figure(name, stage, measure)))
        for of, stage, measure in figures.rounds
        if of == name
    )
    return [(stage, share) for stage, share in found if share is not None]


def _scale(highest: float, bottom: int) -> Iterable[str]:
    """Yields horizontal lines at round numbers."""
    step = 10 ** math.floor(math.log10(highest))
    step = step if highest / step >= 3 else step / 2  # noqa: PLR2004 - a few lines at least
    for number in range(int(highest / step) + 1):
        y = bottom - number * step / highest * (bottom - _TOP)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        yield _text(_LEFT - 8, y + 4, f"{number * step:,.0f}", "end")


def _line(points: Sequence[tuple[float, float]], colour: str) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in points]
    return [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>', *dots]


def _box(x: float, y: float, size: tuple[float, float], colour: str) -> str:
    width, height = size
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#333") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">'
        f"{escape(text)}</text>"
    )


def _svg(height: int, title: str, shapes: Iterable[str]) -> str:
    """Returns the whole picture, on white whatever the page has behind it."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        'font-family="sans-serif" font-size="13" role="img">'
    )
    title_shown = (
        f'<text x="{_WIDTH / 2}" y="24" text-anchor="middle" font-size="15">{escape(title)}</text>'
    )
    ground = f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>'
    lines = (head, f"<title>{escape(title)}</title>", ground, title_shown, *shapes, "</svg>")
    return "\n".join(lines) + "\n"
