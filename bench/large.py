"""`python -m bench.large`: tables of millions in each database, served as always."""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from bench.customers import Customers
from bench.database import running_database
from bench.figures import Figures, Measure
from bench.large_tables import MARIADB, SQLITE, fill
from bench.load.closed_loop import GrpcCalls, load_grpc
from bench.processes import load_core
from bench.report.terminal import show
from bench.servers.ownid import SCHEMA, Ownid, running_ownid, write_configuration
from bench.site import measured
from bench.workloads import requests
from bench.workloads.streams import searched
from tests.support.mariadb import mariadb_database

_SECONDS = 5.0


@contextmanager
def _postgresql(customers: Customers) -> Iterator[str]:
    with running_database([customers]) as database:
        yield database.url


@contextmanager
def _mariadb(customers: Customers) -> Iterator[str]:
    with mariadb_database() as url:
        fill(url, MARIADB, customers)
        yield url


@contextmanager
def _sqlite(customers: Customers) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="ownid-bench-") as folder:
        url = f"sqlite:///{folder}/customers.db"
        fill(url, SQLITE, customers)
        yield url


def main() -> None:
    """Measures one database after the other, and shows the figures of each."""
    parser = argparse.ArgumentParser("python -m bench.large", description=__doc__)
    parser.add_argument("--rows", type=int, help="in each table, instead of millions")
    rows = parser.parse_args().rows
    console = Console(width=160)
    for name, opened, usual in (
        ("PostgreSQL", _postgresql, 10_000_000),
        ("MariaDB", _mariadb, 1_000_000),
        ("SQLite", _sqlite, 1_000_000),
    ):
        customers = Customers("shop", rows or usual)
        begun = time.perf_counter()
        with opened(customers) as url:
            seconds = time.perf_counter() - begun
            console.print(f"{name}: {customers.rows:,} rows made in {seconds:.0f} s", style="dim")
            figures = Figures()
            measure(figures, f"{name}, {customers.rows:,}", url, customers)
        show(figures, console)


def measure(figures: Figures, name: str, url: str, customers: Customers) -> None:
    """Gets, updates, lists and searches everything, once each."""
    cores = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory(prefix="ownid-bench-") as folder:
        config = write_configuration(Path(folder), url, {customers.app: customers.mapping})
        with running_ownid(config) as ownid:
            ownid.set_schema(customers.app, SCHEMA)
            os.sched_setaffinity(0, {load_core()})
            try:
                for work, (method, calls) in _CALLS.items():
                    figures.add(work, name, _called(ownid, method, calls(customers)))
                searching = searched(ownid.server, customers, ownid.metadata)
                figures.add("search", name, searching)
            finally:
                os.sched_setaffinity(0, cores)


_CALLS: Mapping[str, tuple[str, Callable[[Customers], GrpcCalls]]] = {
    "get": ("GetAccount", requests.gets),
    "update": ("UpdateAccount", requests.updates),
    "list": ("ListAccounts", requests.lists),
}


def _called(ownid: Ownid, method: str, calls: GrpcCalls) -> Mapping[Measure, float]:
    path = f"AccountService/{method}"
    return measured(
        ownid.server,
        lambda: load_grpc(ownid.address, path, calls, _SECONDS, metadata=ownid.metadata),
        list,
    )


if __name__ == "__main__":
    main()
