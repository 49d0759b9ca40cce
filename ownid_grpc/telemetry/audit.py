"""The audit log: a line of JSON for everything that a caller has written, and never a value."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ownid_grpc.telemetry.logs import Logger
from ownid_grpc.telemetry.meters import Meter
from ownid_grpc.telemetry.pseudonyms import Pseudonyms

STANDARD_OUTPUT = Path("-")

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT
_STDOUT = 1

_encode = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Actor:
    """Who wrote: an admin caller by its name, else the user of a session, or anybody."""

    kind: str
    caller: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """What was written, or was refused: of `account`, by its name, these properties."""

    method: str
    app: str
    account: str
    properties: tuple[str, ...] = ()
    code: str = "OK"
    reason: str = ""


class AuditLog:
    """Appends to a file that several processes may share; each line is out before `write` ends.

    A file that was moved away is made anew, so that nobody needs to tell us
    that it was. What cannot be written is said in the log and counted, and
    fails no call: by then the deed is done.
    """

    def __init__(
        self,
        path: Path,
        pseudonyms: Pseudonyms,
        log: Logger,
        meter: Meter,
        *,
        is_synchronous: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._pseudonyms = pseudonyms
        self._log = log
        self._meter = meter
        self._is_synchronous = is_synchronous
        self._now = now
        self._lock = threading.Lock()
        self._file = _STDOUT if path == STANDARD_OUTPUT else os.open(path, _FLAGS, 0o600)

    def write(self, actor: Actor, request_id: str, deeds: Iterable[Deed]) -> None:
        """Writes a line for each deed of one call."""
        written_at = datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="milliseconds")
        lines = [self._line(written_at, actor, request_id, deed) for deed in deeds]
        try:
            with self._lock:
                self._append("".join(lines).encode())
        except OSError as error:
            self._log.error("audit.lost", lines=len(lines), error=error.errno)
            self._meter.audited(len(lines), is_lost=True)
        else:
            self._meter.audited(len(lines), is_lost=False)

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            if self._file != _STDOUT:
                os.close(self._file)

    def _line(self, written_at: str, actor: Actor, request_id: str, deed: Deed) -> str:
        line = {
            "time": written_at.replace("+00:00", "Z"),
            "request_id": request_id,
            "actor": actor.kind,
            "caller": actor.caller,
            "app": deed.app,
            "method": deed.method,
            "account": self._pseudonyms.of(deed.account) if deed.account else "",
            "properties": deed.properties,
            "code": deed.code,
            "reason": deed.reason,
        }
        return _encode(line) + "\n"

    def _append(self, content: bytes) -> None:
        if self._file != _STDOUT and not self._is_in_place():
            os.close(self._file)
            self._file = os.open(self._path, _FLAGS, 0o600)
        while content:
            content = content[os.write(self._file, content) :]
        if self._is_synchronous:
            os.fsync(self._file)

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._file))
        except FileNotFoundError:
            return False
