"""What docs/inspect.md shows works as written."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.support.service import free_address

GUIDE = Path(__file__).parents[2] / "docs" / "inspect.md"


def block(language: str) -> str:
    """Returns the one block of code that the guide has in a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    return str(found)


def test_steps_of_the_guide_work(tmp_path: Path) -> None:
    """The commands, pasted one after the other, describe the example as shown and serve it."""
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.executescript(block("sql"))
    address = free_address()
    # A person would see the server come up; and where it listens is not for the guide to say.
    serving = f"ownid-grpc serve --listen {address} 2> log &"
    waiting = "until ownid-grpc schema infer > first.json 2> log; do sleep 0.2; done"
    script = block("console").replace("ownid-grpc serve &", f"cp ownid.yaml first.yaml; {serving}")
    script = script.replace("ownid-grpc schema set", f"{waiting}\nownid-grpc schema set", 1)

    ran = subprocess.run(
        [shutil.which("bash") or "", "-c", f"set -m\n{script}\nkill %1; wait"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "OWNID_ADDRESS": address,
        },
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert '"city":"London"' in ran.stdout.splitlines()[-1], ran.stderr
    described = (tmp_path / "first.yaml").read_text("utf-8")
    assert described.partition("callers:")[0] == block("yaml")
