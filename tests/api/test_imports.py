"""ImportAccounts over real gRPC: a result for each record, in order, and nothing half done."""

import queue
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.code_pb2 import (
    ABORTED,
    ALREADY_EXISTS,
    INVALID_ARGUMENT,
    OK,
)
from ownid.v1 import account_service_pb2 as messages
from ownid.v1 import session_service_pb2 as session_messages
from ownid.v1.session_pb2 import Session
from ownid.v1.session_service_pb2_grpc import SessionServiceStub

from ownid_grpc.domain.source import SourceDescription
from ownid_grpc.repositories.memory import MemoryAccountRepository, MemoryStore
from tests.support.keys import bearer
from tests.support.serving import error_info_in
from tests.support.shop import DESCRIPTION, KEYED, schema_of
from tests.support.whole import Whole, whole_service

_END = object()


def config(*, app: str = "shop", **words: bool) -> Any:  # noqa: ANN401 - generated without types
    """Returns the first message of an import."""
    return messages.ImportAccountsRequest(config={"parent": f"apps/{app}", **words})


def record(index: int, email: str | None, *, name: str = "", etag: str = "", **more: object) -> Any:  # noqa: ANN401 - likewise
    """Returns a message of one account."""
    profile = more if email is None else {"email": email, **more}
    account = {"profile": profile, "name": name, "etag": etag}
    return messages.ImportAccountsRequest(index=index, account=account)


class Conversation:
    """An import whose records are sent one after the other, as the test says."""

    def __init__(self, whole: Whole, first: Any) -> None:  # noqa: ANN401 - likewise
        self._sent: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._sent.put(first)
        self.results = whole.client.accounts.ImportAccounts(
            iter(self._sent.get, _END), metadata=bearer(), timeout=60
        )

    def send(self, request: Any) -> None:  # noqa: ANN401 - likewise
        """Sends one message."""
        self._sent.put(request)

    def close(self) -> None:
        """Sends no more."""
        self._sent.put(_END)


def imported(whole: Whole, *requests: Any) -> list[Any]:  # noqa: ANN401 - generated without types
    """Returns the results of an import."""
    call = whole.client.accounts.ImportAccounts(iter(requests), metadata=bearer(), timeout=60)
    return list(call)


def codes(results: Iterable[Any]) -> list[int]:
    """Returns the code of each result."""
    return [each.status.code for each in results]


class Stores:
    """What the apps of the service hold."""

    def __init__(self) -> None:
        self.shop = MemoryStore()
        self.keyed = MemoryStore()

    @property
    def emails(self) -> list[object]:
        """The emails of the shop's accounts, in the order of their keys."""
        return [each.profile["email"] for each in self.shop.accounts.values()]


@pytest.fixture
def stores() -> Stores:
    """Gives stores with nothing in them."""
    return Stores()


@pytest.fixture
def whole(stores: Stores, tmp_path: Path) -> Iterator[Whole]:
    """Gives the service over a shop, one whose keys the caller chooses, and one with no schema."""
    repositories = {
        "shop": MemoryAccountRepository(DESCRIPTION, store=stores.shop),
        "keyed": MemoryAccountRepository(KEYED, store=stores.keyed),
        "bare": MemoryAccountRepository(SourceDescription((), frozenset())),
    }
    with whole_service(tmp_path, repositories, "threads: 4, streams: 2") as running:
        for app in ("shop", "keyed"):
            running.client.set_schema(schema_of(), app)
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


def test_result_comes_before_the_next_record(whole: Whole) -> None:
    """A caller who waits for each result before the next record is not kept waiting."""
    conversation = Conversation(whole, config())
    with closing(conversation):
        for number in range(3):
            conversation.send(record(number, f"a{number}@example.com"))

            assert next(conversation.results).index == number


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


def test_names_elsewhere_are_ignored(whole: Whole) -> None:
    """Where the database makes the keys, a record of another system's export is taken as it is."""
    results = imported(whole, config(), record(1, "ada@example.com", name="apps/old/accounts/77"))

    assert [(each.status.code, each.name) for each in results] == [(OK, "apps/shop/accounts/1")]


