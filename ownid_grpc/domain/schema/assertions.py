"""The keywords that say something of a value by themselves, and how a fault of each reads."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jsonschema.exceptions import ValidationError

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.schema.document import Keywords
from ownid_grpc.domain.schema.faults import listed
from ownid_grpc.domain.schema.formats import conforms
from ownid_grpc.domain.schema.numbers import (
    exact,
    identity,
    is_integer,
    is_multiple,
    is_number,
    is_same,
)
from ownid_grpc.domain.schema.scopes import HasScope, scope_of

TYPES: dict[str, Callable[[object], bool]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": is_integer,
    "null": lambda value: value is None,
    "number": is_number,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}
"""Whether a value is of each type of JSON Schema."""


@dataclass(frozen=True, slots=True)
class _Assertion:
    """A keyword that holds for a value or not; it says nothing of values of other types."""

    type_name: str | None
    holds: Callable[..., bool]
    message: str

    def __call__(
        self, _validator: HasScope, said: JsonValue, instance: JsonValue, _schema: Keywords
    ) -> Iterator[ValidationError]:
        is_concerned = self.type_name is None or TYPES[self.type_name](instance)
        if is_concerned and not self.holds(instance, said):
            yield ValidationError(self.message.format(_written(said)))


def _enum(
    validator: HasScope, values: list[JsonValue], instance: JsonValue, _schema: Keywords
) -> Iterator[ValidationError]:
    if identity(instance) not in scope_of(validator).choices[id(values)]:
        yield ValidationError(f"must be one of: {_written(values)}")


def _pattern(
    validator: HasScope, source: str, instance: JsonValue, _schema: Keywords
) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not (
        scope_of(validator).patterns[source].is_found_in(instance)
    ):
        yield ValidationError(f"must match the pattern {source}")


def _required(
    _validator: HasScope, names: list[str], instance: JsonValue, _schema: Keywords
) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for name in names:
            if name not in instance:
                yield ValidationError("is required", path=(name,))


def dependent_required(
    _validator: HasScope, needs: dict[str, list[str]], instance: JsonValue, _schema: Keywords
) -> Iterator[ValidationError]:
    """Yields the members that others need and that are not there."""
    if isinstance(instance, dict):
        for name, needed in needs.items():
            if name in instance:
                for missing in needed:
                    if missing not in instance:
                        yield ValidationError(f"is required where {name} is given", path=(missing,))


def _is_of(value: JsonValue, types: str | list[str]) -> bool:
    return any(TYPES[name](value) for name in ([types] if isinstance(types, str) else types))


def _is_unique(items: list[JsonValue], is_asked: bool) -> bool:  # noqa: FBT001  the keyword's value
    return not is_asked or len({identity(item) for item in items}) == len(items)


def _written(said: JsonValue) -> str:
    if isinstance(said, str):
        return said
    if isinstance(said, list):
        return listed([each if isinstance(each, str) else json.dumps(each) for each in said])
    return json.dumps(said)


ASSERTIONS: dict[str, Callable[..., Iterator[ValidationError]]] = {
    "const": _Assertion(None, is_same, "must be {}"),
    "dependentRequired": dependent_required,
    "enum": _enum,
    "exclusiveMaximum": _Assertion(
        "number", lambda value, limit: exact(value) < exact(limit), "must be less than {}"
    ),
    "exclusiveMinimum": _Assertion(
        "number", lambda value, limit: exact(value) > exact(limit), "must be greater than {}"
    ),
    "format": _Assertion(None, conforms, "must be a valid {}"),
    "maxItems": _Assertion(
        "array", lambda items, most: len(items) <= most, "must have at most {} items"
    ),
    "maxLength": _Assertion(
        "string", lambda text, most: len(text) <= most, "must be at most {} characters long"
    ),
    "maxProperties": _Assertion(
        "object", lambda members, most: len(members) <= most, "must have at most {} properties"
    ),
    "maximum": _Assertion(
        "number", lambda value, limit: exact(value) <= exact(limit), "must be at most {}"
    ),
    "minItems": _Assertion(
        "array", lambda items, least: len(items) >= least, "must have at least {} items"
    ),
    "minLength": _Assertion(
        "string", lambda text, least: len(text) >= least, "must be at least {} characters long"
    ),
    "minProperties": _Assertion(
        "object", lambda members, least: len(members) >= least, "must have at least {} properties"
    ),
    "minimum": _Assertion(
        "number", lambda value, limit: exact(value) >= exact(limit), "must be at least {}"
    ),
    "multipleOf": _Assertion("number", is_multiple, "must be a multiple of {}"),
    "pattern": _pattern,
    "required": _required,
    "type": _Assertion(None, _is_of, "must be of type {}"),
    "uniqueItems": _Assertion("array", _is_unique, "must have no item twice"),
}
"""The keywords that need no other schema, as jsonschema calls them."""
