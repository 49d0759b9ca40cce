"""Counts the cores that this process may use."""

import os
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def core_count(quota: Path = _QUOTA) -> int:
    """Returns how many cores there are for us: of the host's, those that a container leaves us.

    A part of a core counts as one.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        microseconds, period = quota.read_text("ascii").split()
        limit = -(-int(microseconds) // int(period))
    except (OSError, ValueError):  # no cgroup of version 2, or one without a limit: "max"
        return cores or 1
    return max(min(cores or 1, limit), 1)
