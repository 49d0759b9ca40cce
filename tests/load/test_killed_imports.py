"""Imports by the command that are killed, client or service, and run again: each account once."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.load.conftest import POSTGRESQL, SQLITE, Load, Loaded
from tests.support.keys import token
from tests.support.service import SERVING, Service, running_service

COUNT = 20_000
FAULTY = 100
"""Every so many lines one fails."""

_WAIT_SECONDS = 30


def write_people(path: Path) -> None:
    """Writes the file to import, some of its lines faulty."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(COUNT):
            profile = {"email": f"p{number}@example.com", "name": "n", "team": "t", "city": "Rome"}
            if number % FAULTY == 0:
                del profile["name"]
            file.write(f"{json.dumps(profile)}\n")


class Importing:
    """The command, whose import can be killed and run again."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.failures = Path(f"{file}.failures")

    def start(self, address: str) -> "subprocess.Popen[bytes]":
        """Starts it."""
        command = [sys.executable, "-m", "ownid_grpc", "accounts", "import", str(self.file)]
        return subprocess.Popen(
            [*command, "--upsert", "--resume"],
            env={**os.environ, "OWNID_ADDRESS": address, "OWNID_APP": "shop"}
            | {"OWNID_TOKEN": token()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


def await_people(loaded: Loaded, count: int) -> None:
    """Waits until so many people are in the database."""
    end = time.monotonic() + _WAIT_SECONDS
    while there(loaded).total() < count:
        assert time.monotonic() < end
        time.sleep(0.02)


def there(loaded: Loaded) -> Counter[object]:
    """Returns how often each email is in the database."""
    return Counter(email for (email,) in loaded.people.rows("SELECT email FROM people"))


def kill_client(importing: Importing, loaded: Loaded, service: Service) -> None:
    """Kills the command in the middle."""
    with importing.start(service.address) as process:
        await_people(loaded, there(loaded).total() + COUNT // 5)
        process.kill()
        assert process.wait(_WAIT_SECONDS) == -signal.SIGKILL


def kill_service(importing: Importing, loaded: Loaded, service: Service) -> None:
    """Kills the service in the middle; the command says how to go on."""
    with importing.start(service.address) as process:
        await_people(loaded, there(loaded).total() + COUNT // 5)
        service.process.kill()
        _, said = process.communicate(timeout=_WAIT_SECONDS)
        assert process.returncode == 3, said
        assert b"the same command again" in said


@pytest.mark.slow
@pytest.mark.parametrize("kind", [SQLITE, POSTGRESQL])
def test_import_that_is_killed_and_run_again_makes_each_account_once(
    load: Load, tmp_path: Path, kind: str
) -> None:
    """After a kill -9 of the client, of the service, and of the client, every line counts once."""
    loaded = load(kind)
    importing = Importing(tmp_path / "people.jsonl")
    write_people(importing.file)
    kills: list[Callable[[Importing, Loaded, Service], None]] = [kill_client, kill_service]
    for kill in kills:
        kill(importing, loaded, loaded.service)

    with running_service(loaded.config) as service, service.client() as client:
        client.await_health(SERVING, "app/shop")
        kill_client(importing, loaded, service)
        with importing.start(service.address) as process:
            stdout, stderr = process.communicate(timeout=100)

    assert process.returncode == 1, stderr
    counts = json.loads(stdout)
    good = [number for number in range(COUNT) if number % FAULTY]
    assert there(loaded) == {f"p{number}@example.com": 1 for number in good}
    assert loaded.people.rows("SELECT count(*) FROM homes") == [(len(good),)]
    assert counts["created"] + counts["updated"] == len(good)
    failed = [json.loads(line) for line in importing.failures.read_text("utf-8").splitlines()]
    assert sorted(each["line"] for each in failed) == [*range(1, COUNT + 1, FAULTY)]
    assert {each["reason"] for each in failed} == {"PROFILE_INVALID"}
