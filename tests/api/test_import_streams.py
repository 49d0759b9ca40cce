"""Imports as streams: how they begin, keep pace with their callers, and end."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.code_pb2 import OK

from tests.support.importing import (
    Conversation,
    Stores,
    config,
    import_service,
    imported,
    record,
)
from tests.support.keys import bearer
from tests.support.serving import error_info_in
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


def test_result_comes_before_the_next_record(whole: Whole) -> None:
    """A caller who waits for each result before the next record is not kept waiting."""
    conversation = Conversation(whole, config())
    with closing(conversation):
        for number in range(3):
            conversation.send(record(number, f"a{number}@example.com"))

            assert next(conversation.results).index == number


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
