"""The place of one worker: who serves there, who comes, and who leaves."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ownid_grpc.supervision.backoff import Backoff
from ownid_grpc.supervision.links import Leave
from ownid_grpc.supervision.plans import Plan
from ownid_grpc.supervision.workers import Worker, ended_how
from ownid_grpc.telemetry.logs import Logger

StartWorker = Callable[[Plan], Worker]


@dataclass(slots=True)
class Slot:
    """One of several places; a worker leaves it only once another serves there."""

    number: int
    start_worker: StartWorker
    log: Logger
    serving: Worker | None = None
    coming: Worker | None = None
    leaving: Worker | None = None
    _backoff: Backoff = field(default_factory=Backoff)

    def workers(self) -> Iterator[Worker]:
        """Yields all that have not ended, as far as is known."""
        yield from filter(None, (self.serving, self.coming, self.leaving))

    @property
    def is_settled(self) -> bool:
        """Whether one serves here whom nobody replaces, or has just replaced."""
        return self.serving is not None and self.coming is None and self.leaving is None

    def can_start(self) -> bool:
        """Returns whether enough time has passed since a worker ended."""
        return time.monotonic() >= self._backoff.until

    def start(self, plan: Plan) -> None:
        """Starts a worker, who takes over once it serves."""
        self.coming = self.start_worker(plan)

    def take_over(self) -> Worker | None:
        """Has the one who comes take over if it serves by now; returns it if it does."""
        if self.coming is None or not self.coming.is_serving():
            return None
        self.leave()
        self.serving, self.coming = self.coming, None
        return self.serving

    def leave(self) -> None:
        """Has the one who serves leave."""
        if self.serving is not None:
            self.serving.order(Leave())
            self.serving, self.leaving = None, self.serving

    def clear(self) -> Iterator[tuple[Worker, int]]:
        """Yields those who have ended by themselves, and their exit codes."""
        for name in ("serving", "coming", "leaving"):
            worker: Worker | None = getattr(self, name)
            code = None if worker is None else worker.exit_code()
            if worker is not None and code is not None:
                setattr(self, name, None)
                worker.forget()
                if name != "leaving" or code:
                    yield worker, code

    def note_end(self, worker: Worker, code: int) -> None:
        """Logs that a worker ended, and waits before the next if it was not the first in a row."""
        pause = self._backoff.note(worker.lived_seconds, time.monotonic())
        self.log.error(
            "worker.ended",
            worker=self.number,
            pid=worker.pid,
            **ended_how(code),
            in_a_row=self._backoff.in_a_row,
            retry_seconds=pause,
        )

    def note_size(self, worker: Worker) -> None:
        """Logs that a worker has grown too large; one that soon does again is let be for longer."""
        pause = self._backoff.note(worker.lived_seconds, time.monotonic())
        self.log.warning(
            "worker.too_large",
            worker=self.number,
            pid=worker.pid,
            bytes=worker.memory_bytes(),
            retry_seconds=pause,
        )
