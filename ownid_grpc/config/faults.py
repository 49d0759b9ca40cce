"""What can be wrong with ownid.yaml, each fault with its line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

WordPath: TypeAlias = tuple[str, ...]
"""A word's place in the file: `("apps", "shop", "repository", "table")`."""


@dataclass(frozen=True, slots=True)
class ConfigFault:
    """One thing that is wrong, and where; `line` counts from 1, 0 is no line."""

    line: int
    path: WordPath
    message: str


class ConfigError(Exception):
    """Everything that is wrong with the configuration, in the order of its lines."""

    def __init__(self, faults: Sequence[ConfigFault], source: str = "ownid.yaml") -> None:
        self.faults = tuple(sorted(set(faults), key=lambda fault: (fault.line, fault.path)))
        self.source = source
        super().__init__("\n".join(described(fault, source) for fault in self.faults))


def described(fault: ConfigFault, source: str) -> str:
    """Returns one line: `ownid.yaml:12: apps.shop.repository.table: is missing`."""
    place = f"{source}:{fault.line}" if fault.line else source
    return ": ".join(part for part in (place, ".".join(fault.path), fault.message) if part)


@dataclass(frozen=True, slots=True)
class Lines:
    """On which line each word of a file stands."""

    numbers: Mapping[WordPath, int] = field(default_factory=dict)

    def line_of(self, path: Sequence[object]) -> int:
        """Returns the line of a word, or of the nearest word above it; 0 where none is known."""
        return self.numbers.get(self.written(path), 0)

    def written(self, path: Sequence[object]) -> WordPath:
        """Returns `path` less what is not in the file, such as the name of a union's branch."""
        found: WordPath = ()
        for name in path:
            below = (*found, word_of(name))
            if below in self.numbers:
                found = below
        return found

    def fault(self, path: Sequence[object], message: str) -> ConfigFault:
        """Returns a fault at the nearest word of `path` that is in the file."""
        return ConfigFault(self.line_of(path), self.written(path), message)


def word_of(key: object) -> str:
    """Returns a key as YAML writes it, so that a path reads like the file."""
    if key is None:
        return "null"
    return str(key).lower() if isinstance(key, bool) else str(key)
