"""Rows on disk: an order that no index serves is sorted once, not once a page."""

import pickle
from collections.abc import Iterable, Iterator
from datetime import timedelta
from tempfile import SpooledTemporaryFile
from typing import TypeVar

from ownid_grpc.errors import Reason, ResourceExhausted

Batch = TypeVar("Batch")

_IN_MEMORY_BYTES = 1 << 20
_RETRY_DELAY = timedelta(seconds=30)


def spooled(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yields the batches again after all of them were taken, holding one at a time in memory.

    What is too much for memory goes to a file that has no name and ends with
    its last user. Raises `ResourceExhausted` where there is no room for it.
    """
    try:
        # Closing it writes once more, so that this too finds no room.
        with SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as file:
            count = 0
            for batch in batches:
                pickle.dump(batch, file, pickle.HIGHEST_PROTOCOL)
                count += 1
            file.seek(0)
            for _ in range(count):
                # Nobody else can have written to a file that has no name.
                yield pickle.load(file)  # noqa: S301 - as said
    except OSError as error:
        raise _no_room() from error


def _no_room() -> ResourceExhausted:
    return ResourceExhausted(
        Reason.LIMIT_EXCEEDED,
        "There is no room left to sort so many accounts; leave out order_by, or narrow the filter.",
        {"limit": "sort_space", "maximum": "free_disk_space"},
        retry_delay=_RETRY_DELAY,
    )
