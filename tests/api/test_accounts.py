"""AccountService over the wire: what the contract promises of names, pages, masks and retries."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import ResourceInfo
from ownid.v1 import account_service_pb2 as accounts

from tests.support.filled import filled_service
from tests.support.keys import bearer
from tests.support.memory_backend import memory
from tests.support.serving import error_info_in, status_in
from tests.support.sql_backends import sqlite
from tests.support.whole import Whole

COUNT = 12
"""How many accounts the shop has, called 1 to 12."""


@pytest.fixture(params=[sqlite, memory], ids=["sqlite", "memory"])
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Whole]:
    """Gives a service whose app `shop` has accounts."""
    with filled_service(request.param, tmp_path) as (whole, _):
        yield whole


def name_of(key: str) -> str:
    """Returns the name of an account of the shop."""
    return f"apps/shop/accounts/{key}"


def page(whole: Whole, **query: Any) -> Any:  # noqa: ANN401 - generated without types
    """Returns a page of the shop's accounts."""
    request = accounts.ListAccountsRequest(parent="apps/shop", **query)
    return whole.client.accounts.ListAccounts(request, metadata=bearer())


def search(whole: Whole, **query: Any) -> list[Any]:  # noqa: ANN401 - likewise
    """Returns all messages of a search in the shop."""
    request = accounts.SearchAccountsRequest(parent="apps/shop", **query)
    return list(whole.client.accounts.SearchAccounts(request, metadata=bearer()))


def update(whole: Whole, key: str, *paths: str, **account: Any) -> Any:  # noqa: ANN401 - as above
    """Changes an account of the shop and returns it."""
    mask = {"paths": paths} if paths else None
    request = accounts.UpdateAccountRequest(
        account={"name": name_of(key)} | account, update_mask=mask
    )
    return whole.client.accounts.UpdateAccount(request, metadata=bearer())


def create(whole: Whole, request_id: str, email: str = "new@example.com") -> Any:  # noqa: ANN401 - as above
    """Makes an account of the shop."""
    request = accounts.CreateAccountRequest(
        parent="apps/shop", account={"profile": {"email": email}}, request_id=request_id
    )
    return whole.client.accounts.CreateAccount(request, metadata=bearer())


