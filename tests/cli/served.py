"""Runs `ownid-grpc serve` over a shop with many accounts, and tells what its processes do."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import Any, TypeAlias

import grpc
import pytest
from ownid.v1 import account_service_pb2, account_service_pb2_grpc

from tests.support.keys import bearer
from tests.support.people import SCHEMA, place_of
from tests.support.service import SERVING, Service, running_service, write_config

METADATA = bearer()
COUNT = 20_000
SIGNALS = [pytest.param(SIGTERM, id="SIGTERM"), pytest.param(SIGINT, id="Ctrl-C")]

Configure: TypeAlias = Callable[[str], Path]
"""Writes the configuration with these words of its server, and returns where."""


@contextmanager
def shop_configured(folder: Path) -> Iterator[Configure]:
    """Gives what writes the configuration of a shop with many accounts, their schema set.

    Each is in a folder of its own, and so is the log of what runs by it.
    """
    numbers = count()

    def configure(server: str) -> Path:
        place = folder / str(next(numbers))
        place.mkdir()
        state = f"sqlite:///{folder / 'state.db'}"
        return write_config(place, people.mapping(), server=server, state=state)

    with place_of("sqlite") as place, place.people() as people:
        people.fill(COUNT)
        with running_service(configure("")) as service, service.client() as client:
            client.await_health(SERVING)
            client.set_schema(SCHEMA)
        yield configure


def get(channel: grpc.Channel, **options: Any) -> Any:  # noqa: ANN401 - generated without types
    """Calls GetAccount."""
    stub: Any = account_service_pb2_grpc.AccountServiceStub(channel)
    request = account_service_pb2.GetAccountRequest(name="apps/shop/accounts/1")
    return stub.GetAccount(request, metadata=METADATA, timeout=20, **options)


def stalled_search(channel: grpc.Channel) -> Any:  # noqa: ANN401 - likewise
    """Returns a stream that has begun, and of which nobody reads on."""
    stub: Any = account_service_pb2_grpc.AccountServiceStub(channel)
    request = account_service_pb2.SearchAccountsRequest(parent="apps/shop", chunk_size=10)
    stream = stub.SearchAccounts(request, metadata=METADATA, timeout=60)
    next(stream)
    return stream


def workers_of(service: Service) -> list[int]:
    """Returns the processes that a service has started."""
    pid = service.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    return [int(child) for child in children.split()]


def is_running(pid: int) -> bool:
    """Returns whether a process has not ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2][0]
    except FileNotFoundError:
        return False
    return state != "Z"


def await_true(claim: Callable[[], bool], seconds: float = 60) -> None:
    """Returns once the claim holds."""
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)


def await_answers(service: Service, count: int) -> None:
    """Returns once this many new connections in a row reach a server that is serving."""
    answered = 0
    end = time.monotonic() + 30
    while answered < count:
        assert time.monotonic() < end, "the service does not answer"
        with service.client() as client:
            answered = answered + 1 if client.health() == SERVING else 0


def await_serving(service: Service, count: int) -> None:
    """Returns once this many processes have said that they take calls."""
    await_true(lambda: len(service.events("serving")) >= count)


def edit(config: Path, old: str, new: str) -> None:
    """Writes something else into a file."""
    text = config.read_text("utf-8")
    assert old in text
    config.write_text(text.replace(old, new), "utf-8")


def served(config: Path, address: str) -> tuple[int, str]:
    """Returns the exit code of a service that ends by itself, and what it said."""
    command = [sys.executable, "-m", "ownid_grpc", "serve"]
    command += ["--config", str(config), "--listen", address]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return ended.returncode, ended.stderr
