"""The defaults of a schema: what an account gets that is made without a property."""

import copy
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ownid_grpc.domain.account import Profile, PropertyPath
from ownid_grpc.domain.schema.shapes import Shape
from ownid_grpc.domain.schema.validation import Validation

_CONDITIONAL = frozenset(
    ("anyOf", "dependencies", "dependentSchemas", "else", "not", "oneOf", "then")
)
"""Keywords under which a fault may be another property's."""

_MOST_FAULTS = 10_000


@dataclass(frozen=True, slots=True)
class Defaults:
    """The defaults of an object's members, and of the members of those that are given."""

    values: Profile
    within: dict[str, "Defaults"]

    @classmethod
    def of(
        cls, shape: Shape, but: Collection[PropertyPath] = (), path: PropertyPath = ()
    ) -> "Defaults":
        """Returns the defaults that a shape has, but those at the paths `but`.

        Read-only members are not for us to fill, and some can have no value.
        """
        values: Profile = {}
        within: dict[str, Defaults] = {}
        for name, member in shape.members.items():
            here = (*path, name)
            if member.notes.is_read_only or not member.types:
                continue
            if member.default is not None and here not in but:
                values[name] = member.default
            inner = cls.of(member, but, here)
            if inner:
                within[name] = inner
        return cls(values, within)

    def __bool__(self) -> bool:
        return bool(self.values or self.within)

    def paths(self, path: PropertyPath = ()) -> Iterator[PropertyPath]:
        """Yields the properties that have a default."""
        for name in self.values:
            yield (*path, name)
        for name, defaults in self.within.items():
            yield from defaults.paths((*path, name))

    def everywhere(self) -> Profile:
        """Returns a profile of all defaults, those of members of absent objects too."""
        profile: Profile = {name: inner.everywhere() for name, inner in self.within.items()}
        return {**profile, **copy.deepcopy(self.values)}

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


def unusable_defaults(defaults: Defaults, validation: Validation) -> tuple[PropertyPath, ...]:
    """Returns the properties whose default their own schema refuses."""
    faulty = {
        fault.place
        for fault in validation.faults_unless_valid(defaults.everywhere(), _MOST_FAULTS)
        if not _CONDITIONAL.intersection(fault.origin)
    }
    within = {place[:length] for place in faulty for length in range(1, len(place) + 1)}
    return tuple(path for path in defaults.paths() if path in within)
