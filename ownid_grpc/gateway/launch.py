"""Becomes another program, once the kernel has promised to end it with its parent.

Run as `python -m ownid_grpc.gateway.launch <pid of the parent> <program> <argument>…`. Envoy itself
does not notice that whoever started it was killed.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2)


def launch(parent: int, command: list[str]) -> None:
    """Replaces this process by a command; returns only where its parent is gone already."""
    if sys.platform == "linux":
        # Kept through execve(2). Other systems have nothing like it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == parent:
        os.execv(command[0], command)  # noqa: S606 - Envoy, from the package that ships it


if __name__ == "__main__":
    launch(int(sys.argv[1]), sys.argv[2:])
