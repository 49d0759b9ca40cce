"""What runs while works are measured: the database, the three servers, and who measures."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.database import Database, running_database
from bench.figures import Figures, Measure
from bench.load.closed_loop import Answered
from bench.populations import Population
from bench.processes import (
    Server,
    cpu_seconds,
    forget_peak,
    free_address,
    load_core,
    peak_mib,
    running,
)
from bench.servers.connections import DSN_VARIABLE
from bench.servers.ownid import (
    SCHEMA,
    Ownid,
    running_ownid,
    write_configuration,
)
from bench.settings import Settings

FLOOR, FASTAPI, OWNID, REST = "floor", "fastapi", "ownid", "ownid rest"

_MICROSECONDS = 1e6


@dataclass(frozen=True)
class Site:
    """Servers that run on one database."""

    settings: Settings
    figures: Figures
    folder: Path
    database: Database
    floor: Server
    fastapi: Server
    ownid: Ownid

    def measured(self, server: Server, load: Callable[[], Answered]) -> dict[Measure, float]:
        """Returns what calls took, and what they cost."""
        return measured(server, load, lambda: self.database.pids)

    def alternate(
        self, work: str, sides: Mapping[str, Callable[[], Mapping[Measure, float]]]
    ) -> None:
        """Has each side do its work once a round, every other round in the other order."""
        for number in range(self.settings.rounds):
            names = list(sides)[:: 1 if number % 2 == 0 else -1]
            for name in names:
                self.figures.add(work, name, sides[name]())


def measured(
    server: Server, load: Callable[[], Answered], database: Callable[[], Sequence[int]]
) -> dict[Measure, float]:
    """Returns what calls took, and what they cost the server, its gateway and the database.

    `database` tells its processes: each connection may have one of its own.
    """
    own = server.pids
    groups = {
        Measure.CPU: own,
        Measure.TOTAL_CPU: own + server.envoys,
        Measure.DATABASE_CPU: database(),
    }
    before = {measure: cpu_seconds(pids) for measure, pids in groups.items()}
    forget_peak(own)
    answered = load()
    groups[Measure.DATABASE_CPU] = database()
    a_call = _MICROSECONDS / answered.calls
    costs = {
        measure: (cpu_seconds(pids) - before[measure]) * a_call for measure, pids in groups.items()
    }
    return {
        **costs,
        Measure.RATE: answered.rate,
        Measure.MEDIAN: answered.percentile(0.5) * 1000,
        Measure.SLOW: answered.percentile(0.99) * 1000,
        Measure.PEAK: peak_mib(own),
    }


@contextmanager
def running_site(settings: Settings, filled: Sequence[Population]) -> Iterator[Site]:
    """Runs everything for as long as the block, itself on the load's core."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="ownid-bench-")))
        database = opened.enter_context(running_database(filled))
        ownid = opened.enter_context(_running_ours(folder, database, filled))
        floor = opened.enter_context(_running_floor(folder, database))
        fastapi = opened.enter_context(_running_fastapi(folder, database))
        cores = os.sched_getaffinity(0)
        opened.callback(os.sched_setaffinity, 0, cores)
        os.sched_setaffinity(0, {load_core()})
        yield Site(settings, Figures(), folder, database, floor, fastapi, ownid)


@contextmanager
def _running_ours(
    folder: Path, database: Database, filled: Sequence[Population]
) -> Iterator[Ownid]:
    mappings = {each.app: each.mapping for each in filled}
    config = write_configuration(folder, database.url, mappings)
    with running_ownid(config, "--gateway") as ownid:
        for app in mappings:
            ownid.set_schema(app, SCHEMA)
        yield ownid


@contextmanager
def _running_floor(folder: Path, database: Database) -> Iterator[Server]:
    address = free_address()
    command = [sys.executable, "-m", "bench.servers.floor", address]
    with running(command, address, folder / "floor.log", {DSN_VARIABLE: database.dsn}) as server:
        yield server


@contextmanager
def _running_fastapi(folder: Path, database: Database) -> Iterator[Server]:
    address = free_address()
    host, _, port = address.rpartition(":")
    where = ["bench.servers.fastapi_peer:app", "--host", host, "--port", port]
    command = [sys.executable, "-m", "uvicorn", *where, "--no-access-log", "--loop", "uvloop"]
    with running(command, address, folder / "fastapi.log", {DSN_VARIABLE: database.dsn}) as server:
        yield server
