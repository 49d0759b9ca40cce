"""Accounts so large that few fit a message: pages get shorter, and no client needs to know."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ownid.v1 import account_service_pb2 as accounts

from ownid_grpc.domain.account import AccountDraft
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.source import Capability, Kind, PropertyDescription, SourceDescription
from ownid_grpc.repositories.memory import MemoryAccountRepository
from tests.support.keys import bearer
from tests.support.whole import Whole, set_inferred_schema, whole_service

DESCRIPTION = SourceDescription(
    (PropertyDescription(("photo",), Kind.TEXT),), frozenset(Capability) - {Capability.CHOOSE_KEY}
)
SIZES = [100, 900_000, 300_000, 100, 100, 5_000_000, 2_500_000, 2_500_000, *[700_000] * 12, 100]
"""How large each account is: one of them alone is over what a client takes by default."""

NAMES = [f"apps/photos/accounts/{number}" for number in range(1, len(SIZES) + 1)]


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    """Gives a service with large accounts, and a connection that takes one of 5 MB."""
    repository = MemoryAccountRepository(DESCRIPTION)
    for size in SIZES:
        repository.insert(Call(), AccountDraft({"photo": "x" * size}))
    options = [("grpc.max_receive_message_length", 6_000_000)]
    with whole_service(tmp_path, {"photos": repository}, options=options) as whole:
        set_inferred_schema(whole, "photos")
        yield whole


def search(whole: Whole, **query: Any) -> list[Any]:  # noqa: ANN401 - generated without types
    """Returns all messages of a search."""
    request = accounts.SearchAccountsRequest(parent="apps/photos", **query)
    return list(whole.client.accounts.SearchAccounts(request, metadata=bearer()))


@pytest.mark.parametrize("size", [0, 1, 3, 8])
def test_stream_of_large_accounts_fits_its_messages(whole: Whole, size: int) -> None:
    """All accounts come, in order and once; only one that is alone is in too large a message."""
    messages = search(whole, chunk_size=size)

    assert [each.name for message in messages for each in message.accounts] == NAMES
    assert all(len(each.accounts) == 1 for each in messages if each.ByteSize() > 4 * 1024**2)
    assert [bool(each.resume_token) for each in messages] == [True] * (len(messages) - 1) + [False]


def test_stream_of_large_accounts_can_be_resumed(whole: Whole) -> None:
    """A search goes on after each of its messages, whatever their size."""
    messages = search(whole)
    seen = 0

    for message in messages[:-1]:
        seen += len(message.accounts)
        rest = search(whole, resume_token=message.resume_token)
        assert [each.name for chunk in rest for each in chunk.accounts] == NAMES[seen:]


def test_pages_of_large_accounts_fit_their_messages(whole: Whole) -> None:
    """Pages of large accounts are shorter than asked for, and following them meets every one."""
    found: list[str] = []
    token = ""
    while not found or token:
        request = accounts.ListAccountsRequest(
            parent="apps/photos", page_size=1000, page_token=token, show_total_size=True
        )
        page = whole.client.accounts.ListAccounts(request, metadata=bearer())
        assert page.ByteSize() <= 4 * 1024**2 or len(page.accounts) == 1
        assert page.total_size == len(SIZES)
        found += [each.name for each in page.accounts]
        token = page.next_page_token

    assert found == NAMES
