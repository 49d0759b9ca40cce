"""CheckAccountSchema over real gRPC."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from ownid.v1 import account_schema_service_pb2 as messages

from ownid_grpc.domain.account import AccountDraft
from ownid_grpc.domain.call import Call
from ownid_grpc.repositories.memory import MemoryAccountRepository
from tests.support.keys import bearer
from tests.support.serving import error_info_in
from tests.support.shop import DESCRIPTION, schema_of
from tests.support.whole import Whole, whole_service

COUNT = 2500


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    """Gives the service over a shop with accounts, some of which have no valid email."""
    repository = MemoryAccountRepository(DESCRIPTION)
    for number in range(COUNT):
        email = f"hidden-{number}" if number % 100 == 0 else f"a{number}@example.com"
        repository.insert(Call(), AccountDraft({"email": email, "loyalty": number}))
    with whole_service(tmp_path, {"shop": repository}) as running:
        running.client.set_schema(schema_of())
        yield running


def check(whole: Whole, **fields: Any) -> Any:  # noqa: ANN401 - generated without types
    """Returns the messages of a check."""
    request = messages.CheckAccountSchemaRequest(**({"parent": "apps/shop"} | fields))
    return whole.client.schemas.CheckAccountSchema(request, metadata=bearer(), timeout=60)


def test_schema_in_force_is_checked(whole: Whole) -> None:
    """Without a candidate the schema in force is held against all accounts; done comes last."""
    *before, last = check(whole)

    assert [each.done for each in before] == [False] * len(before)
    assert last.done
    assert (last.accounts_checked, last.accounts_total, last.accounts_failed) == (2500, 2500, 25)
    (fault,) = last.faults
    assert (fault.path, fault.rule, fault.count) == ("/email", "format", 25)
    assert fault.sample_names[:2] == ["apps/shop/accounts/1", "apps/shop/accounts/101"]
    assert len(fault.sample_names) == 10


def test_no_value_is_shown(whole: Whole) -> None:
    """What an account holds is in no message."""
    assert "hidden" not in str(list(check(whole)))


def test_candidate_is_checked_and_not_set(whole: Whole) -> None:
    """A candidate is held against the accounts that match, and is not in force afterwards."""
    candidate = schema_of(loyalty={"type": "integer", "maximum": 10}, email={"type": "string"})

    *_, last = check(whole, json_schema=candidate, filter="loyalty < 20")

    assert [(each.path, each.rule, each.count) for each in last.faults] == [
        ("/loyalty", "maximum", 9)
    ]
    assert last.accounts_total == 20
    request = messages.GetAccountSchemaRequest(name="apps/shop/accountSchema")
    schema = whole.client.schemas.GetAccountSchema(request, metadata=bearer())
    assert "maximum" not in str(schema)


def test_empty_candidate_is_a_candidate(whole: Whole) -> None:
    """A candidate with nothing in it is not taken for none: it is refused as it would be set."""
    with pytest.raises(grpc.RpcError) as caught:
        list(check(whole, json_schema={"type": "array"}))

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert error_info_in(caught.value).reason == "ACCOUNT_SCHEMA_INVALID"


@pytest.mark.parametrize(
    ("fields", "code", "reason"),
    [
        ({"filter": "loyalty >"}, grpc.StatusCode.INVALID_ARGUMENT, "FILTER_INVALID"),
        ({"parent": "apps/no"}, grpc.StatusCode.NOT_FOUND, "APP_NOT_FOUND"),
        ({"parent": "shop"}, grpc.StatusCode.INVALID_ARGUMENT, "NAME_INVALID"),
    ],
)
def test_bad_request_is_refused_before_anything_is_checked(
    whole: Whole, fields: dict[str, str], code: grpc.StatusCode, reason: str
) -> None:
    """What is wrong with a request comes before the first message."""
    with pytest.raises(grpc.RpcError) as caught:
        next(check(whole, **fields))

    assert caught.value.code() is code
    assert error_info_in(caught.value).reason == reason
