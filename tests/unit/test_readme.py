"""What the README shows works as written."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.support.service import free_address

README = Path(__file__).parents[2] / "README.md"

SETUP = "ownid-grpc keys new backoffice >> ownid.yaml"


def blocks(language: str) -> list[str]:
    """Returns the blocks of code that the README has in a language."""
    return re.findall(rf"```{language}\n(.*?)```", README.read_text("utf-8"), re.DOTALL)


def test_steps_in_front_of_a_database_work(tmp_path: Path) -> None:
    """The commands of the README, pasted one after the other, end with accounts found."""
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute(
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, mail TEXT UNIQUE, st CHAR(1))"
        )
        database.execute("INSERT INTO customers VALUES (1, 'ada@example.com', 'A')")
        database.commit()
    (words,) = blocks("yaml")
    (steps,) = (block for block in blocks("console") if SETUP in block)
    address = free_address()
    (tmp_path / "ownid.yaml").write_text(f"server: {{listen: '{address}'}}\n{words}", "utf-8")
    # A person would see the server come up.
    waiting = "until ownid-grpc schema infer > first.json 2> log; do sleep 0.2; done"
    script = steps.replace("ownid-grpc schema infer", f"{waiting}\nownid-grpc schema infer", 1)

    ran = subprocess.run(
        [shutil.which("bash") or "", "-c", f"set -m\n{script}\nkill %1; wait"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "OWNID_ADDRESS": address,
            "SHOP_DATABASE_URL": f"sqlite:///{tmp_path / 'shop.db'}",
        },
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert '"email":"ada@example.com"' in ran.stdout.splitlines()[-1], ran.stderr
