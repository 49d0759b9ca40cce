"""Keys on disk: an order that no index serves is sorted once, not once a page."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import TypeAlias

from ownid_grpc.domain.account import AccountKey
from ownid_grpc.domain.paging import Position, decode_position, encode_position

Sorted: TypeAlias = tuple[AccountKey, Position | None]
"""A key in its turn; the last of each batch with its position when the keys were sorted."""

_IN_MEMORY_BYTES = 1 << 20


def spooled(keys: Iterable[Sorted]) -> Iterator[Sorted]:
    """Yields the keys again after all of them were taken, whatever their number, in little memory.

    What is too much for memory goes to a file that has no name and ends with
    its last user.
    """
    with SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES, mode="w+", encoding="utf-8") as file:
        for key, position in keys:
            mark = None if position is None else encode_position(position).decode()
            file.write(json.dumps([key, mark]) + "\n")
        file.seek(0)
        for line in file:
            key, mark = json.loads(line)
            yield tuple(key), None if mark is None else decode_position(mark.encode())


def batches(keys: Iterator[Sorted], size: int) -> Iterator[list[Sorted]]:
    """Yields keys in lists of `size`, the last one shorter."""
    while batch := list(islice(keys, size)):
        yield batch
