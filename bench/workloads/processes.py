"""Servers of their own: how fast one starts, how large it is, and two workers beside one."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Measure
from bench.load.closed_loop import load_grpc
from bench.processes import all_cores, cpu_seconds, resident_mib
from bench.servers.ownid import SCHEMA, Ownid, running_ownid, write_configuration
from bench.site import OWNID, Site
from bench.workloads import requests

ONE, TWO = "1 worker", "2 workers"

_CONNECTIONS = 16
"""Enough that the kernel deals some to each worker."""


def start(site: Site) -> None:
    """From nothing, without even a state store, to SERVING."""
    site.alternate("start", {OWNID: lambda: _started(site)})


def compare_workers(site: Site) -> None:
    """GetAccount of two workers, on both cores as the one is."""
    with ExitStack() as opened:
        sides = {
            name: opened.enter_context(_running(site, workers=count))
            for name, count in ((ONE, 1), (TWO, 2))
        }
        site.alternate("workers", {name: partial(_got, site, each) for name, each in sides.items()})


def _started(site: Site) -> Mapping[Measure, float]:
    with TemporaryDirectory(prefix="ownid-bench-") as folder:
        config = _configured(site, Path(folder), workers=1)
        begun = time.perf_counter()
        with running_ownid(config) as ownid:
            seconds = time.perf_counter() - begun
            pids = ownid.server.pids
            return {
                Measure.SECONDS: seconds,
                Measure.CPU_SECONDS: cpu_seconds(pids),
                Measure.IDLE: resident_mib(pids),
            }


def _got(site: Site, ownid: Ownid) -> Mapping[Measure, float]:
    return site.measured(
        ownid.server,
        lambda: load_grpc(
            ownid.address,
            "AccountService/GetAccount",
            requests.gets(site.settings.customers),
            site.settings.seconds,
            metadata=ownid.metadata,
            connections=_CONNECTIONS,
        ),
    )


@contextmanager
def _running(site: Site, *, workers: int) -> Iterator[Ownid]:
    with TemporaryDirectory(prefix="ownid-bench-") as folder:
        config = _configured(site, Path(folder), workers=workers)
        with running_ownid(config, cores=all_cores()) as ownid:
            ownid.set_schema(site.settings.customers.app, SCHEMA)
            yield ownid


def _configured(site: Site, folder: Path, *, workers: int) -> Path:
    customers = site.settings.customers
    mappings = {customers.app: customers.mapping}
    return write_configuration(folder, site.database.url, mappings, workers=workers)