def reason_of(call: Callable[[], object]) -> tuple[str, str]:
    """Returns the code and the reason with which a call is refused."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value.code().name, error_info_in(caught.value).reason


def test_batch_comes_in_the_order_asked(whole: Whole) -> None:
    """A batch of a thousand names is answered in their order, one that is there twice twice."""
    names = [name_of(str(1 + number * 7 % COUNT)) for number in range(1000)]
    request = accounts.BatchGetAccountsRequest(parent="apps/shop", names=names)

    answer = whole.client.accounts.BatchGetAccounts(request, metadata=bearer())

    assert [each.name for each in answer.accounts] == names


def test_batch_names_what_is_missing(whole: Whole) -> None:
    """A batch with an account that is not there is refused whole, and names that account."""
    request = accounts.BatchGetAccountsRequest(
        parent="apps/shop", names=[name_of("1"), name_of("01")]
    )

    with pytest.raises(grpc.RpcError) as caught:
        whole.client.accounts.BatchGetAccounts(request, metadata=bearer())

    missing = ResourceInfo()
    assert any(detail.Unpack(missing) for detail in status_in(caught.value).details)
    assert missing.resource_name == name_of("01")


@pytest.mark.parametrize(("size", "expected"), [(0, 12), (1, 1), (5, 5), (12, 12), (2**31 - 1, 12)])
def test_page_is_as_large_as_asked(whole: Whole, size: int, expected: int) -> None:
    """A page has as many accounts as asked, and a token unless it is the last."""
    answer = page(whole, page_size=size)

    assert len(answer.accounts) == expected
    assert bool(answer.next_page_token) == (expected < COUNT)


def test_total_is_told_when_asked_for(whole: Whole) -> None:
    """The number of all that match is there when it was asked for, on every page, and only then."""
    first = page(whole, filter="score < 7", page_size=3, show_total_size=True)
    second = page(whole, filter="score < 7", page_size=2, page_token=first.next_page_token)

    assert first.total_size == 7
    assert not second.HasField("total_size")
    assert [each.profile["score"] for each in second.accounts] == [3, 4]


@pytest.mark.parametrize(
    "changed", [{"filter": "score > 1"}, {"order_by": "email"}, {"read_mask": {"paths": ["name"]}}]
)
def test_token_is_of_its_query(whole: Whole, changed: dict[str, Any]) -> None:
    """A page token is refused when anything of the query is another."""
    token = page(whole, page_size=1).next_page_token

    assert reason_of(lambda: page(whole, page_token=token, **changed)) == (
        "INVALID_ARGUMENT",
        "PAGE_TOKEN_INVALID",
    )


def test_token_is_of_its_method(whole: Whole) -> None:
    """The token of a page goes on with no stream, nor that of a stream with a page."""
    of_page = page(whole, page_size=1).next_page_token
    of_stream = search(whole, chunk_size=1)[0].resume_token

    assert reason_of(lambda: search(whole, resume_token=of_page))[1] == "PAGE_TOKEN_INVALID"
    assert reason_of(lambda: page(whole, page_token=of_stream))[1] == "PAGE_TOKEN_INVALID"


@pytest.mark.parametrize("size", [1, 5, 6, 11, 12, 13])
def test_stream_has_a_token_on_every_message_but_the_last(whole: Whole, size: int) -> None:
    """A search can be resumed after every message, and shows by the last that it is complete."""
    messages = search(whole, chunk_size=size, order_by="score desc")

    assert [bool(each.resume_token) for each in messages] == [True] * (len(messages) - 1) + [False]
    found = [account.name for each in messages for account in each.accounts]
    assert found == [name_of(str(key)) for key in range(COUNT, 0, -1)]


def test_stream_goes_on_where_it_stopped(whole: Whole) -> None:
    """A search resumed in chunks of another size gives the rest, and nothing twice."""
    first, *_ = search(whole, chunk_size=5)

    rest = search(whole, chunk_size=4, resume_token=first.resume_token)

    found = [account.name for each in rest for account in each.accounts]
    assert found == [name_of(str(key)) for key in range(6, COUNT + 1)]


def test_search_that_finds_nothing_has_its_last_message(whole: Whole) -> None:
    """A search without a result is one message, without accounts and without a token."""
    (only,) = search(whole, filter="score > 1000")

    assert (len(only.accounts), only.resume_token) == (0, "")


def test_integers_over_two_to_the_53_are_text(whole: Whole) -> None:
    """An integer that a double does not hold exactly is a decimal string, both ways."""
    changed = update(whole, "2", profile={"big": "9007199254740993"})

    assert changed.profile["big"] == "9007199254740993"


def test_null_clears_and_output_only_paths_are_ignored(whole: Whole) -> None:
    """A null clears its property; a mask of what only the server sets changes nothing."""
    cleared = update(whole, "2", profile={"score": None})
    same = update(whole, "2", "name", "etag", "create_time", profile={"score": 7})

    assert "score" not in cleared.profile
    assert same == cleared


def test_retry_after_a_delete_names_the_account(whole: Whole) -> None:
    """A create sent again, whose account is deleted by then, names the account that is gone."""
    made = create(whole, "retried")
    whole.client.accounts.DeleteAccount(
        accounts.DeleteAccountRequest(name=made.name), metadata=bearer()
    )

    with pytest.raises(grpc.RpcError) as caught:
        create(whole, "retried")

    missing = ResourceInfo()
    assert any(detail.Unpack(missing) for detail in status_in(caught.value).details)
    assert (caught.value.code().name, missing.resource_name) == ("NOT_FOUND", made.name)


def test_hundred_creates_with_one_request_id_make_one_account(whole: Whole) -> None:
    """Of a hundred creates with one id at once, each answers with the one account or ABORTED."""

    def outcome(_: int) -> str:
        try:
            return str(create(whole, "one-of-a-hundred").name)
        except grpc.RpcError as error:
            return error_info_in(error).reason

    with ThreadPoolExecutor(32) as pool:
        outcomes = set(pool.map(outcome, range(100)))

    made = [each.name for each in page(whole, filter='email = "new@example.com"').accounts]
    assert len(made) == 1
    assert outcomes - {"CONCURRENT_CHANGE"} == set(made)
    assert create(whole, "one-of-a-hundred").name == made[0]


def test_hundred_creates_of_one_login_id_make_one_account(whole: Whole) -> None:
    """Of a hundred creates of one login id at once, one wins; the others are told it is taken."""

    def outcome(_: int) -> str:
        try:
            create(whole, "")
        except grpc.RpcError as error:
            return error_info_in(error).reason
        return "OK"

    with ThreadPoolExecutor(32) as pool:
        outcomes = list(pool.map(outcome, range(100)))

    assert (outcomes.count("OK"), outcomes.count("VALUE_TAKEN")) == (1, 99)


def test_hundred_updates_with_one_etag_make_one_change(whole: Whole) -> None:
    """Of a hundred updates that carry one etag at once, one is made and 99 are aborted."""
    etag = page(whole, page_size=1).accounts[0].etag

    def outcome(score: int) -> str:
        try:
            update(whole, "1", profile={"score": score}, etag=etag)
        except grpc.RpcError as error:
            return f"{error.code().name} {error_info_in(error).reason}"
        return "OK"

    with ThreadPoolExecutor(32) as pool:
        outcomes = list(pool.map(outcome, range(1, 101)))

    assert (outcomes.count("OK"), outcomes.count("ABORTED ETAG_MISMATCH")) == (1, 99)


def test_request_id_survives_a_store_that_was_away(whole: Whole) -> None:
    """While nothing can be noted a create says so and makes nothing; sent again, it is made."""
    create(whole, "before", "before@example.com")
    with whole.state_locked():
        refused = reason_of(lambda: create(whole, "between"))

    none = page(whole, filter='email = "new@example.com"').accounts
    made = create(whole, "between")

    assert len(none) == 0
    assert refused == ("UNAVAILABLE", "DATABASE_UNAVAILABLE")
    assert create(whole, "between") == made
    assert create(whole, "before", "before@example.com").profile["email"] == "before@example.com"
