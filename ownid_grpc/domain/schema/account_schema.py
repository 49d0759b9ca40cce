"""An app's account schema: what its accounts are, and what may be written to them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import MappingProxyType

from ownid_grpc.domain.account import JsonValue, LoginId, Profile, PropertyPath, dotted, value_at
from ownid_grpc.domain.schema.agreement import find_disagreements
from ownid_grpc.domain.schema.compilation import CompiledSchema, compile_schema
from ownid_grpc.domain.schema.document import pointer_of
from ownid_grpc.domain.schema.faults import (
    MAX_FAULTS,
    Fault,
    Place,
    listed,
    profile_violation,
    schema_violation,
)
from ownid_grpc.domain.schema.numbers import is_same, with_plain_numbers
from ownid_grpc.domain.schema.profiles import (
    is_untouched,
    known_steps,
    names_at,
    part_of,
    unknown_places,
    with_complete,
)
from ownid_grpc.domain.schema.properties import SchemaProperty
from ownid_grpc.domain.schema.vocabulary import IMMUTABLE
from ownid_grpc.domain.schema.wire import from_wire, shown
from ownid_grpc.domain.source import SourceDescription
from ownid_grpc.errors import InvalidArgument, Reason, Violation

_MOST_COMPARED = 10_000
"""Faults of an account, before and after a change, that are held against each other."""


@dataclass(frozen=True, slots=True, eq=False)
class AccountSchema:
    """A JSON Schema 2020-12 of an account's profile, compiled once; safe between threads.

    An account has the properties that the schema defines and no others,
    whether or not it says `additionalProperties`. Objects within it are as
    JSON Schema has it: open, until the schema or the source closes them.
    """

    document: Mapping[str, JsonValue]
    properties: Mapping[PropertyPath, SchemaProperty]
    login_ids: tuple[LoginId, ...]
    _compiled: CompiledSchema

    @classmethod
    def parse(cls, document: Mapping[str, JsonValue]) -> "AccountSchema":
        """Returns the schema; raises `InvalidArgument` with a violation for each fault.

        The field of each is a JSON Pointer within the schema, prefixed with
        `account_schema.json_schema#`.
        """
        compiled = compile_schema(dict(document))
        properties = {each.path: each for each in compiled.properties}
        return cls(
            document={name: with_plain_numbers(value) for name, value in document.items()},
            properties=MappingProxyType(properties),
            login_ids=tuple(each.login_id for each in properties.values() if each.login_id),
            _compiled=compiled,
        )

    def held_by(self, source: SourceDescription) -> "AccountSchema":
        """Returns the schema of accounts that live in `source`.

        An object that the source stores member by member has no place for
        members that the schema does not name.
        """
        places = {place.path for place in source.properties}
        around = {path[:length] for path in places for length in range(1, len(path))}
        shape = with_complete(self._compiled.shape, around - places)
        return replace(self, _compiled=replace(self._compiled, shape=shape))

    def disagreements(self, source: SourceDescription) -> list[Violation]:
        """Returns where the schema promises what `source` cannot hold or give."""
        faults = find_disagreements(self._compiled.shape, source)
        for path in self._compiled.unusable_defaults:
            pointer = self.properties[path].pointer + pointer_of("default")
            complaint = f"{dotted(path)} could not be this: its own schema refuses it"
            faults.append(schema_violation(pointer, "default", complaint))
        return faults

    def faults(self, profile: Profile) -> tuple[Violation, ...]:
        """Returns what is wrong with a stored profile by the schema, never its values.

        What the schema does not have is left aside: it is not part of the account.
        """
        found = self._compiled.stored.faults_unless_valid(self._part_of(profile))
        return _violations(found)

    def broken_rules(self, profile: Profile) -> frozenset[tuple[str, str]]:
        """Returns the JSON Pointers in a stored profile that break a rule, each with the rule.

        Nothing of the profile is in a pointer: `*` stands for an index, and
        for a member that the schema does not name.
        """
        found = self._compiled.stored.faults_unless_valid(self._part_of(profile))
        shape = self._compiled.shape
        return frozenset(
            (pointer_of(*known_steps(shape, fault.place)), fault.rule) for fault in found
        )

    def profile_from_wire(self, value: Mapping[str, JsonValue]) -> Profile:
        """Returns the profile that a Struct's `value` means; a property that is null is absent.

        Raises `InvalidArgument` for what is no number, and for an integer that
        should have come as a decimal string.
        """
        faults: list[Violation] = []
        profile = from_wire(dict(value), self._compiled.shape, (), faults)
        _refuse_any(faults)
        return profile if isinstance(profile, dict) else {}

    def shown(self, profile: Profile) -> Profile:
        """Returns what may be shown of `profile`, as a Struct holds it.

        Numbers that a double would bend are text.
        """
        value = shown(profile, self._compiled.shape)
        return value if isinstance(value, dict) else {}

    def accept_new(self, profile: Profile) -> Profile:
        """Returns the profile to make an account of, with defaults.

        Raises `InvalidArgument` with every fault: invalid by the schema,
        unknown to it, or read-only. A read-only property may be required all
        the same: it is the database that gives it.
        """
        completed = self._compiled.defaults.filled(profile)
        known = self._part_of(completed)
        given = [path for path in self._compiled.read_only if value_at(known, path) is not None]
        wrong = self._compiled.given.faults_unless_valid(known)
        faults = [
            *self._unknown(unknown_places(completed, self._compiled.shape)),
            *(profile_violation(path, "readOnly", "is read-only") for path in given),
            *_violations(wrong),
        ]
        _refuse_any(faults)
        return completed

    def accept_change(self, before: Profile, after: Profile) -> None:
        """Returns where an account may change so; else raises `InvalidArgument`.

        Faults that the account had before may stay where they are untouched.
        What is read-only, or set once and for all, must stay as it is.
        """
        shape = self._compiled.shape
        unknown = [
            place
            for place in unknown_places(after, shape)
            if not is_untouched(before, after, place)
        ]
        faults = [
            *self._unknown(unknown),
            *_changed(before, after, self._compiled.read_only, "readOnly", "is read-only"),
            *_changed(before, after, self._compiled.immutable, IMMUTABLE, "is set only once"),
            *_violations(self._new_faults(self._part_of(before), self._part_of(after))),
        ]
        _refuse_any(faults)

    def visible(self, profile: Profile) -> Profile:
        """Returns what may be shown of `profile`: what the schema has, but is not write-only."""
        return self._part_of(profile, with_write_only=False)

    def _part_of(self, profile: Profile, *, with_write_only: bool = True) -> Profile:
        part = part_of(profile, self._compiled.shape, with_write_only=with_write_only)
        return part if isinstance(part, dict) else {}

    def _new_faults(self, before: Profile, after: Profile) -> list[Fault]:
        stored = self._compiled.stored
        found = stored.faults_unless_valid(after, _MOST_COMPARED)
        if not found:
            return []
        had = {fault.identity for fault in stored.faults_unless_valid(before, _MOST_COMPARED)}
        return [
            fault
            for fault in found
            if fault.identity not in had or not is_untouched(before, after, fault.place)
        ]

    def _unknown(self, places: Iterator[Place] | Sequence[Place]) -> Iterator[Violation]:
        for place in places:
            known = names_at(self._compiled.shape, place[:-1])
            nearest = get_close_matches(str(place[-1]), known, 1)
            hint = f"did you mean {nearest[0]}?" if nearest else f"known are: {listed(known)}"
            yield profile_violation(place, "unknown", f"is not in the account schema; {hint}")


def _violations(faults: Sequence[Fault]) -> tuple[Violation, ...]:
    violations = [profile_violation(fault.place, fault.rule, fault.description) for fault in faults]
    return tuple(dict.fromkeys(violations))


def _changed(
    before: Profile, after: Profile, paths: Sequence[PropertyPath], rule: str, description: str
) -> Iterator[Violation]:
    for path in paths:
        if not is_same(value_at(before, path), value_at(after, path)):
            yield profile_violation(path, rule, description)


def _refuse_any(faults: Sequence[Violation]) -> None:
    if not faults:
        return
    more = f" There are {len(faults)} faults." if len(faults) > 1 else ""
    raise InvalidArgument(
        Reason.PROFILE_INVALID,
        f"The profile is not valid: {faults[0].field} {faults[0].description}.{more}",
        {"faults": str(len(faults))},
        tuple(faults[:MAX_FAULTS]),
    )
