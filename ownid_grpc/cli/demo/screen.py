"""How the demo looks: steps, calls and answers; colour on a terminal, plain text in a pipe."""

import json
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from rich.console import Console
from rich.highlighter import JSONHighlighter
from rich.text import Text

_WIDEST = 100
_NARROWEST = 20
_INDENT = "     "


class Screen:
    """Prints to standard output, at most as wide as is easily read."""

    def __init__(self) -> None:
        self._console = Console(markup=False, highlight=False, emoji=False)
        self._width = min(self._console.width, _WIDEST)
        self._paint = JSONHighlighter()

    def title(self, text: str) -> None:
        """Begins a part."""
        self._print()
        self._print(Text(text, "bold cyan"))

    def say(self, text: str, style: str = "") -> None:
        """Prints a paragraph."""
        for line in textwrap.wrap(text, self._width - 1, break_on_hyphens=False):
            self._print(Text(line, style))

    def line(self, text: str) -> None:
        """Prints a line as it is."""
        self._print(Text(text))

    def step(self, number: int, what: str, why: str) -> None:
        """Begins a step of the tour."""
        self._print()
        self._print(Text.assemble((f"{number:>2}  ", "bold cyan"), (what, "bold")))
        for line in textwrap.wrap(why, self._width - 5):
            self._print(Text(f"    {line}"))

    def call(self, method: str, request: Any) -> None:  # noqa: ANN401 - whatever JSON holds
        """Shows what is called."""
        self._print(Text.assemble(("  >  ", "bold cyan"), (method, "cyan")))
        self.show(request)

    def answer(self, text: str, answer: Any = None) -> None:  # noqa: ANN401 - whatever JSON holds
        """Shows what came back."""
        self._print(Text.assemble(("  <  ", "bold green"), (text, "green")))
        if answer is not None:
            self.show(answer)

    def refusal(self, text: str, lines: list[str]) -> None:
        """Shows an error that was expected."""
        self._print(Text.assemble(("  <  ", "bold yellow"), (text, "yellow")))
        for line in lines:
            for part in textwrap.wrap(line, self._width - 8, subsequent_indent="  "):
                self._print(Text(f"{_INDENT}{part}"))

    def row(self, statement: str, row: Mapping[str, Any]) -> None:
        """Shows a statement of SQL and the row it finds."""
        self._print(Text.assemble((" sql ", "bold magenta"), (statement, "magenta")))
        columns = (f"{name}={_column(value)}" for name, value in row.items())
        for line in _filled(columns, self._width - len(_INDENT) - 1):
            self._print(Text(f"{_INDENT}{line}"))

    def command(self, text: str) -> None:
        """Shows a command that can be pasted as it is: its lines are never broken."""
        for line in text.splitlines():
            self._print(Text(f"  {line}", "bold"))

    def comment(self, text: str) -> None:
        """Shows what the next command is for."""
        self._print(Text(f"  # {text}", "dim"))

    def gap(self) -> None:
        """Leaves a line empty."""
        self._print()

    def show(self, value: Any) -> None:  # noqa: ANN401 - whatever JSON holds
        """Shows a value as JSON."""
        for line in json_lines(value, self._width - len(_INDENT) - 1):
            painted = Text(_INDENT + line)
            self._paint.highlight(painted)
            self._print(painted)

    def _print(self, text: Text | str = "") -> None:
        self._console.print(text, soft_wrap=True)


def json_of(message: Message) -> dict[str, Any]:
    """Returns a message as JSON, its fields called as in the contract."""
    said: dict[str, Any] = MessageToDict(message, preserving_proto_field_name=True)
    return {name: _tidy(member) for name, member in said.items()}


def _tidy(value: Any) -> Any:  # noqa: ANN401 - as above
    """Returns what a Struct holds in order, since it has none, and its whole numbers as such."""
    if isinstance(value, dict):
        return {name: _tidy(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def json_lines(value: Any, width: int) -> list[str]:  # noqa: ANN401 - whatever JSON holds
    """Returns JSON in lines of `width`, as far as can be; what is small is never torn apart."""
    whole = _encoded(value)
    if len(whole) <= width or not isinstance(value, dict):
        return textwrap.wrap(whole, max(width, _NARROWEST), break_on_hyphens=False)
    first, *others = _object_lines(value, width)
    return ["{" + first, *(f" {line}" for line in others)]


def _object_lines(value: Mapping[str, Any], width: int) -> list[str]:
    """Returns the members of an object and the brace that closes it."""
    members = [_member_lines(name, member, width - 2) for name, member in value.items()]
    for member in members[:-1]:
        member[-1] += ","
    members[-1][-1] += "}"
    return _packed(members, width - 1)


def _member_lines(name: str, value: Any, width: int) -> list[str]:  # noqa: ANN401 - as above
    label = f"{_encoded(name)}: "
    whole = label + _encoded(value)
    if len(whole) > width and isinstance(value, dict) and value:
        return [f"{label}{{", *(f"  {line}" for line in _object_lines(value, width - 2))]
    first, *others = textwrap.wrap(whole, max(width, _NARROWEST), break_on_hyphens=False)
    return [first, *(f"  {line}" for line in others)]


def _packed(members: list[list[str]], width: int) -> list[str]:
    """Returns the lines of the members, those of one line beside each other where there is room."""
    lines: list[str] = []
    has_room = False
    for member in members:
        if has_room and len(member) == 1 and len(lines[-1]) + len(member[0]) < width:
            lines[-1] += f" {member[0]}"
        else:
            lines += member
        has_room = len(member) == 1
    return lines


def _encoded(value: Any) -> str:  # noqa: ANN401 - as above
    return json.dumps(value, ensure_ascii=False)


def _column(value: Any) -> str:  # noqa: ANN401 - whatever a driver gives
    if value is None:
        return "NULL"
    return _encoded(value) if isinstance(value, dict) else str(value)


def _filled(pieces: Iterable[str], width: int) -> list[str]:
    """Returns lines of whole pieces, two blanks between them."""
    lines: list[str] = []
    for piece in pieces:
        if lines and len(lines[-1]) + len(piece) + 2 <= width:
            lines[-1] += f"  {piece}"
        else:
            lines.append(piece)
    return lines
