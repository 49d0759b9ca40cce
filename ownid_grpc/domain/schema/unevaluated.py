"""`unevaluatedProperties` and `unevaluatedItems`: what nothing beside them has looked at."""

from collections.abc import Callable, Iterable, Iterator

from jsonschema.exceptions import ValidationError

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.schema.applicators import (
    Descending,
    Errors,
    faults_by,
    holds,
    named_properties,
)
from ownid_grpc.domain.schema.document import Keywords, Schema
from ownid_grpc.domain.schema.scopes import scope_of


def _unevaluated_properties(
    validator: Descending, schema: Schema, instance: JsonValue, _around: Keywords
) -> Errors:
    if not isinstance(instance, dict):
        return
    evaluated = _evaluated_names(validator, instance)
    for name in instance:
        if name in evaluated:
            continue
        if schema is False:
            yield ValidationError("is not allowed here", path=(name,))
        else:
            yield from faults_by(validator, instance[name], schema, path=name)


def _unevaluated_items(
    validator: Descending, schema: Schema, instance: JsonValue, _around: Keywords
) -> Errors:
    if not isinstance(instance, list):
        return
    evaluated = _evaluated_indexes(validator, instance)
    for index, item in enumerate(instance):
        if index in evaluated:
            continue
        if schema is False:
            yield ValidationError("is not allowed here", path=(index,))
        else:
            yield from faults_by(validator, item, schema, path=index)


def _evaluated_names(validator: Descending, instance: dict[str, JsonValue]) -> set[str]:
    """Returns the members that keywords beside `unevaluatedProperties` look at."""
    keywords = _keywords_of(validator)
    if "additionalProperties" in keywords:
        return set(instance)
    names = named_properties(validator, instance, keywords)
    for part in _parts_that_hold(validator, instance):
        if "unevaluatedProperties" in _keywords_of(part):
            return set(instance)
        names |= _evaluated_names(part, instance)
    return names


def _evaluated_indexes(validator: Descending, instance: list[JsonValue]) -> set[int]:
    """Returns the indexes of items that keywords beside `unevaluatedItems` look at."""
    keywords = _keywords_of(validator)
    if "items" in keywords:
        return set(range(len(instance)))
    prefix = keywords.get("prefixItems")
    indexes = set(range(len(prefix) if isinstance(prefix, list) else 0))
    contains = keywords.get("contains")
    if isinstance(contains, (dict, bool)):
        indexes |= {
            index for index, item in enumerate(instance) if holds(validator, item, contains)
        }
    for part in _parts_that_hold(validator, instance):
        if "unevaluatedItems" in _keywords_of(part):
            return set(range(len(instance)))
        indexes |= _evaluated_indexes(part, instance)
    return indexes


def _parts_that_hold(validator: Descending, instance: JsonValue) -> Iterator[Descending]:
    """Yields the schemas that the validator's own holds against the same value, and that do.

    What a schema that does not hold has looked at does not count.
    """
    keywords, scope = _keywords_of(validator), scope_of(validator)
    for keyword, target_of in (
        ("$ref", scope.static_target),
        ("$dynamicRef", scope.dynamic_target),
    ):
        if keyword in keywords:
            target = target_of(keywords)
            yield validator.evolve(schema=target.schema, _resolver=scope.entering(target))
    for schema in _in_place(validator, keywords, instance):
        if isinstance(schema, (dict, bool)) and holds(validator, instance, schema):
            yield validator.evolve(schema=schema, _resolver=scope.within(schema))


def _in_place(
    validator: Descending, keywords: Keywords, instance: JsonValue
) -> Iterator[JsonValue]:
    for keyword in ("allOf", "anyOf", "oneOf"):
        yield from _each(keywords.get(keyword))
    condition = keywords.get("if")
    if isinstance(condition, (dict, bool)):
        yield condition
        yield keywords.get("then" if holds(validator, instance, condition) else "else")
    dependent = keywords.get("dependentSchemas")
    if isinstance(dependent, dict) and isinstance(instance, dict):
        yield from (schema for name, schema in dependent.items() if name in instance)


def _each(schemas: JsonValue) -> Iterable[JsonValue]:
    return schemas if isinstance(schemas, list) else ()


def _keywords_of(validator: Descending) -> Keywords:
    return validator.schema if isinstance(validator.schema, dict) else {}


UNEVALUATED: dict[str, Callable[..., Errors]] = {
    "unevaluatedItems": _unevaluated_items,
    "unevaluatedProperties": _unevaluated_properties,
}
"""The keywords, as jsonschema calls them."""
