"""REST through Envoy, which has the load's core, beside the peer on FastAPI."""

from collections.abc import Callable, Mapping
from functools import partial

from bench.figures import Measure
from bench.load.closed_loop import RestCalls, load_rest
from bench.site import FASTAPI, REST, Site
from bench.workloads import requests
from bench.workloads.accounts import peers


def rest_get(site: Site) -> None:
    """GET of an account."""
    customers = site.settings.customers
    _compare(site, "rest get", *[lambda: requests.rest_gets(customers)] * 2)


def rest_update(site: Site) -> None:
    """PATCH of an account."""
    _compare(site, "rest update", *_sides(site, requests.rest_updates))


def rest_list(site: Site) -> None:
    """GET of 100 accounts of a filter, in order."""
    _compare(site, "rest list", *_sides(site, requests.rest_lists))


def _sides(
    site: Site, calls: Callable[..., RestCalls]
) -> tuple[Callable[[], RestCalls], Callable[[], RestCalls]]:
    customers = site.settings.customers
    return partial(calls, customers, is_peer=True), partial(calls, customers, is_peer=False)


def _compare(
    site: Site,
    work: str,
    of_peer: Callable[[], RestCalls],
    of_ours: Callable[[], RestCalls],
) -> None:
    def through_envoy() -> Mapping[Measure, float]:
        ownid, seconds = site.ownid, site.settings.seconds
        return site.measured(
            ownid.server,
            lambda: load_rest(ownid.rest, of_ours(), seconds, metadata=ownid.metadata),
        )

    site.alternate(work, {FASTAPI: lambda: peers(site, of_peer()), REST: through_envoy})
