"""What the guides show of ownid.yaml, as the words that it is made of."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ownid_grpc.config.document import read_document
from ownid_grpc.config.faults import word_of

DOCS = Path(__file__).parents[2] / "docs"


class _Unfilled(Mapping[str, str]):
    """An environment that leaves each variable as it is written."""

    def __getitem__(self, name: str) -> str:
        return f"${{{name}}}"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def as_json(text: str) -> object:
    """Returns what YAML says as an editor takes it: in values of JSON, its variables unfilled."""
    document = read_document(text, _Unfilled())
    assert not document.faults
    return json_of(document.values)


def json_of(value: object) -> object:
    """Returns plain values with what JSON does not have, dates and odd keys, as text."""
    if isinstance(value, dict):
        return {word_of(key): json_of(below) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [json_of(below) for below in value]
    return value if isinstance(value, str | int | float | None) else str(value)


def blocks(guide: str) -> Iterator[str]:
    """Yields the YAML of a guide, block by block."""
    yield from re.findall(r"```yaml\n(.*?)```", (DOCS / guide).read_text("utf-8"), re.DOTALL)


def mapping_examples() -> Iterator[tuple[str, str, bool]]:
    """Yields what docs/mapping.md shows: a line each where words are alternatives, else a block.

    The first line of each, which names it, comes first, and whether the words
    are properties last.
    """
    for block in blocks("mapping.md"):
        is_listed = block.startswith(("key: ", "delete: "))
        for example in block.splitlines() if is_listed else [block]:
            yield example.splitlines()[0], example, block in _of_property()


def _of_property() -> str:
    return (DOCS / "mapping.md").read_text("utf-8").split("## A property")[1]
