"""Holds the repository to everything that the port promises."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ownid_jsonl import open_repository

from ownid_grpc.testing import PROPERTIES, Backend, Declaration, RepositorySuite

WORDS: dict[object, object] = {
    "file": "accounts.jsonl",
    "properties": {
        ".".join(each.path): {
            "kind": each.kind,
            "required": not each.can_be_absent,
            "unique": each.is_unique,
        }
        for each in PROPERTIES
    },
}


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    """Gives a file for one test."""
    file = tmp_path / "accounts.jsonl"

    @contextmanager
    def outage() -> Iterator[None]:
        elsewhere = file.rename(tmp_path / "gone")
        yield
        elsewhere.rename(file)

    with Backend(
        open=lambda: open_repository(WORDS, tmp_path),
        clear=lambda: file.write_text("", "utf-8"),
        declared=Declaration(has_limits=False),
        outage=outage,
    ) as backend:
        yield backend


class TestJsonlRepository(RepositorySuite):
    """The suite, over a file."""
