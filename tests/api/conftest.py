"""One server for the tests that only call it."""

import io
from collections.abc import Iterator

import grpc
import pytest

from tests.support.logs import captured_logs
from tests.support.serving import config_of, serving


@pytest.fixture(scope="module", autouse=True)
def log_lines() -> Iterator[io.StringIO]:
    """What the servers of a module log, kept out of the tests' own output."""
    with captured_logs() as lines:
        yield lines


@pytest.fixture(scope="session")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[grpc.Channel]:
    """A connection to a server whose servicers answer to get and search, and to nothing else."""
    with (
        serving(config_of(tmp_path_factory.mktemp("server"))) as running,
        running.channel() as opened,
    ):
        yield opened
