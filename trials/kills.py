"""Kills workers and the whole service in mid-write, and looks after each at what is left.

`python -m trials.kills --count 200 --database postgresql`, or mariadb.
"""

import argparse
import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.cli.served import await_true, workers_of
from tests.support.people import SCHEMA, People, place_of
from tests.support.service import SERVING, Service, free_address, running_service, write_config
from trials.writers import Writer

WRITERS = 6
WORKERS = 2
WHOLE_EVERY = 5
"""Every so many kills it is the whole service, else one worker."""

_MOMENT_SECONDS = 0.03
_ROWS = """SELECT p.id, p.email, p.score, h.city FROM people p
LEFT JOIN homes h ON h.person_id = p.id"""
_ORPHANS = "SELECT count(*) FROM homes WHERE person_id NOT IN (SELECT id FROM people)"
_REQUESTS = "SELECT count(*), count(result) FROM ownid_request_ids"


@dataclass
class Trial:
    """The people, the service before them, who writes, and what was found."""

    people: People
    config: Path
    address: str
    writers: list[Writer]
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def run(self, count: int, *, is_patient: bool) -> None:
        """Kills so many times; at last waits until no creation is open, if it `is_patient`."""
        for done in range(0, count, WHOLE_EVERY):
            with self._served() as service:
                if done:
                    self._check()
                for number in range(done + 1, min(done + WHOLE_EVERY, count) + 1):
                    is_whole = number % WHOLE_EVERY == 0
                    self._kill(service, is_whole=is_whole)
                    if not is_whole:
                        self._check()
        with self._served():
            self._check()
            if is_patient:
                self._settle()

    @contextmanager
    def _served(self) -> Iterator[Service]:
        with running_service(self.config, self.address) as service, service.client() as client:
            client.await_health(SERVING, "app/shop", seconds=200)
            yield service

    def _kill(self, service: Service, *, is_whole: bool) -> None:
        await_true(lambda: len(workers_of(service)) == WORKERS, 200)
        self._await_writes(3)
        time.sleep(random.uniform(0, _MOMENT_SECONDS))
        workers = workers_of(service)
        self.counts["writes under way"] += sum(writer.is_writing for writer in self.writers)
        doomed = [service.process.pid, *workers] if is_whole else [random.choice(workers)]
        for pid in doomed:
            os.kill(pid, signal.SIGKILL)
        self.counts["services killed" if is_whole else "workers killed"] += 1

    def _await_writes(self, count: int) -> None:
        """Returns once each writer has written so often since."""
        before = [writer.acknowledged for writer in self.writers]
        for writer in self.writers:
            writer.resume()
        await_true(
            lambda: all(
                writer.acknowledged >= wrote + count
                for writer, wrote in zip(self.writers, before, strict=True)
            ),
            120,
        )

    def _check(self) -> None:
        self._await_writes(1)
        for writer in self.writers:
            writer.pause()
        random.choice(self.writers).replay()
        self.counts["looked at"] += 1
        self._check_accounts()
        self._check_requests()

    def _check_accounts(self) -> None:
        rows = self.people.rows(_ROWS)
        found = {str(email): (f"apps/shop/accounts/{key}", score) for key, email, score, _ in rows}
        self._hold(len(found) == len(rows), "an account is there twice")
        for _, _, score, city in rows:
            self._hold(city == f"c{score}", "a write is half done")
        self._hold(self.people.rows(_ORPHANS) == [(0,)], "a city has no person")
        for writer in self.writers:
            for account in writer.accounts:
                is_there = found.pop(account.email, None) == (account.name, account.score)
                self._hold(is_there, "an acknowledged write is lost")
            for email, _ in writer.open.values():
                found.pop(email, None)
        self._hold(not found, "an account is there for which nobody has asked")

    def _check_requests(self) -> None:
        kept, finished = map(int, map(str, self.people.rows(_REQUESTS)[0]))
        made = sum(len(writer.accounts) for writer in self.writers)
        not_known = sum(len(writer.open) for writer in self.writers)
        self._hold(made <= finished <= kept <= made + not_known, "the store's requests are others")

    def _settle(self) -> None:
        for writer in self.writers:
            writer.pause()
            self.counts["creations open at the end"] += len(writer.open)
            writer.settle()
            self._hold(not writer.open, "a creation cannot be settled")
        self._check_accounts()
        self._check_requests()

    def _hold(self, claim: bool, otherwise: str) -> None:  # noqa: FBT001 - it is the claim
        if not claim:
            self.faults.append(otherwise)


def run_trial(kind: str, count: int, *, is_patient: bool = True) -> tuple[Counter[str], list[str]]:
    """Returns the figures of so many kills, and what must not be and was."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="ownid-kills-")))
        people = opened.enter_context(opened.enter_context(place_of(kind)).people())
        server = f"workers: {WORKERS}, connection_seconds: 2, drain_seconds: 1"
        config = write_config(folder, people.mapping(), server=server, state=people.url)
        address = free_address()
        with running_service(config, address) as service, service.client() as client:
            client.await_health(SERVING, "app/shop", seconds=200)
            client.set_schema(SCHEMA)
        trial = Trial(people, config, address, [Writer(address) for _ in range(WRITERS)])
        threads = [threading.Thread(target=each.run, daemon=True) for each in trial.writers]
        for thread in threads:
            thread.start()
        try:
            # What was found until Ctrl-C is told all the same.
            with suppress(KeyboardInterrupt):
                trial.run(count, is_patient=is_patient)
        finally:
            for writer in trial.writers:
                writer.end()
        for writer in trial.writers:
            trial.counts += writer.counts
            trial.faults += writer.faults
        return trial.counts, trial.faults


def main() -> None:
    """Runs the trial, and says what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=200, help="how many kills")
    parser.add_argument("--database", default="postgresql", choices=["postgresql", "mariadb"])
    options = parser.parse_args()
    began = time.monotonic()
    counts, faults = run_trial(options.database, options.count)
    for name, number in sorted(counts.items()):
        print(f"{number:8} {name}")
    print(f"{time.monotonic() - began:8.0f} seconds\n{len(faults):8} faults")
    for fault, number in Counter(faults).items():
        print(f"{number:8} times: {fault}")
    raise SystemExit(bool(faults))


if __name__ == "__main__":
    main()
