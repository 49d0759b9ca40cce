"""Traces and metrics by OTLP, and nobody's data in anything that the service tells of itself."""

from collections.abc import Iterator
from dataclasses import dataclass

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from ownid.v1 import account_pb2, account_service_pb2

from tests.operations.collectors import Collected, attributes_of, collecting
from tests.operations.conftest import Observed, serving
from tests.support.keys import bearer
from tests.support.people import place_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
MARKS = ("lovelace", "Lovelace", "secret team", "nickname-of-ada")
ADA = {"email": "ada@lovelace.example", "name": "Ada Lovelace", "team": "secret team"}
UPDATE = "/ownid.v1.AccountService/UpdateAccount"


@dataclass(frozen=True)
class Told:
    """All that a service has told of some calls, which has ended since."""

    collected: Collected
    log: str
    audit: str
    metrics: str


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Gives what is told of a life of an account: made, clashing, changed, looked up."""
    folder = tmp_path_factory.mktemp("told")
    with place_of("sqlite") as place, place.people() as people, collecting() as collected:
        more = f"otlp: {{endpoint: '{collected.endpoint}', ratio: 0}}\n"
        with serving(folder, people, more) as observed:
            call_with_marks(observed)
            scraped = observed.scrape().text
        yield Told(collected, observed.log.getvalue(), observed.audit.read_text("utf-8"), scraped)


def call_with_marks(observed: Observed) -> None:
    """Makes calls full of marks, all but the first in a trace of the caller's own."""
    accounts = observed.client.accounts
    request = account_service_pb2.CreateAccountRequest(
        parent="apps/shop", account=account_pb2.Account(profile=ADA)
    )
    name = accounts.CreateAccount(request, metadata=bearer(), timeout=20).name
    traced = (*bearer(), ("traceparent", f"00-{TRACE}-{PARENT}-01"))
    with pytest.raises(grpc.RpcError):
        accounts.CreateAccount(request, metadata=traced, timeout=20)
    change = account_service_pb2.UpdateAccountRequest(
        account=account_pb2.Account(name=name, profile={"nickname": "nickname-of-ada"}),
        update_mask=FieldMask(paths=["profile.nickname"]),
    )
    accounts.UpdateAccount(change, metadata=traced, timeout=20)
    look_up = account_service_pb2.LookupAccountRequest(parent="apps/shop", login_id=ADA["email"])
    accounts.LookupAccount(look_up, metadata=traced, timeout=20)
    search = account_service_pb2.ListAccountsRequest(
        parent="apps/shop", filter='profile.name = "Ada Lovelace"'
    )
    accounts.ListAccounts(search, metadata=traced, timeout=20)


def test_call_goes_on_the_trace_of_its_caller(told: Told) -> None:
    """The span of a call is below that of its caller, and says how it ended."""
    (span,) = [span for span in told.collected.spans if span.name == UPDATE]

    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
    attributes = attributes_of(span)
    assert attributes["rpc.response.status_code"] == "OK"
    assert (attributes["ownid.app"], attributes["ownid.caller"]) == ("shop", "backoffice")
    assert f'"trace_id":"{TRACE}"' in told.log


def test_call_shows_what_it_spends_its_time_with(told: Told) -> None:
    """Below the call is what its database was asked, and below that the validation."""
    spans = {span.span_id: span for span in told.collected.spans}
    validations = [span for span in spans.values() if span.name == "validate"]
    ways = {(spans[each.parent_span_id].name, each.name) for each in validations}
    (update,) = [span for span in spans.values() if span.name == "update"]

    assert ("update", "validate") in ways
    assert spans[update.parent_span_id].name == UPDATE
    assert attributes_of(update)["db.operation.name"] == "update"
    assert update.start_time_unix_nano <= update.end_time_unix_nano


def test_failed_call_is_an_error_with_its_reason(told: Told) -> None:
    """A call that failed has the reason that its caller was told."""
    (span,) = [span for span in told.collected.spans if span.name.endswith("/CreateAccount")]

    assert attributes_of(span)["error.type"] == "VALUE_TAKEN"


def test_call_that_nobody_wants_traced_is_not(told: Told) -> None:
    """Without a caller's decision one in so many is traced: here none, the first creation say."""
    assert {span.trace_id.hex() for span in told.collected.spans} == {TRACE}


def test_metrics_are_sent_by_their_own_names(told: Told) -> None:
    """What Prometheus is shown goes out by OTLP too, a histogram with what lies in each bucket."""
    calls = told.collected.metrics["rpc.server.call.duration"]
    (point,) = [
        point
        for point in calls.histogram.data_points
        if attributes_of(point)["rpc.method"] == UPDATE
    ]

    assert (calls.unit, point.count, sum(point.bucket_counts)) == ("s", 1, 1)
    assert len(point.bucket_counts) == len(point.explicit_bounds) + 1


@pytest.mark.parametrize("mark", MARKS)
def test_nobody_is_in_what_is_told(told: Told, mark: str) -> None:
    """No value of an account is in a log, a metric, a trace or the audit log."""
    sent = b"".join(request.SerializeToString() for request in told.collected.requests)

    assert sent
    assert mark.encode() not in sent
    assert mark not in told.log + told.audit + told.metrics
