"""Requests that are read ahead: together, in order, and never without bound."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import closing
from itertools import islice

import pytest
from ownid.v1.account_service_pb2 import ImportAccountsRequest

from ownid_grpc.server.read_ahead import ReadAhead

SIZE = ImportAccountsRequest(index=1).ByteSize()


def requests(*numbers: int) -> Iterator[ImportAccountsRequest]:
    """Yields requests of these numbers."""
    return (ImportAccountsRequest(index=number) for number in numbers)


def indexes(batches: Iterator[list[ImportAccountsRequest]]) -> list[int]:
    """Returns the numbers of all requests, in the order in which they came."""
    return [int(each.index) for batch in batches for each in batch]


def test_requests_come_in_order_and_once() -> None:
    """All requests arrive, in their order, in batches that are not larger than asked for."""
    with closing(ReadAhead(requests(*range(1, 1000)), 10, 10**6)) as ahead:
        batches = list(ahead.batches())

    assert indexes(iter(batches)) == list(range(1, 1000))
    assert max(map(len, batches)) <= 10
    assert all(batches)


def test_no_requests_are_no_batches() -> None:
    """A stream that ends at once gives nothing."""
    with closing(ReadAhead(requests(), 10, 10**6)) as ahead:
        assert list(ahead.batches()) == []


def test_first_request_is_not_kept_waiting() -> None:
    """What has arrived is given before there is more."""
    more = threading.Event()

    def slow() -> Iterator[ImportAccountsRequest]:
        yield from requests(1)
        more.wait(20)
        yield from requests(2)

    with closing(ReadAhead(slow(), 10, 10**6)) as ahead:
        batches = ahead.batches()

        assert indexes(iter([next(batches)])) == [1]
        more.set()
        assert indexes(batches) == [2]


def test_error_comes_after_what_was_before_it() -> None:
    """What ends the stream is raised once all that came before it was given."""

    def failing() -> Iterator[ImportAccountsRequest]:
        yield from requests(1, 2)
        raise ValueError("broken")

    with closing(ReadAhead(failing(), 2, 10**6)) as ahead:
        batches = ahead.batches()
        taken = indexes(islice(batches, 1))
        taken += indexes(islice(batches, 2 - len(taken)))
        with pytest.raises(ValueError, match="broken"):
            next(batches)

    assert taken == [1, 2]


@pytest.mark.parametrize(
    ("most", "most_bytes"), [(5, 10**6), (10**6, 5 * SIZE)], ids=["by count", "by size"]
)
def test_no_more_is_read_than_there_is_room_for(most: int, most_bytes: int) -> None:
    """Of an endless stream one more is taken than there is room for, until some of it is given."""
    is_past_room = threading.Event()

    def endless() -> Iterator[ImportAccountsRequest]:
        for number in itertools.count(1):
            if number > 6:
                is_past_room.set()
            yield from requests(number)

    with closing(ReadAhead(endless(), most, most_bytes)) as ahead:
        batches = ahead.batches()

        assert not is_past_room.wait(0.3)
        assert indexes(iter([next(batches)]))[0] == 1
        assert is_past_room.wait(20)


def test_closing_ends_the_reading() -> None:
    """Who waits for room when nobody wants more waits no longer, and closes what it read from."""
    is_closed = threading.Event()

    def endless() -> Iterator[ImportAccountsRequest]:
        try:
            while True:
                yield from requests(1)
        finally:
            is_closed.set()

    ReadAhead(endless(), 2, 10**6).close()

    assert is_closed.wait(20)
