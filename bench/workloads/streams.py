"""Everything out by SearchAccounts, and many in by ImportAccounts."""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from ownid.v1.account_service_pb2 import ImportAccountsRequest, SearchAccountsRequest

from bench.customers import COLUMNS, Customers
from bench.figures import Measure
from bench.load.http2 import WrongAnswer, framed
from bench.load.streams import Streamed, import_all, search
from bench.processes import Server, cpu_seconds, forget_peak, peak_mib, resident_mib
from bench.site import FLOOR, OWNID, Site
from bench.workloads import requests
from bench.workloads.accounts import ours

COPY = "copy"


def search_all(site: Site) -> None:
    """SearchAccounts without a filter, bytes counted."""
    customers = site.settings.many
    site.alternate(
        "search",
        {
            FLOOR: lambda: searched(site.floor, customers),
            OWNID: lambda: searched(site.ownid.server, customers, site.ownid.metadata),
        },
    )


def import_many(site: Site) -> None:
    """ImportAccounts, beside CreateAccount and COPY into the same table."""
    customers, count = site.settings.many, site.settings.imported

    def imported() -> Mapping[Measure, float]:
        messages = iter(list(_messages(customers, count)))
        ownid = site.ownid
        values = _streamed(
            ownid.server, count, lambda: import_all(ownid.address, messages, ownid.metadata)
        )
        site.database.forget_new(customers)
        return values

    def created() -> Mapping[Measure, float]:
        values = ours(site, "CreateAccount", requests.creates(customers))
        site.database.forget_new(customers)
        return values

    site.alternate(
        "import",
        {
            "ownid create": created,
            COPY: lambda: _copied(site, customers, count),
            OWNID: imported,
        },
    )


def searched(
    server: Server, customers: Customers, metadata: Sequence[tuple[str, str]] = ()
) -> Mapping[Measure, float]:
    """Streams all customers, and makes sure that they all came."""
    request = SearchAccountsRequest(parent=customers.parent).SerializeToString()
    return _streamed(server, customers.rows, lambda: search(server.address, request, metadata))


def _streamed(
    server: Server, expected: int, stream: Callable[[], Streamed]
) -> Mapping[Measure, float]:
    pids = server.pids
    forget_peak(pids)
    before, idle = cpu_seconds(pids), resident_mib(pids)
    came = stream()
    spent, peak = cpu_seconds(pids) - before, peak_mib(pids)
    if came.accounts != expected:
        raise WrongAnswer(f"{came.accounts} accounts came, not {expected}.")
    return {
        Measure.RATE: came.rate,
        Measure.CPU: spent / expected * 1e6,
        Measure.FIRST: came.first_seconds * 1000,
        Measure.PEAK: peak,
        Measure.GROWTH: peak - idle,
    }


def _messages(customers: Customers, count: int) -> Iterator[bytes]:
    """Yields what an import sends, ready made: what it takes to make them is not the server's."""
    first = ImportAccountsRequest()
    first.config.parent = customers.parent
    yield framed(first.SerializeToString())
    for index, profile in enumerate(itertools.islice(requests.new_profiles(), count)):
        request = ImportAccountsRequest(index=index)
        requests.fill(request.account, profile)
        yield framed(request.SerializeToString())


def _copied(site: Site, customers: Customers, count: int) -> Mapping[Measure, float]:
    """Writes as many rows by COPY, with nothing looked at."""
    columns = ", ".join(COLUMNS)
    rows = [tuple(each.values()) for each in itertools.islice(requests.new_profiles(), count)]
    into = f"COPY {customers.table} ({columns}) FROM STDIN".encode()
    with site.database.connected() as connection:
        start = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy(into) as copy:
            for row in rows:
                copy.write_row(row)
        seconds = time.perf_counter() - start
    site.database.forget_new(customers)
    return {Measure.RATE: count / seconds}
