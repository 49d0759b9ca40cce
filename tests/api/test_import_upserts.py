"""Imports that change what is there already, or only say what they would change."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.rpc.code_pb2 import ABORTED, ALREADY_EXISTS, INVALID_ARGUMENT, OK
from ownid.v1 import session_service_pb2 as session_messages
from ownid.v1.session_pb2 import Session
from ownid.v1.session_service_pb2_grpc import SessionServiceStub

from tests.support.importing import Stores, codes, config, import_service, imported, record
from tests.support.keys import bearer
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


def test_upsert_updates_what_exists_and_makes_the_rest(whole: Whole, stores: Stores) -> None:
    """With upsert an account is found by its login id in any case, and given the fields sent."""
    imported(whole, config(), record(1, "ada@example.com", loyalty=1, given_name="Ada"))

    results = imported(
        whole,
        config(upsert=True),
        record(1, "ADA@example.com", loyalty=2),
        record(2, "eve@example.com"),
        record(3, "eve@example.com", given_name="Eve"),
    )

    assert codes(results) == [OK, OK, OK]
    assert [each.created for each in results] == [False, True, False]
    assert [each.name for each in results] == [
        "apps/shop/accounts/1",
        "apps/shop/accounts/2",
        "apps/shop/accounts/2",
    ]
    ada, eve = (each.profile for each in stores.shop.accounts.values())
    assert ada == {"email": "ADA@example.com", "loyalty": 2, "given_name": "Ada"}
    assert eve == {"email": "eve@example.com", "given_name": "Eve"}


def test_upsert_of_what_is_there_already_writes_nothing(whole: Whole, stores: Stores) -> None:
    """An import that is run again leaves the accounts as they are, times included."""
    sent = [record(number, f"a{number}@example.com", loyalty=number) for number in range(10)]
    imported(whole, config(upsert=True), *sent)
    before = dict(stores.shop.accounts)

    results = imported(whole, config(upsert=True), *sent)

    assert codes(results) == [OK] * 10
    assert not any(each.created for each in results)
    assert stores.shop.accounts == before


def test_upsert_heeds_etags(whole: Whole, stores: Stores) -> None:
    """An etag that is given must be that of the account that is updated, as in UpdateAccount."""
    imported(whole, config(), record(1, "ada@example.com"))
    etag = stores.shop.accounts[("1",)].etag

    results = imported(
        whole,
        config(upsert=True),
        record(1, "ada@example.com", etag='"other"', loyalty=1),
        record(2, "ada@example.com", etag=etag, loyalty=2),
    )

    assert codes(results) == [ABORTED, OK]
    assert stores.shop.accounts[("1",)].profile["loyalty"] == 2


def test_upsert_of_two_accounts_at_once_is_refused(whole: Whole, stores: Stores) -> None:
    """A record whose login ids are those of two accounts changes neither of them."""
    imported(whole, config(), record(1, "ada@example.com"), record(2, "eve@example.com", phone="1"))
    before = dict(stores.shop.accounts)

    results = imported(whole, config(upsert=True), record(1, "ada@example.com", phone="1"))

    assert codes(results) == [ALREADY_EXISTS]
    assert stores.shop.accounts == before


@pytest.mark.parametrize("upsert", [False, True])
def test_rehearsal_writes_nothing(whole: Whole, stores: Stores, *, upsert: bool) -> None:
    """With validate_only each record is judged, and nothing is made or changed."""
    imported(whole, config(), record(1, "ada@example.com"))
    before = dict(stores.shop.accounts)

    results = imported(
        whole,
        config(upsert=upsert, validate_only=True),
        record(1, "ada@example.com", loyalty=5),
        record(2, "eve@example.com"),
        record(3, "bad"),
    )

    assert codes(results) == [OK if upsert else ALREADY_EXISTS, OK, INVALID_ARGUMENT]
    assert [each.created for each in results] == [False, True, False]
    assert not any(each.name for each in results)
    assert stores.shop.accounts == before


def test_chosen_keys_come_from_names(whole: Whole, stores: Stores) -> None:
    """Where the caller chooses the keys, the name of a record has that of its account."""
    name = "apps/keyed/accounts/{}".format

    results = imported(
        whole,
        config(app="keyed", upsert=True),
        record(1, "ada@example.com", name=name("ada")),
        record(2, "eve@example.com"),
        record(3, "eve@example.com", name="apps/shop/accounts/eve"),
        record(4, "ada@example.org", name=name("ada")),
    )

    assert codes(results) == [OK, INVALID_ARGUMENT, INVALID_ARGUMENT, OK]
    assert [each.created for each in results] == [True, False, False, False]
    assert {key: each.profile for key, each in stores.keyed.accounts.items()} == {
        ("ada",): {"email": "ada@example.org"}
    }


def test_account_that_an_import_disables_is_signed_out(whole: Whole) -> None:
    """The sessions of an account end when an import disables it, as with UpdateAccount."""
    (made,) = imported(whole, config(), record(1, "ada@example.com"))
    sessions: Any = SessionServiceStub(whole.client.channel)
    opening = session_messages.CreateSessionRequest(parent=made.name)
    name = sessions.CreateSession(opening, metadata=bearer()).session.name
    disabling = record(1, "ada@example.com")
    disabling.account.disabled = True

    imported(whole, config(upsert=True), disabling)

    asking = session_messages.GetSessionRequest(name=name)
    assert sessions.GetSession(asking, metadata=bearer()).state == Session.REVOKED
