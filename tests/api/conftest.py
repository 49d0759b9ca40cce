"""One server for the tests that only call it."""

import io
from collections.abc import Iterator

import grpc
import pytest

from ownid_grpc.telemetry.logs import configure_logs
from tests.support.serving import config_of, serving


@pytest.fixture(scope="session", autouse=True)
def log_lines() -> io.StringIO:
    """What the servers log, kept out of the tests' own output."""
    lines = io.StringIO()
    configure_logs(stream=lines, delay_seconds=0)
    return lines


@pytest.fixture(scope="session")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[grpc.Channel]:
    """A connection to a server whose servicers answer to get and search, and to nothing else."""
    with (
        serving(config_of(tmp_path_factory.mktemp("server"))) as running,
        running.channel() as opened,
    ):
        yield opened
