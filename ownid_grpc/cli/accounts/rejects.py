"""The records of an import that failed, and why, as JSON lines."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ownid_grpc.cli.accounts.progress_files import open_private
from ownid_grpc.cli.errors import UsageError
from ownid_grpc.cli.output import json_line


class Rejects:
    """The records that failed, as they are found out: here, or by the service."""

    def __init__(
        self, file: IO[str] | None, *, count: int = 0, clear: Callable[[], None] = lambda: None
    ) -> None:
        """Writes to a file that has `count` of them already, else to stderr after `clear`."""
        self.count = count
        self._file = file
        self._clear = clear
        self._lock = threading.Lock()

    def add(self, line: int, members: dict[str, Any]) -> None:
        """Writes why a record failed; may be called by several threads."""
        text = json_line({"line": line, **members})
        with self._lock:
            self.count += 1
            if self._file is None:
                self._clear()
            (self._file or sys.stderr).write(text)

    def flush(self) -> None:
        """Has what is written survive this process."""
        with self._lock:
            if self._file is not None:
                self._file.flush()


@contextmanager
def opened_rejects(path: str, *, up_to_line: int, clear: Callable[[], None]) -> Iterator[Rejects]:
    """Gives the rejects of a file, those of lines up to one kept, or of stderr for no path."""
    if not path:
        yield Rejects(None, clear=clear)
        return
    try:
        count = _keep(Path(path), up_to_line) if up_to_line and Path(path).exists() else 0
        file = open_private(Path(path), "a" if count else "w")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None
    with file:
        yield Rejects(file, count=count)


def _keep(path: Path, up_to_line: int) -> int:
    """Leaves only the rejects of lines up to one, and returns how many they are.

    Those behind it are found out again by whoever goes on there; the last may
    be there in part.
    """
    fresh = path.with_name(f"{path.name}.new")
    count = 0
    with path.open("rb") as before, open_private(fresh, "wb") as kept:
        for text in before:
            if text.endswith(b"\n") and _line_of(text, path) <= up_to_line:
                kept.write(text)
                count += 1
    fresh.replace(path)
    return count


def _line_of(text: bytes, path: Path) -> int:
    try:
        return int(json.loads(text)["line"])
    except (KeyError, TypeError, ValueError):
        raise UsageError(f"{path} holds something else than lines that failed.") from None
