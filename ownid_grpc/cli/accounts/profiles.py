"""Profiles and masks as they are written on the command line."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ownid_grpc.cli.documents import STDIN, parse_value, read_profile_argument
from ownid_grpc.cli.errors import UsageError

_SEGMENT = r"(?:[^`.=]+?|`(?:[^`]|``)+`)"
_TARGET = rf"(?P<path>{_SEGMENT}(?:\.{_SEGMENT})*?)(?P<sign>:?=)"
_ASSIGNMENT = re.compile(rf"{_TARGET}(?P<value>.*)", re.DOTALL)
_SEGMENTS = re.compile(r"`(?:[^`]|``)+`|[^`.]+", re.DOTALL)
_MASK_PATH = re.compile(r"(?:`(?:[^`]|``)*`|[^`,])+", re.DOTALL)
_ACCOUNT_FIELDS = {"*", "name", "profile", "etag", "disabled", "create_time", "update_time"}


@dataclass(frozen=True, slots=True)
class Target:
    """A property that is given a text: as it is, or the value that it is in JSON."""

    path: str
    is_json: bool

    @classmethod
    def of(cls, name: str) -> "Target | None":
        """Returns what `name` or `name:=` means, None for what names no property."""
        found = re.fullmatch(_TARGET, name if name.endswith(":=") else f"{name}=", re.DOTALL)
        return cls._found(found) if found else None

    @classmethod
    def assigned(cls, assignment: str) -> "tuple[Target, str]":
        """Returns what `name=text` or `name:=json` means; raises `UsageError`."""
        found = _ASSIGNMENT.fullmatch(assignment)
        if found is None:
            forms = "name=text, name:=json, an object in JSON, @file or -"
            raise UsageError(f"An argument is none of {forms}: {assignment}")
        return cls._found(found), found["value"]

    def fill(self, profile: dict[str, Any], text: str) -> None:
        """Gives the property of a profile its value; raises `UsageError`, which has no value."""
        *parents, last = [_plain(segment) for segment in _SEGMENTS.findall(self.path)]
        holder = profile
        for name in parents:
            holder = holder.setdefault(name, {})
            if not isinstance(holder, dict):
                raise UsageError(f"{self.path} lies in something that is no object.")
        holder[last] = parse_value(text, f"The value of {self.path}") if self.is_json else text

    @classmethod
    def _found(cls, found: re.Match[str]) -> "Target":
        return cls(found["path"], is_json=found["sign"] == ":=")


def read_profile(arguments: Sequence[str]) -> dict[str, Any]:
    """Returns the profile that arguments make: at most one whole one, and assignments over it."""
    profile: dict[str, Any] | None = None
    assignments = []
    for argument in arguments:
        if argument != STDIN and not argument.startswith(("@", "{")):
            assignments.append(argument)
        elif profile is None:
            profile = read_profile_argument(argument, "The profile")
        else:
            raise UsageError("Give one profile in JSON at most.")
    profile = {} if profile is None else profile
    for assignment in assignments:
        target, text = Target.assigned(assignment)
        target.fill(profile, text)
    return profile


def mask_paths(text: str) -> list[str]:
    """Returns the paths of a mask, each property below `profile` whether it says so or not."""
    return [_below_profile(path) for path in split_names(text)]


def split_names(text: str) -> list[str]:
    """Returns the paths between the commas of a text."""
    paths = [path.strip() for path in _MASK_PATH.findall(text)]
    return [path for path in paths if path]


def _below_profile(path: str) -> str:
    first, *_ = _SEGMENTS.findall(path) or [path]
    return path if first in _ACCOUNT_FIELDS else f"profile.{path}"


def _plain(segment: str) -> str:
    return segment[1:-1].replace("``", "`") if segment.startswith("`") else segment
