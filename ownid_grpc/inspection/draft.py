"""The mapping as it is guessed: words of ownid.yaml, each with its reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Word: TypeAlias = object
"""What YAML can say."""


@dataclass(frozen=True, slots=True)
class Guess:
    """Words of the mapping, and why they were chosen.

    Of a property, `schema` is what the account schema says beyond what the
    mapping tells by itself; a keyword that is None is taken out of it.
    """

    words: Word
    reason: str = ""
    schema: Mapping[str, object] = field(default_factory=dict)
    is_required: bool = False

    def __post_init__(self) -> None:
        """Writes a column alone in its short form."""
        if isinstance(self.words, dict) and self.words.keys() == {"column"}:
            object.__setattr__(self, "words", self.words["column"])


@dataclass(slots=True)
class Draft:
    """One app's repository; what has no place in it is listed with its reason.

    `own` are the words beside the properties: disabled, create_time,
    update_time, version, delete.
    """

    table: Guess
    key: Guess
    joins: dict[str, Guess] = field(default_factory=dict)
    properties: dict[str, Guess] = field(default_factory=dict)
    own: dict[str, Guess] = field(default_factory=dict)
    on_create: dict[str, Guess] = field(default_factory=dict)
    on_write: dict[str, Guess] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def words(self, url: str) -> dict[str, object]:
        """Returns the words of the repository."""
        return {
            "type": "sql",
            "url": url,
            "table": self.table.words,
            "key": self.key.words,
            **{
                name: {each: guess.words for each, guess in group.items()}
                for name, group in self.groups()
                if group
            },
            **{name: guess.words for name, guess in self.own.items()},
        }

    def groups(self) -> Iterator[tuple[str, dict[str, Guess]]]:
        """Yields the words that have words below them."""
        yield "joins", self.joins
        yield "properties", self.properties
        yield "on_create", self.on_create
        yield "on_write", self.on_write

    def name_for(self, wanted: str, fallback: str) -> str:
        """Returns a name that no property has yet, nor any within or around it."""
        for name in (wanted, fallback):
            if not any(_overlap(name, other) for other in self.properties):
                return name
        number = 2
        while any(_overlap(f"{fallback}_{number}", other) for other in self.properties):
            number += 1
        return f"{fallback}_{number}"


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
