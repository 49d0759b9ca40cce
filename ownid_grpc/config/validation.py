"""Says in the operator's words what pydantic finds wrong, on the lines where it is."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ownid_grpc.config.faults import ConfigFault, Lines

_Place: TypeAlias = tuple[int | str, ...]

_MESSAGES = {
    "extra_forbidden": "is no word that is known here",
    "missing": "is missing",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "frozen_set_type": "must be a list",
    "string_type": "must be text",
}

_OF_SHAPE = {*_MESSAGES, "literal_error", "bool_type", "bool_parsing"}
"""Errors that say: this was meant as something else."""


def faults_of(
    error: ValidationError, lines: Lines, path: Sequence[str] = ()
) -> tuple[ConfigFault, ...]:
    """Returns the faults of what stands below `path`; never with a value that stands there."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    placed = [((*path, *each["loc"]), each) for each in details]
    meant = [
        (place, each) for place, each in placed if not _is_about_its_items(place, each, placed)
    ]
    return tuple(_fault(place, each, lines) for place, each in _meant_branches(meant, lines))


def _fault(place: _Place, details: ErrorDetails, lines: Lines) -> ConfigFault:
    text = details["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    message = _MESSAGES.get(details["type"], text[:1].lower() + text[1:])
    fault = lines.fault(place, message)
    if details["type"] == "missing":
        return ConfigFault(fault.line, (*fault.path, str(place[-1])), message)
    return fault


def _is_about_its_items(
    place: _Place, details: ErrorDetails, placed: Sequence[tuple[_Place, ErrorDetails]]
) -> bool:
    """Returns whether a list is too short only since what is in it is wrong."""
    is_above = any(len(other) > len(place) and other[: len(place)] == place for other, _ in placed)
    return details["type"] == "too_short" and is_above


def _meant_branches(
    placed: Sequence[tuple[_Place, ErrorDetails]], lines: Lines
) -> Iterator[tuple[_Place, ErrorDetails]]:
    """Yields, where a word may be one of several things, the errors of that it looks most like."""
    unions: Mapping[_Place, dict[object, list[tuple[_Place, ErrorDetails]]]] = defaultdict(dict)
    for place, details in placed:
        at = _branch_of(place, details, lines)
        branch = place[at] if at < len(place) else None
        unions[place[:at]].setdefault(branch, []).append((place, details))
    for branches in unions.values():
        yield from branches.pop(None, ())
        if branches:
            fewest = min(_strangeness(errors) for errors in branches.values())
            for errors in branches.values():
                yield from errors if _strangeness(errors) == fewest else ()


def _branch_of(place: _Place, details: ErrorDetails, lines: Lines) -> int:
    """Returns where in `place` the first name stands that is not in the file."""
    end = len(place) - 1 if details["type"] == "missing" else len(place)
    for index in range(end):
        if len(lines.written(place[: index + 1])) <= index:
            return index
    return len(place)


def _strangeness(errors: Sequence[tuple[_Place, ErrorDetails]]) -> int:
    return sum(details["type"] in _OF_SHAPE for _, details in errors)
