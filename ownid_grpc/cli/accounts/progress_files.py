"""Files that remember how far a long command got, so that it can be killed and go on."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ownid_grpc.cli.errors import UsageError

_PRIVATE = 0o600
"""Who may read what is made of accounts: whoever ran the command."""


class ProgressFile:
    """What a command remembers in a file; it is replaced at once, never changed in part."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> dict[str, Any] | None:
        """Returns what was remembered, None for no such file; raises `UsageError` for no sense."""
        try:
            known = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            known = None
        if not isinstance(known, dict):
            raise UsageError(f"{self.path} does not say how far it got; delete it to begin anew.")
        return known

    def save(self, known: Mapping[str, Any]) -> None:
        """Remembers this, and forgets what was before."""
        fresh = self.path.with_name(f"{self.path.name}.new")
        with open_private(fresh, "w") as file:
            json.dump(known, file)
        fresh.replace(self.path)

    def remove(self) -> None:
        """Forgets everything."""
        self.path.unlink(missing_ok=True)


def open_private(path: Path, mode: str) -> Any:  # noqa: ANN401 - a file of text or bytes, as `mode` says
    """Opens a file that nobody else may read, where it is made here."""
    encoding = None if "b" in mode else "utf-8"
    return open(path, mode, encoding=encoding, opener=_privately)


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, _PRIVATE)
