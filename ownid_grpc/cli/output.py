"""What client commands print: JSON in a pipe, tables on a terminal, and words on stderr.

Values of accounts and words of a service may hold anything, so that nothing
of either reaches a terminal before `printable` has seen it.
"""

import io
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from google.protobuf.struct_pb2 import Struct, Value
from ownid.v1.account_pb2 import Account
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

# Controls of C0 and C1, and what turns the direction of text or ends a line.
_DRIVING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_encode_line = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_MAX_EXACT_INTEGER = 2**53
_WIDEST_COLUMN = 36
_MOST_COLUMNS = 10
_GAP = "  "
_PROGRESS_DELAY_SECONDS = 1.0
_PROGRESS_STEP_SECONDS = 0.25


def printable(text: str) -> str:
    """Returns `text` with whatever could drive a terminal written as an escape of JSON."""
    return _DRIVING.sub(_escaped, text) if _DRIVING.search(text) else text


def say(text: str) -> None:
    """Prints a line on stderr."""
    _stderr().print(Text(printable(text)), soft_wrap=True)


def warn(text: str, label: str = "note") -> None:
    """Prints a line on stderr behind a label."""
    style = "bold red" if label == "error" else "bold"
    line = Text.assemble((f"{label}:", style), " ", printable(text))
    _stderr().print(line, soft_wrap=True)


def print_lines(objects: Iterable[Mapping[str, Any]]) -> None:
    """Prints a JSON line for each object, and lets the reader have them at once."""
    print_text("".join(map(json_line, objects)))


def print_text(text: str) -> None:
    """Prints as UTF-8, whatever the locale says: JSON is nothing else."""
    sys.stdout.buffer.write(text.encode())
    sys.stdout.flush()


def json_line(members: Mapping[str, Any]) -> str:
    """Returns an object as a line of JSON, its end included."""
    return f"{printable(_encode_line(members))}\n"


def account_members(account: Account) -> dict[str, Any]:
    """Returns an account as proto's JSON mapping has it, members of objects in order of name.

    json_format says the same, but takes half as long again, and writes 5.0
    where people write 5.
    """
    members: dict[str, Any] = {}
    if account.name:
        members["name"] = account.name
    if account.HasField("profile"):
        members["profile"] = members_of(account.profile)
    if account.etag:
        members["etag"] = account.etag
    if account.HasField("disabled"):
        members["disabled"] = account.disabled
    if account.HasField("create_time"):
        members["createTime"] = account.create_time.ToJsonString()
    if account.HasField("update_time"):
        members["updateTime"] = account.update_time.ToJsonString()
    return members


def members_of(struct: Struct) -> dict[str, Any]:
    """Returns the object that `struct` is, its members in order of name."""
    fields = struct.fields
    return {name: _value_of(fields[name]) for name in sorted(fields)}


def print_document(document: Mapping[str, Any]) -> None:
    """Prints a JSON document for people to read and edit, in colour on a terminal."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    # The lines of the layout are ours; within a text, JSON has no raw line end.
    lines = [printable(line) for line in text.split("\n")]
    if not sys.stdout.isatty():
        print_text("\n".join([*lines, ""]))
        return
    from rich.highlighter import JSONHighlighter  # noqa: PLC0415 - only a terminal needs it

    shown = Text("\n".join(lines))
    JSONHighlighter().highlight(shown)
    _stdout().print(shown, soft_wrap=True)


def print_fields(fields: Mapping[str, str]) -> None:
    """Prints one thing as a table of its fields."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in fields.items():
        table.add_row(Text(printable(name)), Text(printable(text)))
    _stdout().print(table)


