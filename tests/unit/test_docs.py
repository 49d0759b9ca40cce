"""Holds docs/ to having every word of the configuration."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from ownid_grpc.config import callers, gateway, limits, models, sessions, telemetry
from ownid_grpc.domain import (
    mapping,
    mapping_assignments,
    mapping_joins,
    mapping_properties,
    mapping_words,
)

DOCS = Path(__file__).parents[2] / "docs"


def words_of(module: object) -> Iterator[str]:
    """Yields the words of every model that a module defines."""
    for each in vars(module).values():
        if isinstance(each, type) and issubclass(each, BaseModel) and each is not callers.KeyFile:
            for name, field in each.model_fields.items():
                yield field.alias or name


@pytest.mark.parametrize(
    ("document", "module"),
    [
        ("configuration.md", models),
        ("configuration.md", callers),
        ("configuration.md", sessions),
        ("configuration.md", gateway),
        ("configuration.md", limits),
        ("configuration.md", telemetry),
        ("mapping.md", mapping),
        ("mapping.md", mapping_assignments),
        ("mapping.md", mapping_joins),
        ("mapping.md", mapping_properties),
        ("mapping.md", mapping_words),
    ],
)
def test_every_word_is_documented(document: str, module: object) -> None:
    """A word that the operator may write stands in its guide."""
    text = (DOCS / document).read_text("utf-8")
    words, known = set(words_of(module)), set(re.findall(r"\w+", text))

    assert words
    assert sorted(words - known) == []


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    """A link from one guide leads to a file that is there."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text("utf-8"))

    assert [link for link in links if not (path.parent / link).exists()] == []
