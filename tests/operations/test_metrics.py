"""Metrics, fetched as Prometheus does."""

import os
import signal
from pathlib import Path

import grpc
import pytest
from ownid.v1 import account_service_pb2

from tests.cli.served import await_serving, await_true, stalled_search, workers_of
from tests.operations.conftest import Observed
from tests.operations.scraping import CALLS, GET, Scrape, scrape
from tests.support.keys import bearer
from tests.support.people import SCHEMA, place_of
from tests.support.service import (
    SERVING,
    Client,
    client_of,
    free_address,
    running_service,
    write_config,
)


def get(client: Client, name: str = "apps/shop/accounts/1") -> None:
    """Calls GetAccount."""
    request = account_service_pb2.GetAccountRequest(name=name)
    client.accounts.GetAccount(request, metadata=bearer(), timeout=20)


def calls(scraped: Scrape, code: str) -> float:
    """Returns how many calls of GetAccount for the shop have ended so."""
    labels = {"rpc_method": GET, "rpc_response_status_code": code, "ownid_app": "shop"}
    return scraped.sum(CALLS, **labels)


def test_calls_are_counted_by_method_code_and_app(observed: Observed) -> None:
    """Calls that were answered are a count, and one that failed has its reason."""
    before = observed.scrape()
    for _ in range(8):
        get(observed.client)
    with pytest.raises(grpc.RpcError):
        get(observed.client, "apps/shop/accounts/999999")

    after = observed.scrape()

    assert calls(after, "OK") - calls(before, "OK") == 8
    assert after.sum(CALLS, rpc_method=GET, error_type="ACCOUNT_NOT_FOUND") == 1
    operations = "db_client_operation_duration_seconds_count"
    assert after.sum(operations, db_operation_name="get", ownid_app="shop") >= 9


def test_apps_are_served_and_the_store_answers(observed: Observed) -> None:
    """Health is a metric: 1 while an app is served."""
    scraped = observed.scrape()

    assert scraped.sum("ownid_app_serving", ownid_app="shop") == 1
    assert scraped.sum("ownid_state_serving") == 1


def test_made_up_app_is_no_label(observed: Observed) -> None:
    """The name of an app that is none is counted without it: a caller may make up any number."""
    with pytest.raises(grpc.RpcError):
        get(observed.client, "apps/ada.lovelace/accounts/1")

    assert "lovelace" not in observed.scrape().text


def test_open_stream_is_active_until_it_ends(observed: Observed) -> None:
    """A stream that nobody reads to its end counts as active until its caller has left."""
    search = "/ownid.v1.AccountService/SearchAccounts"
    with client_of(observed.address) as client:
        stream = stalled_search(client.channel)
        during = observed.scrape().sum("ownid_calls_active", rpc_method=search)
        stream.cancel()

    assert during == 1
    await_true(lambda: observed.scrape().sum("ownid_calls_active", rpc_method=search) == 0)


@pytest.mark.slow
def test_counts_of_workers_are_one_and_outlive_them(tmp_path: Path) -> None:
    """What all workers answered is one count, which goes on when they are replaced."""
    metrics = free_address()
    with place_of("sqlite") as place, place.people() as people:
        people.fill(1)
        server = f"workers: 2, metrics: {{listen: '{metrics}'}}"
        with running_service(write_config(tmp_path, people.mapping(), server=server)) as service:
            await_serving(service, 2)
            with service.client() as client:
                client.await_health(SERVING, "app/shop")
                client.set_schema(SCHEMA)
            for _ in range(8):
                with service.client() as client:
                    client.await_health(SERVING, "app/shop")
                    get(client)
            before = calls(scrape(metrics), "OK")
            for pid in workers_of(service):
                os.kill(pid, signal.SIGKILL)
            await_true(lambda: scrape(metrics).sum("ownid_state_serving") == 0)

            assert before == calls(scrape(metrics), "OK") == 8
