"""`ownid-grpc inspect` on a terminal, where it asks what nothing tells."""

import os
import pty
import sqlite3
import subprocess
from contextlib import closing, suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ownid_grpc.cli import app
from ownid_grpc.config.document import read_document
from tests.cli.running import PROGRAM, ROOT

TABLES = """
CREATE TABLE members (id INTEGER PRIMARY KEY, email TEXT UNIQUE, joined_at BIGINT);
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT UNIQUE, joined_at BIGINT);
"""


def on_terminal(folder: Path, *options: str, typed: str) -> tuple[int, str]:
    """Runs the command on a terminal; returns its exit code and what it shows."""
    with closing(sqlite3.connect(folder / "crm.db")) as database:
        database.executescript(TABLES)
    ours, theirs = pty.openpty()
    command = [*PROGRAM, "inspect", f"sqlite:///{folder / 'crm.db'}", "--output", str(folder)]
    with subprocess.Popen(
        [*command, *options], cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        os.write(ours, typed.encode())
        shown = b""
        # Linux says EIO where the other end of a terminal is gone.
        with suppress(OSError):
            while piece := os.read(ours, 65536):
                shown += piece
    os.close(ours)
    return process.returncode, shown.decode()


def test_it_asks_where_it_is_unsure(tmp_path: Path) -> None:
    """The app, one of two tables alike, and the unit of a count; an answer of no sense again."""
    code, shown = on_terminal(tmp_path, typed="\nx\n9\n2\n3\n")

    assert code == 0, shown
    assert "What is the app called [crm]" in shown
    assert "Which table holds the accounts?" in shown
    values = read_document((tmp_path / "ownid.yaml").read_text("utf-8"), {"CRM_DATABASE_URL": ""})
    assert isinstance(values.values, dict)
    words = values.values["apps"]["crm"]["repository"]
    assert words["table"] == "members"
    assert words["create_time"]["encoding"] == "epoch_millis"


def test_it_asks_nothing_where_told_so(tmp_path: Path) -> None:
    """With --yes the likeliest is taken."""
    code, shown = on_terminal(tmp_path, "--yes", typed="")

    assert code == 0, shown
    assert "?" not in shown
    assert "table: customers" in (tmp_path / "ownid.yaml").read_text("utf-8")


@pytest.mark.parametrize("url", ["geheim", "oracle://u:geheim@h/d", "mysql://u:p@ss:geheim@h/d"])
def test_url_of_no_known_database_is_not_quoted(url: str, tmp_path: Path) -> None:
    """A URL may hold a password, so that what is wrong with it is said without it."""
    refused = CliRunner().invoke(app, ["inspect", url, "--output", str(tmp_path), "--yes"])

    assert refused.exit_code == 2
    assert "This is no URL of sqlite, postgresql, mariadb or mysql." in refused.stderr
    assert "geheim" not in f"{refused.output} {refused.exception}"
