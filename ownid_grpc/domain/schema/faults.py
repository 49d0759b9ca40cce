"""Faults of a schema, and of a profile, as a caller reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ownid_grpc.domain.account import PROFILE
from ownid_grpc.errors import Violation

MAX_FAULTS = 100
"""More faults than these are not worth a caller's time, nor the size of the answer."""

Place: TypeAlias = tuple[str | int, ...]
"""A place within a profile: property names, and indexes of arrays."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a value: where, by which rule, and what would be right.

    `origin` is the way through the schema to the rule: with the place it tells
    one fault from another.
    """

    place: Place
    rule: str
    description: str
    origin: Place = ()

    @property
    def identity(self) -> tuple[Place, str, Place]:
        """What tells one fault from another of the same profile."""
        return self.place, self.rule, self.origin


def schema_violation(pointer: str, rule: str, description: str) -> Violation:
    """Returns a fault of the schema at a JSON Pointer."""
    return Violation(f"account_schema.json_schema#{pointer}", rule, description)


def profile_violation(place: Place, rule: str, description: str) -> Violation:
    """Returns a fault of a profile: `account.profile.address.lines[2]`."""
    return Violation(f"account.{PROFILE}{written(place)}", rule, description)


def written(place: Place) -> str:
    """Returns a place as people write it below the profile: `.address.lines[2]`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)


def listed(names: Sequence[str], most: int = 10) -> str:
    """Returns names as people list them, the first ones of many."""
    shown = ", ".join(names[:most])
    return f"{shown}, …" if len(names) > most else shown
