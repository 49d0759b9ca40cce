"""Keys on disk: an order that no index serves is sorted once, not once a page."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from tempfile import SpooledTemporaryFile

from ownid_grpc.domain.account import AccountKey

_IN_MEMORY_BYTES = 1 << 20


def spooled(keys: Iterable[AccountKey]) -> Iterator[AccountKey]:
    """Yields the keys again after all of them were taken, whatever their number, in little memory.

    The file has no name and goes with its last user; it holds no value but keys.
    """
    with SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES, mode="w+", encoding="utf-8") as file:
        for key in keys:
            file.write(json.dumps(key) + "\n")
        file.seek(0)
        for line in file:
            yield tuple(json.loads(line))


def batches(keys: Iterator[AccountKey], size: int) -> Iterator[list[AccountKey]]:
    """Yields keys in lists of `size`, the last one shorter."""
    while batch := list(islice(keys, size)):
        yield batch
