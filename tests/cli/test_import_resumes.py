"""`ownid-grpc accounts import` that breaks off: what it says, and how it goes on."""

import json
import signal
import stat
import subprocess
from pathlib import Path
from typing import IO

import pytest

from ownid_grpc.cli.accounts.import_places import ImportPlace
from tests.cli.importing import GOOD, failures_in, lines_of, profiles
from tests.cli.running import Commands
from tests.support.shop import Shop


def pipes_of(process: "subprocess.Popen[bytes]") -> tuple[IO[bytes], IO[bytes]]:
    """Returns the stdin and the stderr of a command."""
    assert process.stdin is not None
    assert process.stderr is not None
    return process.stdin, process.stderr


def test_import_that_breaks_says_where_it_stood(shop: Shop, commands: Commands) -> None:
    """When the service gives out, the message says from which line on to import the rest."""
    with commands.start("accounts", "import", "-", stdin=subprocess.PIPE) as process:
        given, said = pipes_of(process)
        given.write(lines_of(*GOOD[:3], {"email": "bad"}).encode())
        given.flush()
        assert b'"line":4' in said.readline()
        shop.store.is_down = True

        given.write(lines_of(GOOD[3]).encode())
        given.close()

        assert b"--from-line 5" in said.read()
        assert process.wait(20) == 3
    assert profiles(shop) == GOOD[:3]


def test_interrupted_import_says_where_it_stood(commands: Commands) -> None:
    """Ctrl-C ends an import at once, and says from which line on to import the rest."""
    with commands.start("accounts", "import", "-", stdin=subprocess.PIPE) as process:
        given, said = pipes_of(process)
        given.write(lines_of({"email": "bad"}).encode())
        given.flush()
        assert b'"line":1' in said.readline()

        process.send_signal(signal.SIGINT)

        assert b"--from-line 2" in said.read()
        assert process.wait(20) == 130


def test_import_that_broke_goes_on_when_run_again(
    shop: Shop, commands: Commands, tmp_path: Path
) -> None:
    """With --resume the same command goes on, and counts and reports each line once."""
    file = tmp_path / "accounts.jsonl"
    bad = {"email": "bad"}
    file.write_text(lines_of(GOOD[0], bad, GOOD[1], bad, GOOD[2]) + "{oops\n", "utf-8")
    again = ("accounts", "import", str(file), "--upsert", "--resume")
    progress, failures = Path(f"{file}.progress"), Path(f"{file}.failures")
    place = ImportPlace(str(file), "apps/shop")
    # As a kill leaves it: two lines answered, a third made, and more reports than were due.
    place.save(2, created=1, updated=0)
    commands.printed("accounts", "import", "-", text=lines_of(GOOD[0], GOOD[1]))
    failures.write_text(lines_of({"line": 2}, {"line": 4}) + '{"line":', "utf-8")

    result = commands.run(*again)

    assert json.loads(result.stdout) == {"created": 2, "updated": 1, "failed": 3}
    failed = failures_in(failures.read_text("utf-8"))
    assert sorted(each["line"] for each in failed) == [2, 4, 6]
    assert profiles(shop) == GOOD[:3]
    assert not progress.exists()


def test_import_that_breaks_remembers_where_it_stood(
    shop: Shop, commands: Commands, tmp_path: Path
) -> None:
    """When the service gives out, the same command goes on once it is back."""
    file = tmp_path / "accounts.jsonl"
    file.write_text(lines_of(*GOOD), "utf-8")
    again = ("accounts", "import", str(file), "--upsert", "--resume")
    ImportPlace(str(file), "apps/shop").save(1, created=1, updated=0)
    shop.store.is_down = True

    broken = commands.run(*again)
    shop.store.is_down = False
    whole = commands.run(*again)

    assert broken.exit_code == 3
    assert "from line 2 on: the same command again" in broken.stderr
    assert json.loads(whole.stdout) == {"created": 5, "updated": 0, "failed": 0}
    assert profiles(shop) == GOOD[1:]


def test_import_of_another_file_is_not_gone_on_with(commands: Commands, tmp_path: Path) -> None:
    """A file that has changed since, or a place that says nothing, is refused."""
    file = tmp_path / "accounts.jsonl"
    file.write_text(lines_of(GOOD[0]), "utf-8")
    ImportPlace(str(file), "apps/shop").save(1, created=1, updated=0)
    file.write_text(lines_of(*GOOD), "utf-8")

    changed = commands.run("accounts", "import", str(file), "--upsert", "--resume")
    Path(f"{file}.progress").write_text("[]")
    odd = commands.run("accounts", "import", str(file), "--upsert", "--resume")

    assert (changed.exit_code, odd.exit_code) == (2, 2)
    assert "has changed" in changed.stderr.replace("\n", " ")
    assert "to begin anew" in odd.stderr.replace("\n", " ")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["-", "--upsert"], "needs a file"),
        (["a.jsonl"], "goes with --upsert"),
        (["a.jsonl", "--upsert", "--validate-only"], "goes neither"),
        (["a.jsonl", "--upsert", "--from-line", "2"], "goes neither"),
        (["nowhere.jsonl", "--upsert"], "No such file"),
    ],
    ids=str,
)
def test_import_that_cannot_be_gone_on_with_is_refused(
    commands: Commands, words: list[str], complaint: str
) -> None:
    """--resume needs what finds again the lines that were imported without an answer."""
    result = commands.run("accounts", "import", *words, "--resume")

    assert result.exit_code == 2
    assert complaint in result.stderr.replace("\n", " ")


def test_only_the_caller_may_read_what_an_import_leaves(
    shop: Shop, commands: Commands, tmp_path: Path
) -> None:
    """What failed and how far it got is for whoever ran it, also when it is run again."""
    file = tmp_path / "accounts.jsonl"
    file.write_text(lines_of({"email": "bad"}, GOOD[0]), "utf-8")
    again = ("accounts", "import", str(file), "--upsert", "--resume")
    left = [Path(f"{file}.failures"), Path(f"{file}.progress")]
    commands.run(*again)
    ImportPlace(str(file), "apps/shop").save(1, created=0, updated=0)
    shop.store.is_down = True

    broken = commands.run(*again)

    assert broken.exit_code == 3
    assert [stat.S_IMODE(each.stat().st_mode) for each in left] == [0o600, 0o600]
