"""Where an import stands in its file, remembered so that it can be killed and run again."""

import time
from pathlib import Path
from typing import Any

from ownid_grpc.cli.accounts.progress_files import ProgressFile
from ownid_grpc.cli.errors import UsageError

_STEP_SECONDS = 1.0


class ImportPlace:
    """The last line of a file whose result is known, and what became of those up to it."""

    def __init__(self, file: str, app: str) -> None:
        """Finds out where an import into an app stands; raises `UsageError` for another file."""
        self.line = 0
        self.created = 0
        self.updated = 0
        self._progress = ProgressFile(Path(f"{file}.progress"))
        self._file = {"app": app, **_identity(file)}
        self._next = time.monotonic() + _STEP_SECONDS
        known = self._progress.load()
        if known is None:
            return
        if known.get("file") != self._file:
            raise UsageError(
                f"{self._progress.path} is of another import: {file} has changed, or goes to"
                " another app. Delete it to begin anew."
            )
        self.line, self.created, self.updated = known["line"], known["created"], known["updated"]

    @property
    def is_due(self) -> bool:
        """Whether it was last remembered long ago."""
        return time.monotonic() >= self._next

    def save(self, line: int, *, created: int, updated: int) -> None:
        """Remembers that the results up to a line are known."""
        self.line, self.created, self.updated = line, created, updated
        known = {"file": self._file, "line": line, "created": created, "updated": updated}
        self._progress.save(known)
        self._next = time.monotonic() + _STEP_SECONDS

    def remove(self) -> None:
        """Forgets it: the import is done."""
        self._progress.remove()


def _identity(file: str) -> dict[str, Any]:
    try:
        found = Path(file).stat()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from None
    return {"size": found.st_size, "modified_ns": found.st_mtime_ns}
