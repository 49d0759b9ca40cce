"""Processes that are bound to ours: on Linux they outlive nobody."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_END_SECONDS = 5


def start_bound(
    command: Sequence[str],
    output: IO[str] | None,
    *,
    files: Sequence[int] = (),
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> "subprocess.Popen[bytes]":
    """Starts a command, in a folder and an environment, by default in ours.

    The kernel ends it with the thread that calls this. It may read `files` by
    their descriptors; what it prints goes to `output`, by default where our
    own output goes.
    """
    launch = (sys.executable, "-m", "ownid_grpc.gateway.launch", str(os.getpid()))
    # A group of its own: Ctrl-C reaches us alone, who end it when we are done.
    return subprocess.Popen(  # noqa: S603 - our own command
        (*launch, *command),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=files,
        process_group=0,
    )


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ends a process, by force where it does not end within seconds."""
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
