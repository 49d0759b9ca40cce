"""Exports that are killed and run again: every account in the file once."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.load.conftest import POSTGRESQL, SQLITE, Load
from tests.support.keys import token

COUNT = 20_000

_WAIT_SECONDS = 30


def await_file(path: Path) -> None:
    """Waits until a file is there."""
    end = time.monotonic() + _WAIT_SECONDS
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [SQLITE, POSTGRESQL])
def test_export_that_is_killed_and_run_again_has_each_account_once(
    load: Load, tmp_path: Path, kind: str
) -> None:
    """After kills -9 in the middle the file has every account once, in order."""
    loaded = load(kind, COUNT)
    file = tmp_path / "people.jsonl"
    progress = Path(f"{file}.progress")
    command = [sys.executable, "-m", "ownid_grpc", "accounts", "export", str(file), "--resume"]
    environment = {
        **os.environ,
        "OWNID_ADDRESS": loaded.service.address,
        "OWNID_APP": "shop",
        "OWNID_TOKEN": token(),
    }
    for _ in range(2):
        with subprocess.Popen(command, env=environment) as process:
            await_file(progress)
            seen = progress.read_bytes()
            while progress.read_bytes() == seen:
                time.sleep(0.005)
            process.kill()
            assert process.wait(_WAIT_SECONDS) == -signal.SIGKILL
        assert not file.exists()

    done = subprocess.run(command, env=environment, capture_output=True, timeout=100, check=True)

    assert json.loads(done.stdout) == {"exported": COUNT}
    with file.open(encoding="utf-8") as lines:
        names = [json.loads(line)["name"] for line in lines]
    assert names == [f"apps/shop/accounts/{number}" for number in range(1, COUNT + 1)]
