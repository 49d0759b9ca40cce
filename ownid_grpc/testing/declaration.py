"""What a repository says that it can do and hold, before anybody asks it."""

from dataclasses import dataclass, field

from ownid_grpc.domain.account import (
    CREATE_TIME,
    DISABLED,
    PROFILE,
    UPDATE_TIME,
    FieldPath,
    Profile,
    PropertyPath,
    value_at,
    with_value,
)
from ownid_grpc.domain.predicates import And, Not, Or, Predicate, Query
from ownid_grpc.domain.source import Capability
from ownid_grpc.testing.standard import PROPERTIES

NO_CHOSEN_KEYS = frozenset(Capability) - {Capability.CHOOSE_KEY}

_EMAIL: PropertyPath = ("email",)
_PATHS = frozenset(each.path for each in PROPERTIES)


@dataclass(frozen=True)
class Declaration:
    """What the suite holds a repository of standard accounts to.

    Everything, with keys that the store makes, unless it says otherwise.
    `capabilities` are those that `describe` answers with. `lacking` are the
    standard properties for which there is no place, never the email.
    `has_limits` says that texts and numbers are limited as `PROPERTIES` has it.
    """

    capabilities: frozenset[Capability] = NO_CHOSEN_KEYS
    lacking: frozenset[PropertyPath] = field(default_factory=frozenset)
    has_create_time: bool = True
    has_update_time: bool = True
    has_limits: bool = True

    def __post_init__(self) -> None:
        """Raises `ValueError` for properties that cannot be lacking."""
        unknown = self.lacking - (_PATHS - {_EMAIL})
        if unknown:
            raise ValueError(f"no standard property that could be lacking: {sorted(unknown)}")

    @property
    def held(self) -> frozenset[PropertyPath]:
        """The standard properties that there is a place for."""
        return _PATHS - self.lacking

    def cut(self, profile: Profile) -> Profile:
        """Returns as much of a standard profile as there is a place for."""
        for path in self.lacking:
            if value_at(profile, path) is not None:
                profile = with_value(profile, path, None)
        return profile

    def missing_in(self, profile: Profile) -> frozenset[PropertyPath]:
        """Returns the standard properties of a profile that there is no place for."""
        return frozenset(path for path in self.lacking if value_at(profile, path) is not None)

    def holds(self, path: FieldPath) -> bool:
        """Returns whether an account has a place for a field, or for anything below it."""
        if path[0] == PROFILE:
            return any(each[: len(path) - 1] == path[1:] for each in self.held)
        return {
            DISABLED: Capability.DISABLE in self.capabilities,
            CREATE_TIME: self.has_create_time,
            UPDATE_TIME: self.has_update_time,
        }.get(path, True)

    def answers(self, query: Query) -> bool:
        """Returns whether a query is about nothing that is lacking."""
        fields = {*fields_of(query.predicate), *(term.path for term in query.order)}
        return all(self.holds(path) for path in fields)


def fields_of(predicate: Predicate) -> frozenset[FieldPath]:
    """Returns the fields that a filter looks at."""
    match predicate:
        case And(operands) | Or(operands):
            return frozenset[FieldPath]().union(*map(fields_of, operands))
        case Not(operand):
            return fields_of(operand)
        case other:
            return frozenset({other.path})
