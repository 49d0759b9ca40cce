"""One worker: a process of its own, seen from the supervisor."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ownid_grpc.supervision.links import Order, Start, WorkerLink
from ownid_grpc.supervision.plans import Plan


class Worker:
    """A process of `command`, started with what the plan says.

    It is started anew, not forked: threads and locks of gRPC would come along
    broken.
    """

    def __init__(self, command: Sequence[str], plan: Plan, listen: str) -> None:
        self.plan = plan
        self._started = time.monotonic()
        self._link = WorkerLink()
        with self._link.far:
            # A group of its own: Ctrl-C reaches the supervisor alone, which then tells the workers.
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                command, stdin=self._link.far.fileno(), process_group=0, env=_environment()
            )
        self._link.start(Start(plan.file, listen))

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    @property
    def lived_seconds(self) -> float:
        """How long ago it was started."""
        return time.monotonic() - self._started

    def exit_code(self) -> int | None:
        """Returns its exit code, None while it runs; negative is the signal that ended it."""
        return self._process.poll()

    def is_serving(self) -> bool:
        """Returns whether it takes calls."""
        return self._link.is_serving()

    def order(self, order: Order) -> None:
        """Has it do something."""
        self._link.order(order)

    def terminate(self) -> None:
        """Has it drain; told again, has it hurry."""
        with suppress(ProcessLookupError):
            self._process.terminate()

    def forget(self) -> None:
        """Gives back what is held for one that has ended."""
        self._link.close()

    def memory_bytes(self) -> int:
        """Returns how much memory it takes, 0 where that cannot be known."""
        try:
            pages = Path(f"/proc/{self.pid}/statm").read_text("ascii").split()[1]
        except OSError:
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def ended_how(code: int) -> dict[str, object]:
    """Returns the fields of the log that say how a process has ended."""
    if code >= 0:
        return {"code": code}
    with suppress(ValueError):
        return {"signal": signal.Signals(-code).name}
    return {"signal": str(-code)}


def _environment() -> dict[str, str]:
    # Whether the service is ready is for the supervisor alone to say.
    return {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}
