"""A shop for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ownid_grpc.domain.call import Call
from tests.support.shop import Shop, open_shop


@pytest.fixture
def empty_shop(tmp_path: Path) -> Iterator[Shop]:
    """Gives a shop for which nobody has set a schema."""
    with open_shop(tmp_path) as shop:
        yield shop


@pytest.fixture
def shop(empty_shop: Shop) -> Shop:
    """Returns a shop with its schema."""
    empty_shop.set_schema()
    return empty_shop


@pytest.fixture
def call() -> Call:
    """Returns a call that nobody cancels."""
    return Call("backoffice")
