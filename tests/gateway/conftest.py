"""One service with its gateway for the tests that only call it."""

import io
from collections.abc import Iterator

import pytest

from ownid_grpc.telemetry.logs import configure_logs
from tests.gateway.running import Rest, Running, running_shop


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
