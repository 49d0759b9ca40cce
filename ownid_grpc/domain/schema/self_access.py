"""What a schema lets the signed-in user see and change of the own account (`x-ownid-self`)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ownid_grpc.domain.account import JsonValue, Profile, PropertyPath, value_at
from ownid_grpc.domain.schema.account_schema import AccountSchema
from ownid_grpc.domain.schema.numbers import is_same
from ownid_grpc.domain.schema.writing_out import SchemaWriter

_READ = frozenset(("read", "write", "write-once"))
NONE = "none"


@dataclass(frozen=True, slots=True)
class SelfAccess:
    """The user's rights by property; a place that no property names is as the one around it.

    A property that by a reference holds what it stands in itself, some of
    which is hidden, is hidden too: else the one would be seen through the other.
    """

    schema: AccountSchema
    rights: Mapping[PropertyPath, str]
    write_only: frozenset[PropertyPath]
    branches: frozenset[PropertyPath]

    @classmethod
    def of(cls, schema: AccountSchema) -> "SelfAccess":
        """Returns the rights that a schema gives."""
        paths = schema.properties
        branches = frozenset(path[:length] for path in paths for length in range(len(path)))
        hidden = _leading_back(schema, branches)
        return cls(
            schema,
            {path: NONE if path in hidden else each.self_access for path, each in paths.items()},
            frozenset(path for path, each in paths.items() if each.is_write_only),
            branches,
        )

    @property
    def known(self) -> tuple[PropertyPath, ...]:
        """The properties that the user knows of: those to be read or written."""
        known = {path for path, right in self.rights.items() if right != NONE}
        return tuple(path for path in self.rights if self._holds_any(path, known))

    def readable(self) -> frozenset[PropertyPath]:
        """Returns the places that may be shown, none of which holds another."""
        return frozenset(
            path
            for path, right in self.rights.items()
            if path not in self.branches and right in _READ and path not in self.write_only
        )

    def visible(self, profile: Profile) -> Profile:
        """Returns what the user may see of a profile."""
        return self._visible(self.schema.visible(profile), (), NONE)

    def writable(self, profile: Profile) -> list[PropertyPath]:
        """Returns the places that the user may change in an account that has this profile."""
        return [
            path
            for path in self.rights
            if path not in self.branches and self.may_write(path, profile)
        ]

    def may_write(self, path: PropertyPath, profile: Profile) -> bool:
        """Returns whether the user may change a place, as it is now."""
        right = self.right_at(path)
        return right == "write" or (right == "write-once" and value_at(profile, path) is None)

    def right_at(self, path: PropertyPath) -> str:
        """Returns what the user may do with a place, `none` being nothing at all."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.rights:
                return self.rights[path[:length]]
        return NONE

    def places_in(self, profile: Profile, at: PropertyPath = ()) -> Iterator[PropertyPath]:
        """Yields the places of all that a profile has, null and empty objects included."""
        for name, value in profile.items():
            path = (*at, name)
            if isinstance(value, dict) and path in self.branches and value:
                yield from self.places_in(value, path)
            else:
                yield path

    def changes(
        self, before: JsonValue, after: JsonValue, at: PropertyPath = ()
    ) -> Iterator[PropertyPath]:
        """Yields the places at which two profiles differ."""
        if at not in self.branches:
            if not is_same(before, after):
                yield at
            return
        these = before if isinstance(before, dict) else {}
        those = after if isinstance(after, dict) else {}
        for name in dict.fromkeys((*these, *those)):
            yield from self.changes(these.get(name), those.get(name), (*at, name))

    def _visible(self, members: Profile, at: PropertyPath, around: str) -> Profile:
        shown: Profile = {}
        for name, value in members.items():
            path = (*at, name)
            right = self.rights.get(path, around)
            if path in self.write_only:
                continue
            if isinstance(value, dict) and path in self.branches:
                inner = self._visible(value, path, right)
                if inner:
                    shown[name] = inner
            elif right in _READ:
                shown[name] = value
        return shown

    def _holds_any(self, path: PropertyPath, known: set[PropertyPath]) -> bool:
        if path not in self.branches:
            return path in known
        return any(each[: len(path)] == path for each in known if each not in self.branches)


def _leading_back(
    schema: AccountSchema, branches: frozenset[PropertyPath]
) -> frozenset[PropertyPath]:
    """Returns the properties that hold what they stand in, where some of it may not be seen."""
    leaves = {path: each for path, each in schema.properties.items() if path not in branches}
    unseen = {
        each.pointer for each in leaves.values() if each.self_access == NONE or each.is_write_only
    }
    writer = SchemaWriter(schema.document)
    reached = {path: writer.reached(each.pointer) for path, each in leaves.items()}
    return frozenset(
        path
        for path, pointers in reached.items()
        if leaves[path].pointer in pointers and not pointers.isdisjoint(unseen)
    )