def shown_value(value: Any) -> str:  # noqa: ANN401 - any value of JSON
    """Returns a value as a table shows it: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else _encode_line(value)


class RowPrinter:
    """Prints a table row by row, so that none is kept.

    The first rows added settle the columns: the first one given always, then
    those that most of the rows fill, as many as the terminal is wide.
    """

    def __init__(self, first: str, wanted: Sequence[str] = ()) -> None:
        self._first = first
        self._wanted = wanted
        self._widths: dict[str, int] = {}
        self._console = _stdout()

    def add(self, rows: Sequence[Mapping[str, str]]) -> None:
        """Prints some rows, of columns by name."""
        if not rows:
            return
        safe = [{name: printable(text) for name, text in row.items()} for row in rows]
        if not self._widths:
            self._settle(safe)
            header = {name: printable(name) for name in self._widths}
            self._console.print(Text(self._line(header), style="bold"), soft_wrap=True)
        # They are plain text, and there may be a million of them: rich would take minutes.
        self._console.file.write("".join(f"{self._line(row)}\n" for row in safe))
        self._console.file.flush()

    def _settle(self, rows: Sequence[Mapping[str, str]]) -> None:
        left = self._console.width
        omitted = []
        for name in self._candidates(rows):
            longest = max(cell_len(row.get(name, "")) for row in rows)
            width = min(max(longest, cell_len(printable(name))), _WIDEST_COLUMN)
            if not self._widths or (left >= width and len(self._widths) < _MOST_COLUMNS):
                self._widths[name] = width
                left -= width + len(_GAP)
            else:
                omitted.append(name)
        if omitted:
            warn(f"not shown, for want of room: {', '.join(omitted)}")

    def _candidates(self, rows: Sequence[Mapping[str, str]]) -> list[str]:
        filled: dict[str, int] = {}
        for row in rows:
            for name in row:
                filled[name] = filled.get(name, 0) + 1
        filled.pop(self._first, None)
        named = {name: place for place, name in enumerate(self._wanted)}
        order = sorted(filled, key=lambda name: (named.get(name, 0), -filled[name], name))
        return [self._first, *order]

    def _line(self, row: Mapping[str, str]) -> str:
        cells = [_cell(row.get(name, ""), width) for name, width in self._widths.items()]
        # The first column is what other commands are given, so that it is never cut.
        first = row.get(self._first, "")
        if cell_len(first) > self._widths[self._first]:
            cells[0] = first
        return _GAP.join(cells).rstrip()


class Progress:
    """A line on stderr that counts the accounts of a call that takes long."""

    def __init__(
        self, *, is_shown: bool | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Starts to count; shown where stderr is a terminal and stdout is not, unless said.

        `total` may be set later, where it is known.
        """
        self.count = 0
        self.total = 0
        is_seen = sys.stderr.isatty() and not sys.stdout.isatty()
        self._is_shown = is_seen if is_shown is None else is_shown
        self._is_drawn = False
        self._clock = clock
        self._started = clock()
        self._next = self._started + _PROGRESS_DELAY_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.clear()

    def advance(self, count: int) -> None:
        """Counts some more."""
        self.count += count
        now = self._clock()
        if self._is_shown and now >= self._next:
            self._next = now + _PROGRESS_STEP_SECONDS
            self._is_drawn = True
            rate = self.count / (now - self._started)
            of_all = f" of {self.total:,}" if self.total else ""
            sys.stderr.write(f"\r{self.count:,}{of_all} accounts, {rate:,.0f} a second\x1b[K")
            sys.stderr.flush()

    def clear(self) -> None:
        """Takes the line away, until more comes."""
        if self._is_drawn:
            self._is_drawn = False
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _cell(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + "…"


def _escaped(found: re.Match[str]) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(found[0], f"\\u{ord(found[0]):04x}")


def _value_of(value: Value) -> Any:  # noqa: ANN401 - any value of JSON
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "number_value":
            return _whole(value.number_value)
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return members_of(value.struct_value)
        case "list_value":
            return [_value_of(item) for item in value.list_value.values]
        case _:
            return None


def _whole(number: float) -> float:
    """Returns 5 for 5.0, which is what schemas and people count with."""
    is_exact = abs(number) <= _MAX_EXACT_INTEGER and number.is_integer()
    return int(number) if is_exact else number


def _stdout() -> Console:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that is not of UTF-8 shows what it lacks as escapes.
        sys.stdout.reconfigure(errors="backslashreplace")
    return Console(markup=False, highlight=False, emoji=False)


def _stderr() -> Console:
    return Console(stderr=True, markup=False, highlight=False, emoji=False)
