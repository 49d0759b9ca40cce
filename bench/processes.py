"""Servers as processes: on which core they run, what they spent, how large they grew."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_STEP_SECONDS = 0.01
_START_SECONDS = 180
_STOP_SECONDS = 20
_TICKS = os.sysconf("SC_CLK_TCK")
_ENVOY = "envoy"


def server_core() -> int:
    """Returns the core that servers have for themselves."""
    return min(_CORES)


def all_cores() -> Collection[int]:
    """Returns all that there are."""
    return _CORES


def load_core() -> int:
    """Returns the core of what calls them; the only one again where there is but one."""
    return max(_CORES)


_CORES = os.sched_getaffinity(0)
"""As this process was given them, before any was pinned."""


@dataclass(frozen=True)
class Server:
    """A server that runs, with all the processes that it has started."""

    process: "subprocess.Popen[bytes]"
    address: str

    @property
    def pids(self) -> list[int]:
        """Its own processes, but for Envoy."""
        return [pid for pid in tree(self.process.pid) if not _is_envoy(pid)]

    @property
    def envoys(self) -> list[int]:
        """Those of Envoy."""
        return [pid for pid in tree(self.process.pid) if _is_envoy(pid)]


def free_address() -> str:
    """Returns an address that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def running(
    command: Sequence[str],
    address: str,
    log: Path,
    environment: Mapping[str, str],
    *,
    cores: Collection[int] = (),
) -> Iterator[Server]:
    """Runs a server for as long as the block, once it listens at the address.

    It has the servers' core, unless others are named.
    """
    with log.open("ab") as output, pinned(cores or {server_core()}):
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # As on a machine of users: what was compiled once is kept.
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **environment},
        )
    server = Server(process, address)
    try:
        await_true(lambda: _listens(address), process, log)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def pinned(cores: Collection[int]) -> Iterator[None]:
    """Has the calling thread, and what it starts, run on these cores for as long as the block."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def await_true(claim: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Returns once the claim holds, while the process runs."""
    end = time.monotonic() + _START_SECONDS
    while not claim():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"A server did not start:\n{log.read_text('utf-8')[-4000:]}")
        time.sleep(_STEP_SECONDS)


def cpu_seconds(pids: Sequence[int]) -> float:
    """Returns what processes have spent, with those that they have waited for."""
    return sum(_ticks(pid) for pid in pids) / _TICKS


def resident_mib(pids: Sequence[int]) -> float:
    """Returns how much memory processes have."""
    return sum(_status(pid, "VmRSS") for pid in pids) / 1024


def peak_mib(pids: Sequence[int]) -> float:
    """Returns how much memory processes had at most since `forget_peak`."""
    return sum(_status(pid, "VmHWM") for pid in pids) / 1024


def forget_peak(pids: Sequence[int]) -> None:
    """Has peaks count from now on."""
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")


def pin(pids: Sequence[int], core: int) -> None:
    """Moves processes, with all their threads, to a core."""
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {core})


def _ticks(pid: int) -> int:
    """Returns nothing for one that has ended: what it spent is its parent's by then."""
    with suppress(FileNotFoundError, ProcessLookupError):
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2].split()
        return sum(int(each) for each in fields[11:15])
    return 0


def _status(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0


def tree(pid: int) -> list[int]:
    """Returns a process and all that it has started."""
    found = [pid]
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text("ascii").split():
                found += tree(int(child))
    return found


def _is_envoy(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/exe").readlink().name == _ENVOY
    return False


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
        return True
    return False
