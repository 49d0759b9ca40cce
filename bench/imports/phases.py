"""What is measured on one database: single creates, an import, two that are killed, an export."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from ownid.v1.account_service_pb2 import CreateAccountRequest

from bench.imports.commands import Commands
from bench.imports.people import APP, SCHEMA, Tables, check_people, profile_of
from bench.imports.usage import Usage, spent_seconds, watched
from tests.support.keys import bearer
from tests.support.people import Place
from tests.support.service import SERVING, Service, running_service, write_config


@dataclass(frozen=True)
class Phase:
    """One piece of work, and what it took; no client where the benchmark itself was it."""

    name: str
    accounts: int
    seconds: float
    database_cpu_seconds: float
    service: Usage
    client: Usage | None = None

    @property
    def is_single(self) -> bool:
        """Whether a call made each account, not a command many."""
        return self.client is None

    @property
    def rate(self) -> float:
        """Accounts a second."""
        return self.accounts / self.seconds


@dataclass(frozen=True)
class Bench:
    """The work on one database, with a file of `count` people; each import into empty tables."""

    place: Place
    folder: Path
    file: Path
    count: int

    def singles(self, count: int, callers: int) -> Phase:
        """Makes people by single calls."""
        with self._serving(is_empty=True) as service, service.client() as client:
            work = partial(_create, client.accounts.CreateAccount)
            shares = [range(each, count, callers) for each in range(callers)]
            workers = [threading.Thread(target=work, args=(share,)) for share in shares]
            with self._measured(service) as measured:
                for worker in workers:
                    worker.start()
                for worker in workers:
                    worker.join()
        self._tables.check(count)
        name = "single creates" if callers == 1 else f"single creates, {callers} at once"
        return measured.phase(name, count)

    def imported(self) -> Phase:
        """Imports the file."""
        with self._serving(is_empty=True) as service, self._measured(service) as measured:
            counts, client = self._commands(service).run("import", str(self.file))
        self._check_import(counts)
        return measured.phase("import", self.count, client)

    def killed_client(self) -> Phase:
        """Kills an import halfway and runs it again."""
        with self._serving(is_empty=True) as service:
            self._kill_halfway(service, lambda pid: os.kill(pid, signal.SIGKILL))
            return self._resumed("import, rest after kill -9 of the client", service)

    def killed_service(self) -> Phase:
        """Kills the service halfway in an import, starts it and runs the import again."""
        with self._serving(is_empty=True) as service:
            self._kill_halfway(service, lambda _: service.process.kill())
        with self._serving() as service:
            return self._resumed("import, rest after kill -9 of the service", service)

    def exported(self) -> Phase:
        """Exports everybody who is there."""
        target = self.folder / "exported.jsonl"
        with self._serving() as service, self._measured(service) as measured:
            counts, client = self._commands(service).run("export", str(target))
        with target.open("rb") as lines:
            check_people((json.loads(line)["profile"] for line in lines), self.count)
        if counts != {"exported": self.count}:
            raise ValueError(f"The export counts {counts}.")
        return measured.phase("export", self.count, client)

    def _resumed(self, name: str, service: Service) -> Phase:
        progress = Path(f"{self.file}.progress")
        done = json.loads(progress.read_bytes())["line"] if progress.exists() else 0
        with self._measured(service) as measured:
            counts, client = self._commands(service).run("import", *self._resumable)
        self._check_import(counts)
        return measured.phase(name, self.count - done, client)

    def _kill_halfway(self, service: Service, kill: Callable[[int], None]) -> None:
        def is_due() -> bool:
            return self._tables.last_key() >= self.count // 2

        self._commands(service).run_until(is_due, kill, "import", *self._resumable)

    def _check_import(self, counts: dict[str, int]) -> None:
        self._tables.check(self.count)
        if counts["failed"] or counts["created"] + counts["updated"] != self.count:
            raise ValueError(f"The import counts {counts}.")

    @property
    def _resumable(self) -> list[str]:
        return [str(self.file), "--upsert", "--resume"]

    @cached_property
    def _tables(self) -> Tables:
        return Tables(self.place.kind, self.place.url)

    def _commands(self, service: Service) -> Commands:
        return Commands(service.address, self.folder)

    @contextmanager
    def _serving(self, *, is_empty: bool = False) -> Iterator[Service]:
        if is_empty:
            self._tables.make()
        config = write_config(self.folder, APP.format(url=self.place.url))
        with running_service(config) as service, service.client() as client:
            client.await_health(SERVING, "app/shop")
            if is_empty:
                client.set_schema(SCHEMA)
            yield service

    @contextmanager
    def _measured(self, service: Service) -> Iterator["_Measured"]:
        server = self.place.server
        with watched(service.process.pid) as usage:
            started, before = time.monotonic(), spent_seconds(server.pid) if server else 0
            measured = _Measured(usage)
            yield measured
            measured.seconds = time.monotonic() - started
            if server:
                measured.database_cpu_seconds = spent_seconds(server.pid) - before


@dataclass
class _Measured:
    service: Usage
    seconds: float = 0
    database_cpu_seconds: float = 0

    def phase(self, name: str, accounts: int, client: Usage | None = None) -> Phase:
        return Phase(name, accounts, self.seconds, self.database_cpu_seconds, self.service, client)


def _create(call: Any, numbers: Iterable[int]) -> None:  # noqa: ANN401 - a method of a stub
    metadata = bearer()
    for number in numbers:
        account = {"profile": profile_of(number)}
        request = CreateAccountRequest(parent="apps/shop", account=account)
        call(request, metadata=metadata, timeout=60)
