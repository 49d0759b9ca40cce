"""What docs/import.md shows works as written."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.running import Commands

GUIDE = Path(__file__).parents[2] / "docs" / "import.md"


def test_commands_of_the_guide_work(
    commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command, run after those before it, does what it says."""
    blocks = re.findall(r"```console\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    shown = [shlex.split(line, comments=True) for line in "".join(blocks).splitlines()]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.jsonl").write_text('{"email": "ada@example.com", "loyalty": 5}\n')

    for program, *arguments in shown:
        assert program == "ownid-grpc"
        commands.printed(*arguments)

    assert len(shown) > 3
    assert (tmp_path / "people.csv").read_text().endswith("\nada@example.com,,,5\n")
