"""What a schema says of one place in a profile, and how two sayings go together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias, TypeVar

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.schema.numbers import exact, is_among

Number: TypeAlias = int | float | Decimal
Values: TypeAlias = tuple[JsonValue, ...]

T = TypeVar("T")

FRACTION = "fraction"
"""A number that is no integer: `number` is `integer` and this."""

ALL_TYPES = frozenset(("array", "boolean", "integer", FRACTION, "null", "object", "string"))

_SELF_ACCESS = ("none", "read", "write-once", "write")
"""What a signed-in user may do, the least first."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What the annotations of a place say; None where none says it."""

    login_id: bool | str | None = None
    self_access: str | None = None
    is_immutable: bool | None = None
    is_searchable: bool | None = None
    is_read_only: bool | None = None
    is_write_only: bool | None = None

    def with_notes(self, other: "Notes") -> "Notes":
        """Returns both together; where they differ, what restricts more."""
        access = {self.self_access, other.self_access}
        return Notes(
            self.login_id or other.login_id,
            next((each for each in _SELF_ACCESS if each in access), None),
            self.is_immutable or other.is_immutable,
            False if False in (self.is_searchable, other.is_searchable) else None,
            self.is_read_only or other.is_read_only,
            self.is_write_only or other.is_write_only,
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value at a place may be.

    `members` are those that are named. `others` is what any further member may
    be, None where the schema does not speak of such; `is_closed` where it
    says that there are none. `is_complete` says that an account has no others
    here, whatever the schema says. `values` are the only ones allowed.
    `origins` are the subschemas that say all this, the first one to the fore.
    """

    types: frozenset[str] = ALL_TYPES
    format: str | None = None
    members: Mapping[str, "Shape"] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    others: "Shape | None" = None
    is_closed: bool = False
    is_complete: bool = False
    items: "Shape | None" = None
    default: JsonValue = None
    values: Values | None = None
    minimum_length: int = 0
    minimum: Number | None = None
    maximum: Number | None = None
    notes: Notes = Notes()
    origins: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the schema counts on members that it does not name.

        Not where it names members and does not speak of others.
        """
        return self.others is not None or not (self.members or self.is_closed)

    @property
    def json_types(self) -> frozenset[str]:
        """The types as JSON Schema calls them."""
        if FRACTION in self.types:
            return self.types - {FRACTION, "integer"} | {"number"}
        return self.types


ANYTHING = Shape()
NOTHING = Shape(types=frozenset())


def both(one: Shape, other: Shape) -> Shape:
    """Returns what holds where both do."""
    return Shape(
        types=one.types & other.types,
        format=one.format or other.format,
        members=_merged(one.members, other.members, both),
        required=one.required | other.required,
        others=_merged_one(one.others, other.others, both),
        is_closed=one.is_closed or other.is_closed,
        items=_merged_one(one.items, other.items, both),
        default=other.default if one.default is None else one.default,
        values=_merged_one(one.values, other.values, _common),
        minimum_length=max(one.minimum_length, other.minimum_length),
        minimum=_narrower(one.minimum, other.minimum, _greater),
        maximum=_narrower(one.maximum, other.maximum, _less),
        notes=one.notes.with_notes(other.notes),
        origins=tuple(dict.fromkeys((*one.origins, *other.origins))),
    )


def either(one: Shape, other: Shape) -> Shape:
    """Returns what holds where one of them does.

    A member that only one of them names is as that one has it: where the
    other holds, nothing is said of it.
    """
    members = _merged(one.members, other.members, either)
    return Shape(
        types=one.types | other.types,
        format=one.format if one.format == other.format else None,
        members={name: shape for name, shape in members.items() if shape.types},
        required=one.required & other.required,
        others=_merged_one(one.others, other.others, either),
        is_closed=one.is_closed and other.is_closed,
        items=_merged_one(one.items, other.items, either),
        values=_if_both(one.values, other.values, lambda these, those: (*these, *those)),
        minimum_length=min(one.minimum_length, other.minimum_length),
        minimum=_wider(one.minimum, other.minimum, _less),
        maximum=_wider(one.maximum, other.maximum, _greater),
        notes=one.notes.with_notes(other.notes),
        origins=tuple(dict.fromkeys((*one.origins, *other.origins))),
    )


def _merged(
    these: Mapping[str, Shape], those: Mapping[str, Shape], merge: Callable[[Shape, Shape], Shape]
) -> Mapping[str, Shape]:
    return {
        **these,
        **those,
        **{name: merge(these[name], those[name]) for name in these if name in those},
    }


def _merged_one(one: T | None, other: T | None, merge: Callable[[T, T], T]) -> T | None:
    if one is None or other is None:
        return other if one is None else one
    return merge(one, other)


def _if_both(one: T | None, other: T | None, merge: Callable[[T, T], T]) -> T | None:
    return None if one is None or other is None else merge(one, other)


def _narrower(
    one: Number | None, other: Number | None, pick: Callable[[Number, Number], Number]
) -> Number | None:
    if one is None or other is None:
        return other if one is None else one
    return pick(one, other)


def _wider(
    one: Number | None, other: Number | None, pick: Callable[[Number, Number], Number]
) -> Number | None:
    return None if one is None or other is None else pick(one, other)


def _common(these: Values, those: Values) -> Values:
    return tuple(value for value in these if is_among(value, those))


def _greater(one: Number, other: Number) -> Number:
    return one if exact(one) >= exact(other) else other


def _less(one: Number, other: Number) -> Number:
    return other if exact(one) >= exact(other) else one
