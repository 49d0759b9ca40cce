"""Holds a service that runs to what ownid.yaml says of searches that no index serves."""

from pathlib import Path
from typing import Any

import grpc
import pytest
from ownid.v1.account_service_pb2 import ListAccountsRequest, LookupAccountRequest

from tests.cli.served import await_true
from tests.support.keys import bearer
from tests.support.people import SCHEMA, place_of
from tests.support.service import SERVING, Client, running_service, write_config
from tests.support.serving import error_info_in

METADATA = bearer()


def listed(client: Client, filter_text: str) -> Any:  # noqa: ANN401 - generated without types
    """Calls ListAccounts."""
    request = ListAccountsRequest(parent="apps/shop", filter=filter_text)
    return client.accounts.ListAccounts(request, metadata=METADATA, timeout=20)


def looked_up(client: Client, login_id: str) -> Any:  # noqa: ANN401 - likewise
    """Calls LookupAccount."""
    request = LookupAccountRequest(parent="apps/shop", login_id=login_id)
    return client.accounts.LookupAccount(request, metadata=METADATA, timeout=20)


def test_service_refuses_or_warns_as_it_is_told(tmp_path: Path) -> None:
    """The refusal says over the wire which property lacks an index; a warning lets it through."""
    with place_of("sqlite") as place, place.people() as people:
        people.fill(50)
        app = people.mapping().rstrip()
        refusing = write_config(tmp_path, f"{app}\n    search: {{unindexed: refuse, rows: 10}}\n")
        with running_service(refusing, log="refuse.log") as service, service.client() as client:
            client.await_health(SERVING)
            client.set_schema(SCHEMA)
            with pytest.raises(grpc.RpcError) as refused:
                listed(client, "score = 4711")
            with pytest.raises(grpc.RpcError) as not_looked_up:
                looked_up(client, "secret@example.com")
        warning = write_config(tmp_path, f"{app}\n    search: {{unindexed: warn, rows: 10}}\n")
        with running_service(warning, log="warn.log") as service, service.client() as client:
            client.await_health(SERVING)
            found = listed(client, "score = 4711")
            listed(client, "score = 4712")
            await_true(lambda: bool(service.events("search.unindexed")))

    for error in (refused.value, not_looked_up.value):
        assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert error_info_in(error).reason == "INDEX_MISSING"
        assert "4711" not in str(error)
    assert error_info_in(refused.value).metadata["fields"] == "score"
    assert not found.accounts
    log = (tmp_path / "warn.log").read_text("utf-8")
    assert log.count("search.unindexed") == 1
    assert "4711" not in log
