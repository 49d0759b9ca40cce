"""ImportAccounts over real gRPC: a result for each record, in order, and nothing half done."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from google.rpc.code_pb2 import ALREADY_EXISTS, INVALID_ARGUMENT, OK
from ownid.v1 import account_service_pb2 as messages

from tests.support.importing import Stores, codes, config, import_service, imported, record
from tests.support.whole import Whole


@pytest.fixture
def stores() -> Stores:
    """Gives stores with nothing in them."""
    return Stores()


@pytest.fixture
def whole(stores: Stores, tmp_path: Path) -> Iterator[Whole]:
    """Gives a service over the stores."""
    with import_service(tmp_path, stores) as running:
        yield running


def test_each_record_has_a_result_in_order(whole: Whole, stores: Stores) -> None:
    """Every account gets its result, with its own index and name, in the order sent."""
    sent = [record(7 * number, f"a{number}@example.com") for number in range(1000)]

    results = imported(whole, config(), *sent)

    assert [each.index for each in results] == [7 * number for number in range(1000)]
    assert codes(results) == [OK] * 1000
    assert all(each.created for each in results)
    assert [each.name for each in results] == [
        f"apps/shop/accounts/{number}" for number in range(1, 1001)
    ]
    assert stores.emails == [f"a{number}@example.com" for number in range(1000)]


def test_bad_record_fails_alone(whole: Whole, stores: Stores) -> None:
    """A record that breaks the schema or is taken fails, with what is wrong; the others do not."""
    results = imported(
        whole,
        config(),
        record(1, "ada@example.com"),
        record(2, "no address"),
        record(3, "ADA@example.com"),
        record(4, None, given_name="Nobody"),
        messages.ImportAccountsRequest(index=5),
        record(6, "eve@example.com"),
    )

    assert codes(results) == [
        OK,
        INVALID_ARGUMENT,
        ALREADY_EXISTS,
        INVALID_ARGUMENT,
        INVALID_ARGUMENT,
        OK,
    ]
    assert [each.index for each in results] == [1, 2, 3, 4, 5, 6]
    assert [bool(each.name) for each in results] == [True, False, False, False, False, True]
    assert "account.profile.email" in results[1].status.message
    assert stores.emails == ["ada@example.com", "eve@example.com"]


def test_names_elsewhere_are_ignored(whole: Whole) -> None:
    """Where the database makes the keys, a record of another system's export is taken as it is."""
    results = imported(whole, config(), record(1, "ada@example.com", name="apps/old/accounts/77"))

    assert [(each.status.code, each.name) for each in results] == [(OK, "apps/shop/accounts/1")]