@pytest.mark.parametrize(
    ("requests", "before"),
    [
        pytest.param([record(1, "ada@example.com")], 0, id="no config"),
        pytest.param([config(), record(1, "ada@example.com"), config()], 1, id="second config"),
    ],
)
def test_stream_that_is_no_import_ends(whole: Whole, requests: list[Any], before: int) -> None:
    """A stream without its config, or with two, is refused after what came before."""
    call = whole.client.accounts.ImportAccounts(iter(requests), metadata=bearer(), timeout=60)

    for _ in range(before):
        assert next(call).status.code == OK
    with pytest.raises(grpc.RpcError) as caught:
        next(call)

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert error_info_in(caught.value).reason == "ARGUMENT_INVALID"


@pytest.mark.parametrize(
    ("app", "code", "reason"),
    [
        ("nowhere", grpc.StatusCode.NOT_FOUND, "APP_NOT_FOUND"),
        ("bare", grpc.StatusCode.FAILED_PRECONDITION, "ACCOUNT_SCHEMA_NOT_SET"),
    ],
)
def test_import_that_cannot_be_is_refused_at_once(
    whole: Whole, app: str, code: grpc.StatusCode, reason: str
) -> None:
    """An app that is not there, or has no schema, is said before any record is sent."""
    conversation = Conversation(whole, config(app=app))
    with closing(conversation), pytest.raises(grpc.RpcError) as caught:
        next(conversation.results)

    assert caught.value.code() is code
    assert error_info_in(caught.value).reason == reason


def test_database_that_goes_down_ends_the_import(whole: Whole, stores: Stores) -> None:
    """Records that cannot be written for want of a database have no result; those before have."""
    conversation = Conversation(whole, config())
    with closing(conversation):
        conversation.send(record(1, "ada@example.com"))
        assert next(conversation.results).status.code == OK
        stores.shop.is_down = True
        conversation.send(record(2, "eve@example.com"))

        with pytest.raises(grpc.RpcError) as caught:
            next(conversation.results)

    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert stores.emails == ["ada@example.com"]


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


def test_caller_who_takes_no_results_is_not_read_from(whole: Whole) -> None:
    """While nobody takes results, records stay with their sender, but for what is read ahead."""
    sent: list[int] = []

    def endless() -> Iterator[Any]:
        yield config(validate_only=True)
        for number in count():
            sent.append(number)
            yield record(number, "no address", given_name="x" * 20_000)

    call = whole.client.accounts.ImportAccounts(endless(), metadata=bearer(), timeout=60)

    end, before = time.monotonic() + 40, -1
    while before != len(sent):
        assert time.monotonic() < end, "records are read without end"
        before = len(sent)
        threading.Event().wait(0.5)
    call.cancel()


def test_import_holds_a_slot_and_gives_it_back(whole: Whole) -> None:
    """Imports are streams like searches: too many are sent away, and ended ones make room."""
    conversations = [Conversation(whole, config()) for _ in range(2)]
    for number, each in enumerate(conversations):
        each.send(record(number, f"a{number}@example.com"))
        assert next(each.results).status.code == OK

    with pytest.raises(grpc.RpcError) as caught:
        imported(whole, config())
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED

    for each in conversations:
        each.close()
        assert list(each.results) == []
    assert imported(whole, config()) == []


def test_cancelled_import_leaves_what_it_has_answered(whole: Whole, stores: Stores) -> None:
    """Accounts whose results have come are there, whenever the import is given up."""
    conversation = Conversation(whole, config())
    with closing(conversation):
        for number in range(600):
            conversation.send(record(number, f"a{number}@example.com"))
        answered = [next(conversation.results) for _ in range(300)]
        conversation.results.cancel()

    assert {each.name for each in answered} <= {
        f"apps/shop/accounts/{key}" for (key,) in stores.shop.accounts
    }
