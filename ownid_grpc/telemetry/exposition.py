"""Shows measurements to Prometheus, on a port of their own."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from prometheus_client import CollectorRegistry, Metric, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus-client knows where processes keep what is theirs to measure."""


@contextmanager
def exposed(registry: CollectorRegistry, address: str) -> Iterator[str]:
    """Shows a registry for as long as the block, and gives the address where.

    Raises `OSError` where the address is taken or not ours.
    """
    host, _, port = address.rpartition(":")
    server, thread = start_http_server(int(port), host.strip("[]"), registry)
    try:
        yield f"{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def exposed_of_workers(address: str) -> Iterator[None]:
    """Shows what the processes measure that are started within the block, added up.

    They keep it in files of one folder, so that a worker which ends takes no
    count along: a sum over processes that come and go would go down. Raises
    `OSError` where the address is taken or not ours.
    """
    with TemporaryDirectory(prefix="ownid-metrics-") as folder:
        os.environ[FOLDER] = folder
        try:
            registry = CollectorRegistry()
            registry.register(_Workers(Path(folder)))
            with exposed(registry, address):
                yield
        finally:
            del os.environ[FOLDER]


class _Workers(Collector):
    """The measurements of all workers; how it is just now, only of those that run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """Returns what the workers have measured."""
        for pid in {path.stem.rpartition("_")[2] for path in self._folder.glob("gauge_live*.db")}:
            if not _is_running(int(pid)):
                mark_process_dead(int(pid), str(self._folder))  # type: ignore[no-untyped-call]  # has none
        collector: Any = MultiProcessCollector  # it has no types
        found: Iterable[Metric] = collector(CollectorRegistry(), str(self._folder)).collect()
        return found


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
