"""Profiles and masks as they are written on the command line."""

import re
from collections.abc import Sequence
from typing import Any

from ownid_grpc.cli.documents import STDIN, parse_value, read_profile_argument
from ownid_grpc.cli.errors import UsageError

_SEGMENT = r"(?:[^`.=]+?|`(?:[^`]|``)+`)"
_ASSIGNMENT = re.compile(
    rf"(?P<path>{_SEGMENT}(?:\.{_SEGMENT})*?)(?P<sign>:?=)(?P<value>.*)", re.DOTALL
)
_SEGMENTS = re.compile(r"`(?:[^`]|``)+`|[^`.]+", re.DOTALL)
_MASK_PATH = re.compile(r"(?:`(?:[^`]|``)*`|[^`,])+", re.DOTALL)
_ACCOUNT_FIELDS = {"*", "name", "profile", "etag", "disabled", "create_time", "update_time"}


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
        _assign(profile, assignment)
    return profile


def mask_paths(text: str) -> list[str]:
    """Returns the paths of a mask, each property below `profile` whether it says so or not."""
    return [_below_profile(path) for path in split_names(text)]


def split_names(text: str) -> list[str]:
    """Returns the paths between the commas of a text."""
    paths = [path.strip() for path in _MASK_PATH.findall(text)]
    return [path for path in paths if path]


def _assign(profile: dict[str, Any], assignment: str) -> None:
    found = _ASSIGNMENT.fullmatch(assignment)
    if found is None:
        forms = "name=text, name:=json, an object in JSON, @file or -"
        raise UsageError(f"An argument is none of {forms}: {assignment}")
    path, value = found["path"], found["value"]
    *parents, last = [_plain(segment) for segment in _SEGMENTS.findall(path)]
    holder = profile
    for name in parents:
        holder = holder.setdefault(name, {})
        if not isinstance(holder, dict):
            raise UsageError(f"{path} lies in something that is no object.")
    is_json = found["sign"] == ":="
    holder[last] = parse_value(value, f"The value of {path}") if is_json else value


def _below_profile(path: str) -> str:
    first, *_ = _SEGMENTS.findall(path) or [path]
    return path if first in _ACCOUNT_FIELDS else f"profile.{path}"


def _plain(segment: str) -> str:
    return segment[1:-1].replace("``", "`") if segment.startswith("`") else segment
