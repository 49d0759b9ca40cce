"""A service of real servicers over a shop in memory, and the commands that call it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from ownid_grpc.server.servicers import add_servicers
from tests.cli.running import Commands, config_of
from tests.cli.served import Configure, shop_configured
from tests.support.logs import captured_logs
from tests.support.serving import serving_with
from tests.support.shop import Shop, open_shop


@pytest.fixture(autouse=True)
def _quiet_logs() -> Iterator[None]:
    """Keeps the log of servers out of the tests' own output."""
    with captured_logs():
        yield


@pytest.fixture(scope="module")
def configure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Configure]:
    """Writes the configuration of a shop with many accounts, their schema set."""
    with shop_configured(tmp_path_factory.mktemp("shop")) as configure:
        yield configure


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Gives a shop with its schema and no accounts."""
    with open_shop(tmp_path) as opened:
        opened.set_schema()
        yield opened


@pytest.fixture
def commands(shop: Shop, tmp_path: Path) -> Iterator[Commands]:
    """Gives the commands, with a service over the shop to call."""
    adding = partial(add_servicers, services=shop.services)
    with serving_with(config_of(tmp_path), adding) as running:
        yield Commands(running.address)
