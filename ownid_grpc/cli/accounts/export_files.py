"""The file of an export: marked as partial until it is whole, and fit to be gone on with."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Protocol

from ownid_grpc.cli.accounts.progress_files import ProgressFile, open_private
from ownid_grpc.cli.errors import UsageError
from ownid_grpc.cli.output import print_text, printable


class ExportTarget(Protocol):
    """Where lines go; `count` accounts are there for good, up to `resume_token`."""

    count: int
    resume_token: str

    @property
    def is_begun(self) -> bool:
        """Whether something is there already."""

    def write(self, text: str) -> None:
        """Adds whole lines."""

    def save(self, count: int, resume_token: str) -> None:
        """Makes what is written stay, behind which the search goes on by `resume_token`."""

    def complete(self, count: int) -> None:
        """Is told that all lines are there, and how many."""


class ExportStream:
    """Stdout, where lines are whoever reads them's to keep."""

    def __init__(self) -> None:
        self.count = 0
        self.resume_token = ""
        self.is_begun = False

    def write(self, text: str) -> None:
        """Prints whole lines, as a terminal may have them."""
        if sys.stdout.isatty():
            text = "\n".join(map(printable, text.split("\n")))
        print_text(text)

    def save(self, count: int, resume_token: str) -> None:
        """Counts what is printed."""
        self.count, self.resume_token = count, resume_token

    def complete(self, count: int) -> None:
        """Counts what is printed."""
        self.count = count


class ExportFile:
    """Lines under way to a file, and how far they got.

    They are in `FILE.partial` until all are there. What was written since
    the last `save` is taken back by whoever goes on, so that a line is
    neither there twice nor in part.
    """

    def __init__(self, path: Path, words: Mapping[str, str], *, resumes: bool) -> None:
        """Opens the file; raises `UsageError` where it cannot be written or gone on with.

        `words` are what the lines depend on: who goes on must say the same.
        """
        self.count = 0
        self.resume_token = ""
        self._path = path
        self._partial = path.with_name(f"{path.name}.partial")
        self._progress = ProgressFile(path.with_name(f"{path.name}.progress"))
        self._words = dict(words)
        known = self._known(resumes=resumes)
        try:
            self._file: IO[bytes] = open_private(self._partial, "r+b" if known else "wb")
        except OSError as error:
            raise UsageError(f"{self._partial} cannot be written: {error.strerror}.") from None
        if known:
            self._file.truncate(known["size"])
            self._file.seek(known["size"])
            self.count, self.resume_token = known["count"], known["resume_token"]

    def _known(self, *, resumes: bool) -> dict[str, Any] | None:
        """Returns what an interrupted export left, None where there is nothing to go on with."""
        known = self._progress.load() if self._partial.exists() else None
        anew = f"delete {self._progress.path} to begin anew"
        if known and not resumes:
            raise UsageError(
                f"{self._partial} is of an export that was interrupted: go on with it by --resume,"
                f" or {anew}."
            )
        if known and known.get("words") != self._words:
            raise UsageError("The export was begun with other words; --resume needs the same.")
        if known and self._partial.stat().st_size < known["size"]:
            raise UsageError(f"{self._partial} is shorter than it was; {anew}.")
        return known

    @property
    def is_begun(self) -> bool:
        """Whether something is there already."""
        return self._file.tell() > 0

    def write(self, text: str) -> None:
        """Adds whole lines."""
        self._file.write(text.encode())

    def save(self, count: int, resume_token: str) -> None:
        """Makes what is written stay, behind which the search goes on by `resume_token`."""
        self._file.flush()
        self.count, self.resume_token = count, resume_token
        self._progress.save(
            {
                "words": self._words,
                "size": self._file.tell(),
                "count": count,
                "resume_token": resume_token,
            }
        )

    def close(self) -> None:
        """Leaves the file as it is, to be gone on with."""
        self._file.close()

    def complete(self, count: int) -> None:
        """Gives the file its name, in place of an older one."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self.count = count
        self._partial.replace(self._path)
        self._progress.remove()
