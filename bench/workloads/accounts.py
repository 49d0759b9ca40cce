"""Single accounts and pages over gRPC: ours beside the floor and, over REST, the peer."""

from collections.abc import Callable, Mapping
from functools import partial

from bench.customers import Customers
from bench.figures import Measure
from bench.load.closed_loop import GrpcCalls, RestCalls, load_grpc, load_rest
from bench.site import FASTAPI, FLOOR, OWNID, Site
from bench.workloads import requests

_SERVICE = "AccountService"


def get(site: Site) -> None:
    """GetAccount, a key at random."""
    _compare(site, "get", "GetAccount", requests.gets, requests.rest_gets)


def lookup(site: Site) -> None:
    """LookupAccount, an address at random."""
    _compare(site, "lookup", "LookupAccount", requests.lookups, requests.rest_lookups)


def update(site: Site) -> None:
    """UpdateAccount of one property: read, compared and written in one transaction."""
    peers = partial(requests.rest_updates, is_peer=True)
    _compare(site, "update", "UpdateAccount", requests.updates, peers)


def create(site: Site) -> None:
    """CreateAccount."""
    _compare(site, "create", "CreateAccount", requests.creates, requests.rest_creates)
    site.database.forget_new(site.settings.customers)


def list_page(site: Site) -> None:
    """ListAccounts: 100 accounts of a filter, in order."""
    peers = partial(requests.rest_lists, is_peer=True)
    _compare(site, "list", "ListAccounts", requests.lists, peers)


def session_get(site: Site) -> None:
    """GetSessionAccount by a signed-in user, beside GetAccount."""
    customers = site.settings.customers
    name = customers.name(customers.any_key())
    user, method = site.ownid.signed_in(name), "SessionService/GetSessionAccount"

    def by_user() -> Mapping[Measure, float]:
        calls = requests.session_gets(customers, name)
        return site.measured(
            site.ownid.server,
            lambda: load_grpc(
                site.ownid.address, method, calls, site.settings.seconds, metadata=user
            ),
        )

    site.alternate(
        "session",
        {"ownid get": lambda: ours(site, "GetAccount", requests.gets(customers)), OWNID: by_user},
    )


def ours(site: Site, method: str, calls: GrpcCalls) -> Mapping[Measure, float]:
    """Loads our server with calls of a method of AccountService."""
    ownid, seconds = site.ownid, site.settings.seconds
    return site.measured(
        ownid.server,
        lambda: load_grpc(
            ownid.address, f"{_SERVICE}/{method}", calls, seconds, metadata=ownid.metadata
        ),
    )


def floors(site: Site, method: str, calls: GrpcCalls) -> Mapping[Measure, float]:
    """Loads the floor with the same."""
    address, seconds = site.floor.address, site.settings.seconds
    return site.measured(
        site.floor, lambda: load_grpc(address, f"{_SERVICE}/{method}", calls, seconds)
    )


def peers(site: Site, calls: RestCalls) -> Mapping[Measure, float]:
    """Loads the peer on FastAPI."""
    address, seconds = site.fastapi.address, site.settings.seconds
    return site.measured(site.fastapi, lambda: load_rest(address, calls, seconds))


def _compare(
    site: Site,
    work: str,
    method: str,
    grpc_calls: Callable[[Customers], GrpcCalls],
    rest_calls: Callable[[Customers], RestCalls],
) -> None:
    customers = site.settings.customers
    site.alternate(
        work,
        {
            FLOOR: lambda: floors(site, method, grpc_calls(customers)),
            FASTAPI: lambda: peers(site, rest_calls(customers)),
            OWNID: lambda: ours(site, method, grpc_calls(customers)),
        },
    )
