"""A service that tells all it can, over a database with some people."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ownid_grpc.bootstrap import Application
from ownid_grpc.config import load_config
from ownid_grpc.reporting import open_telemetry
from ownid_grpc.telemetry.logs import new_logger
from tests.operations.scraping import Scrape, scrape
from tests.support.logs import captured_logs
from tests.support.people import SCHEMA, People, place_of
from tests.support.service import SERVING, Client, client_of, free_address, write_config


@dataclass(frozen=True)
class Observed:
    """A service within this process, a client of it, and where it tells what."""

    address: str
    client: Client
    people: People
    metrics: str
    log: io.StringIO
    audit: Path

    def scrape(self) -> Scrape:
        """Fetches the metrics."""
        return scrape(self.metrics)

    def audited(self) -> list[dict[str, Any]]:
        """Returns the lines of the audit log."""
        return [json.loads(line) for line in self.audit.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    """Gives a service that takes calls, its schema set."""
    with place_of("sqlite") as place, place.people() as people:
        people.fill(20_000)
        with serving(tmp_path_factory.mktemp("observed"), people) as running:
            yield running


@contextmanager
def serving(folder: Path, people: People, more: str = "") -> Iterator[Observed]:
    """Runs the service for as long as the block; `more` is what its ownid.yaml says too."""
    metrics = free_address()
    server = f"listen: '127.0.0.1:0', drain_seconds: 0, metrics: {{listen: '{metrics}'}}"
    path = write_config(folder, people.mapping(), server=server)
    path.write_text(path.read_text("utf-8") + "audit: {file: audit.jsonl}\n" + more, "utf-8")
    config = load_config(path)
    with captured_logs() as log, open_telemetry(config, new_logger()) as telemetry:
        application = Application(config, telemetry)
        address = application.start()
        try:
            with client_of(address) as client:
                client.await_health(SERVING, "app/shop")
                client.set_schema(SCHEMA)
                yield Observed(address, client, people, metrics, log, folder / "audit.jsonl")
        finally:
            application.hurry()
            application.drain()
