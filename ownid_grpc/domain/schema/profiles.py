"""What a schema makes of a profile beside validating it: its part of it, defaults, places."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

from ownid_grpc.domain.account import JsonValue, Profile
from ownid_grpc.domain.schema.faults import Place
from ownid_grpc.domain.schema.numbers import is_same
from ownid_grpc.domain.schema.shapes import Shape


class _Absent:
    """What stands at a place where nothing is."""


_ABSENT = _Absent()


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
            if shape.is_open:
                kept[name] = member
        elif with_write_only or not inner.notes.is_write_only:
            kept[name] = part_of(member, inner, with_write_only=with_write_only)
    return kept


def unknown_places(value: JsonValue, shape: Shape, place: Place = ()) -> Iterator[Place]:
    """Yields the places of members that the schema does not have."""
    if isinstance(value, list) and shape.items is not None:
        for index, item in enumerate(value):
            yield from unknown_places(item, shape.items, (*place, index))
    if not isinstance(value, dict):
        return
    for name, member in value.items():
        inner = shape.members.get(name, shape.others)
        if inner is not None:
            yield from unknown_places(member, inner, (*place, name))
        elif not shape.is_open:
            yield (*place, name)


def names_at(shape: Shape, place: Place) -> list[str]:
    """Returns the members that the schema has at a place."""
    for step in place:
        inner = shape.items if isinstance(step, int) else shape.members.get(step, shape.others)
        if inner is None:
            return []
        shape = inner
    return list(shape.members)


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


@dataclass(frozen=True, slots=True)
class Defaults:
    """The defaults of an object's members, and of the members of those that are given."""

    values: Profile
    within: dict[str, "Defaults"]

    @classmethod
    def of(cls, shape: Shape) -> "Defaults":
        """Returns the defaults that a shape has; read-only members are not for us to fill."""
        members = {
            name: member for name, member in shape.members.items() if not member.notes.is_read_only
        }
        within = {name: cls.of(member) for name, member in members.items()}
        return cls(
            {name: each.default for name, each in members.items() if each.default is not None},
            {name: defaults for name, defaults in within.items() if defaults},
        )

    def __bool__(self) -> bool:
        return bool(self.values or self.within)

    def filled(self, profile: Profile) -> Profile:
        """Returns `profile` with a default for each absent member that has one."""
        if not self:
            return profile
        given = dict(profile)
        for name in self.values.keys() - given.keys():
            given[name] = copy.deepcopy(self.values[name])
        for name, defaults in self.within.items():
            member = given.get(name)
            if isinstance(member, dict):
                given[name] = defaults.filled(member)
        return given
