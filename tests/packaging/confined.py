"""Runs a program as the container does: without rights, on a file system that it cannot write."""

import os
from collections.abc import Sequence
from pathlib import Path

_CONFINE = """
mount --make-rprivate /
mount --bind "$1" /mnt
mount -o remount,bind,ro /mnt
mount -o remount,bind,ro /
mount -t tmpfs -o mode=1777 tmpfs /tmp
cd /tmp
shift
exec "$@"
"""


def confined(folder: Path, *command: str) -> Sequence[str]:
    """Returns what runs a command that finds a folder at /mnt, and can write only in /tmp."""
    folder.chmod(0o755)
    unshare, drop = ["unshare", "--mount"], ["setpriv", "--no-new-privs", "--bounding-set=-all"]
    if os.geteuid() == 0:
        drop += ["--reuid=10001", "--regid=10001", "--clear-groups", "--inh-caps=-all"]
    else:
        unshare += ["--user", "--map-root-user"]
    return [*unshare, "bash", "-euc", _CONFINE, "bash", str(folder), *drop, *command]
