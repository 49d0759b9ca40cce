"""Holds what is installed to being what was pinned."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "requirements"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.name)
def test_every_file_is_pinned_by_its_checksum(path: Path) -> None:
    """Each package has one version and a checksum; a changed file would not be installed."""
    entries = re.split(r"\n(?=[a-z])", re.sub(r"(?m)^\s*#.*\n", "", path.read_text("utf-8")))

    assert len(entries) > 10
    assert [
        each
        for each in entries
        if not re.match(r"[\w.\[\],-]+==\S+[^\n]*\\\n +--hash=sha256:\w{64}", each)
    ] == []
