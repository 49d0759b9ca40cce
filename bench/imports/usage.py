"""What processes use of memory and of the processor while they work."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from bench.processes import cpu_seconds, peak_mib, resident_mib, tree

_STEP_SECONDS = 0.1


@dataclass
class Usage:
    """What one process has used so far.

    `resident_mib` is what it had at each look, equally far apart in time.
    """

    cpu_seconds: float = 0
    peak_mib: float = 0
    resident_mib: list[float] = field(default_factory=list)

    @property
    def early_mib(self) -> float:
        """What it had after a tenth of the time: of flat memory the peak is little more."""
        return self.resident_mib[len(self.resident_mib) // 10] if self.resident_mib else 0


@contextmanager
def watched(pid: int) -> Iterator[Usage]:
    """Gives what a process uses during the block, be it that it ends before."""
    usage, ended = Usage(), threading.Event()
    before = spent_seconds(pid)

    def look() -> None:
        while not ended.wait(_STEP_SECONDS):
            _note(pid, usage, before)
        _note(pid, usage, before)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield usage
    finally:
        ended.set()
        watcher.join()


def spent_seconds(pid: int) -> float:
    """Returns the time of the processor that a process and all that it has started have had."""
    return cpu_seconds(tree(pid))


def _note(pid: int, usage: Usage, before: float) -> None:
    # One that has ended has no memory any more, and once it was waited for, no time either.
    usage.cpu_seconds = max(usage.cpu_seconds, spent_seconds(pid) - before)
    with suppress(OSError):
        usage.peak_mib = max(usage.peak_mib, peak_mib([pid]))
        if resident := resident_mib([pid]):
            usage.resident_mib.append(resident)
