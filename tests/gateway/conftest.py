"""One service with its gateway for the tests that only call it, and servers of a test's own."""

import io
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ownid_grpc.telemetry.logs import configure_logs
from tests.gateway.running import Rest, Running, running_shop
from tests.gateway.upstreams import Servers


@pytest.fixture(scope="session", autouse=True)
def _quiet_logs() -> None:
    """Keeps the log of servers within the tests' process out of their output."""
    configure_logs(stream=io.StringIO(), delay_seconds=0)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A shop behind its gateway."""
    with running_shop(tmp_path_factory.mktemp("shop")) as running:
        yield running


@pytest.fixture(scope="session")
def rest(shop: Running) -> Rest:
    """The shop's REST face."""
    return shop.rest


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """Gives what starts servers and gateways, which end with the test."""
    with ExitStack() as opened:
        yield Servers(tmp_path, opened)
