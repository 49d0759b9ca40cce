"""Runs several server processes on one port, and keeps them running."""

import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

from ownid_grpc.server.runner import CannotListen
from ownid_grpc.telemetry.logs import Logger

REFUSED = 78
"""The exit code of a worker that would refuse its configuration again: sysexits' EX_CONFIG."""

_RESTART_SECONDS = 1.0
_STEP_SECONDS = 0.1


@dataclass(slots=True)
class Workers:
    """Processes of one command, each started anew when it ends by itself.

    A worker whose standard input ends has lost its parent and must end too:
    so none outlives a parent that was killed.
    """

    command: Sequence[str]
    count: int
    log: Logger
    _running: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    _asked_to_stop: int = 0

    def run(self) -> bool:
        """Returns once `stop` was called and every worker has ended.

        Where one of the first refuses its configuration all are stopped, and
        it returns False; the worker has said what is wrong. One that is started
        later may find a file that is being edited: it is started again.
        """
        for _ in range(self.count):
            self._running.append(self._start())
        first = [*self._running]
        is_refused = False
        while not self._asked_to_stop:
            is_refused = any(worker.poll() == REFUSED for worker in first)
            if is_refused:
                self.stop()
            else:
                self._replace_ended()
                time.sleep(_STEP_SECONDS)
        self._await_end()
        return not is_refused

    def stop(self) -> None:
        """Has every worker drain; asked again, has it hurry. Signal handlers may call this."""
        self._asked_to_stop += 1

    def reload(self) -> None:
        """Has every worker read its configuration again; a signal handler may call this."""
        for worker in self._running:
            with suppress(ProcessLookupError):
                worker.send_signal(signal.SIGHUP)

    def _await_end(self) -> None:
        told = 0
        while any(worker.poll() is None for worker in self._running):
            if told < self._asked_to_stop:
                told = self._asked_to_stop
                self._terminate()
            time.sleep(_STEP_SECONDS)

    def _start(self) -> "subprocess.Popen[bytes]":
        # A SIGHUP that comes before the worker can hear it waits, instead of ending the worker.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
        try:
            # A group of its own: Ctrl-C reaches the parent alone, which then tells the workers.
            return subprocess.Popen(self.command, stdin=subprocess.PIPE, process_group=0)  # noqa: S603 - our own command
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)

    def _replace_ended(self) -> None:
        for index, worker in enumerate(self._running):
            if worker.poll() is not None:
                self.log.error("worker.ended", worker=index, code=worker.returncode)
                # One that cannot start would else be started without a pause.
                time.sleep(_RESTART_SECONDS)
                self._running[index] = self._start()

    def _terminate(self) -> None:
        for worker in self._running:
            with suppress(ProcessLookupError):
                worker.terminate()


def reserve_port(address: str, opened: ExitStack) -> str:
    """Holds a port for workers to share, and returns the address with its number.

    Raises `CannotListen` where somebody else listens there.
    """
    host, _, port = address.rpartition(":")
    try:
        places = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        family, kind, protocol, _, place = places[0]
        with socket.socket(family, kind, protocol) as alone:
            # SO_REUSEPORT would let in beside a stranger who has it too.
            alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            alone.bind(place)
            place = alone.getsockname()
        shared = opened.enter_context(socket.socket(family, kind, protocol))
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        shared.bind(place)
    except (OSError, ValueError, OverflowError) as error:
        raise CannotListen(f"Cannot listen on {address}.") from error
    return f"{host}:{place[1]}"
