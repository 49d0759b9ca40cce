"""What a schema makes of a profile beside validating it: its part of it, defaults, places."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from ownid_grpc.domain.account import JsonValue, Profile, PropertyPath
from ownid_grpc.domain.schema.faults import Place
from ownid_grpc.domain.schema.numbers import is_same
from ownid_grpc.domain.schema.shapes import Shape


class _Absent:
    """What stands at a place where nothing is."""


_ABSENT = _Absent()


def with_complete(shape: Shape, paths: Collection[PropertyPath]) -> Shape:
    """Returns the shape of accounts that have at `paths` the members named, and no others."""
    inner: dict[str, list[PropertyPath]] = {}
    for path in paths:
        if path:
            inner.setdefault(path[0], []).append(path[1:])
    members = {
        name: with_complete(member, inner[name]) if name in inner else member
        for name, member in shape.members.items()
    }
    return replace(shape, members=members, is_complete=shape.is_complete or () in paths)


def part_of(value: JsonValue, shape: Shape, *, with_write_only: bool = True) -> JsonValue:
    """Returns what the schema has of `value`, with or without what is only written."""
    if isinstance(value, list):
        items = shape.items
        if items is None:
            return value
        return [part_of(item, items, with_write_only=with_write_only) for item in value]
    if not isinstance(value, dict):
        return value
    kept: Profile = {}
    for name, member in value.items():
        inner = shape.members.get(name, shape.others)
        if inner is None:
            if not shape.is_complete:
                kept[name] = member
        elif with_write_only or not inner.notes.is_write_only:
            kept[name] = part_of(member, inner, with_write_only=with_write_only)
    return kept


def unknown_places(value: JsonValue, shape: Shape, place: Place = ()) -> Iterator[Place]:
    """Yields the places of members that the schema does not have, and an account cannot."""
    if isinstance(value, list) and shape.items is not None:
        for index, item in enumerate(value):
            yield from unknown_places(item, shape.items, (*place, index))
    if not isinstance(value, dict):
        return
    for name, member in value.items():
        inner = shape.members.get(name, shape.others)
        if inner is not None:
            yield from unknown_places(member, inner, (*place, name))
        elif shape.is_complete:
            yield (*place, name)


def names_at(shape: Shape, place: Place) -> list[str]:
    """Returns the members that the schema has at a place."""
    for step in place:
        inner = shape.items if isinstance(step, int) else shape.members.get(step, shape.others)
        if inner is None:
            return []
        shape = inner
    return list(shape.members)


def known_steps(shape: Shape, place: Place) -> list[str]:
    """Returns a place as the schema knows it: `*` for an index, and for what it does not name."""
    steps: list[str] = []
    here: Shape | None = shape
    for step in place:
        is_named = here is not None and isinstance(step, str) and step in here.members
        steps.append(str(step) if is_named else "*")
        if here is not None:
            is_index = isinstance(step, int)
            here = here.items if is_index else here.members.get(str(step), here.others)
    return steps


def is_untouched(before: Profile, after: Profile, place: Place) -> bool:
    """Returns whether the value at a place is the same in both, or an object in both.

    Objects are never written as a whole, so that a fault of an object that it
    had before is not for the one to answer who changed another of its members.
    """
    one, other = _value_at(before, place), _value_at(after, place)
    if isinstance(one, _Absent) or isinstance(other, _Absent):
        return one is other
    return (isinstance(one, dict) and isinstance(other, dict)) or is_same(one, other)


def _value_at(value: JsonValue, place: Place) -> JsonValue | _Absent:
    for step in place:
        inner: JsonValue | _Absent = _ABSENT
        if isinstance(value, dict) and isinstance(step, str):
            inner = value.get(step, _ABSENT)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            inner = value[step]
        if isinstance(inner, _Absent):
            return inner
        value = inner
    return value
