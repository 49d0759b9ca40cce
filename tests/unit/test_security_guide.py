"""Holds docs/security.md to naming tests that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/security.md").read_text("utf-8")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_every_threat_names_its_test() -> None:
    """Each line of a table of threats ends with a test."""
    tables = GUIDE.split("## Spoofing")[1]
    lines = [line for line in tables.splitlines() if re.match(r"\| (?!threat|---)", line)]

    assert len(lines) >= 60
    assert [line for line in lines if not TEST.search(line.rsplit("|", 2)[1])] == []


def test_every_test_is_there() -> None:
    """Each test that is named is one of its file."""
    named = TEST.findall(GUIDE)

    assert [f"{path}::{name}" for path, name in named if not _defines(ROOT / path, name)] == []


def _defines(path: Path, name: str) -> bool:
    return path.exists() and f"def {name}(" in path.read_text("utf-8")
