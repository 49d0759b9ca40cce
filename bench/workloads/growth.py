"""What calls cost, database included, as the table grows."""

from collections.abc import Callable
from functools import partial

from bench.customers import Customers
from bench.figures import Figure, Measure
from bench.load.closed_loop import GrpcCalls
from bench.site import Site
from bench.workloads import requests
from bench.workloads.accounts import ours

ALL = "most of fewest"


def grow(site: Site) -> None:
    """Gets, updates and lists, a table of each size in turn."""
    _grow(site, "get", "GetAccount", requests.gets)
    _grow(site, "update", "UpdateAccount", requests.updates)
    _grow(site, "list", "ListAccounts", requests.lists)


def _grow(site: Site, work: str, method: str, calls: Callable[[Customers], GrpcCalls]) -> None:
    name = f"grown {work}"
    sides = {
        f"{each.rows:,} rows": partial(_round, site, method, calls, each)
        for each in site.settings.growing
    }
    site.alternate(name, sides)
    fewest, *_, most = (Figure(name, side, Measure.COST) for side in sides)
    for ratio in site.figures.ratios(most, fewest):
        site.figures.add(name, ALL, {Measure.RATIO: ratio})


def _round(
    site: Site, method: str, calls: Callable[[Customers], GrpcCalls], customers: Customers
) -> dict[Measure, float]:
    values = dict(ours(site, method, calls(customers)))
    values[Measure.COST] = values[Measure.CPU] + values[Measure.DATABASE_CPU]
    return values
