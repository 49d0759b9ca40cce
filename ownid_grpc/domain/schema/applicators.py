"""The keywords that hold other schemas against a value or its parts."""

from collections.abc import Callable, Iterator
from typing import Protocol

from jsonschema.exceptions import ValidationError

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.schema.assertions import dependent_required
from ownid_grpc.domain.schema.document import Keywords, Schema
from ownid_grpc.domain.schema.faults import listed
from ownid_grpc.domain.schema.scopes import HasScope, Scope, scope_of

Errors = Iterator[ValidationError]


class Descending(HasScope, Protocol):
    """A validator of jsonschema, as far as keywords use it."""

    schema: Schema

    def evolve(self, *, schema: Schema, _resolver: Scope) -> "Descending":
        """Returns a validator for another schema."""
        ...

    def descend(
        self,
        instance: JsonValue,
        schema: Schema,
        path: str | int | None = None,
        schema_path: str | int | None = None,
        resolver: Scope | None = None,
    ) -> Errors:
        """Yields the faults of `instance` by `schema`."""
        ...


def holds(validator: Descending, instance: JsonValue, schema: Schema) -> bool:
    """Returns whether `instance` is valid by `schema`, a subschema of the validator's.

    Looks once only: a schema within another that is asked again at every
    depth would else take time exponential in the depth of the value.
    """
    if isinstance(schema, bool):
        return schema
    scope = scope_of(validator)
    verdicts = scope.evaluation.verdicts
    question = (id(schema), id(instance), scope.entered)
    if question not in verdicts:
        verdicts[question] = next(validator.descend(instance, schema), None) is None
    return verdicts[question]


def faults_by(
    validator: Descending,
    instance: JsonValue,
    schema: Schema,
    path: str | int | None = None,
    schema_path: str | int | None = None,
    *,
    resolver: Scope | None = None,
) -> Errors:
    """Yields the faults of `instance` by a subschema of the validator's.

    jsonschema forgets where it is where the schema is false.
    """
    if schema is False:
        here = () if path is None else (path,)
        within = () if schema_path is None else (schema_path,)
        yield ValidationError(
            "is not allowed here", validator="false", path=here, schema_path=within
        )
    else:
        yield from validator.descend(instance, schema, path, schema_path, resolver)


def _ref(validator: Descending, _reference: str, instance: JsonValue, schema: Keywords) -> Errors:
    scope = scope_of(validator)
    target = scope.static_target(schema)
    return faults_by(validator, instance, target.schema, resolver=scope.entering(target))


def _dynamic_ref(
    validator: Descending, _reference: str, instance: JsonValue, schema: Keywords
) -> Errors:
    scope = scope_of(validator)
    target = scope.dynamic_target(schema)
    return faults_by(validator, instance, target.schema, resolver=scope.entering(target))


def _all_of(
    validator: Descending, schemas: list[Schema], instance: JsonValue, _schema: Keywords
) -> Errors:
    for index, each in enumerate(schemas):
        yield from faults_by(validator, instance, each, schema_path=index)


def _any_of(
    validator: Descending, schemas: list[Schema], instance: JsonValue, _schema: Keywords
) -> Errors:
    if not any(holds(validator, instance, each) for each in schemas):
        yield ValidationError(_none_of(schemas, instance))


def _one_of(
    validator: Descending, schemas: list[Schema], instance: JsonValue, _schema: Keywords
) -> Errors:
    matching = sum(holds(validator, instance, each) for each in schemas)
    if matching == 0:
        yield ValidationError(_none_of(schemas, instance))
    elif matching > 1:
        yield ValidationError(f"matches {matching} of the alternatives, where it must match one")


def _none_of(schemas: list[Schema], instance: JsonValue) -> str:
    """Returns what to say; of alternatives that only require properties, which ones."""
    missing: list[str] = []
    for each in schemas:
        names = each.get("required") if isinstance(each, dict) and len(each) == 1 else None
        if not isinstance(names, list) or not isinstance(instance, dict):
            return "matches none of the alternatives"
        missing.append(" and ".join(str(name) for name in names if name not in instance))
    return f"needs one of: {listed(missing)}"


def _not(validator: Descending, schema: Schema, instance: JsonValue, _schema: Keywords) -> Errors:
    if holds(validator, instance, schema):
        yield ValidationError("matches what it must not match")


def _if(validator: Descending, condition: Schema, instance: JsonValue, schema: Keywords) -> Errors:
    branch = "then" if holds(validator, instance, condition) else "else"
    consequence = schema.get(branch, True)
    if isinstance(consequence, (dict, bool)):
        yield from faults_by(validator, instance, consequence, schema_path=branch)


def _dependent_schemas(
    validator: Descending, schemas: dict[str, Schema], instance: JsonValue, _schema: Keywords
) -> Errors:
    if isinstance(instance, dict):
        for name, each in schemas.items():
            if name in instance:
                yield from faults_by(validator, instance, each, schema_path=name)


def _dependencies(
    validator: Descending,
    needs: dict[str, Schema | list[str]],
    instance: JsonValue,
    schema: Keywords,
) -> Errors:
    """Holds what drafts before 2019-09 say in one keyword, and the metaschema still allows."""
    named = {name: each for name, each in needs.items() if isinstance(each, list)}
    schemas = {name: each for name, each in needs.items() if not isinstance(each, list)}
    yield from dependent_required(validator, named, instance, schema)
    yield from _dependent_schemas(validator, schemas, instance, schema)


def _properties(
    validator: Descending, schemas: dict[str, Schema], instance: JsonValue, _schema: Keywords
) -> Errors:
    if isinstance(instance, dict):
        for name, each in schemas.items():
            if name in instance:
                yield from faults_by(validator, instance[name], each, path=name, schema_path=name)


def _pattern_properties(
    validator: Descending, schemas: dict[str, Schema], instance: JsonValue, _schema: Keywords
) -> Errors:
    if isinstance(instance, dict):
        for source, each in schemas.items():
            pattern = scope_of(validator).patterns[source]
            for name, member in instance.items():
                if pattern.is_found_in(name):
                    yield from faults_by(validator, member, each, path=name, schema_path=source)


def _additional_properties(
    validator: Descending, schema: Schema, instance: JsonValue, around: Keywords
) -> Errors:
    if not isinstance(instance, dict):
        return
    for name in instance.keys() - named_properties(validator, instance, around):
        if schema is False:
            yield ValidationError("is not allowed here", path=(name,))
        else:
            yield from faults_by(validator, instance[name], schema, path=name)


def named_properties(
    validator: HasScope, instance: dict[str, JsonValue], schema: Keywords
) -> set[str]:
    """Returns the members that `properties` and `patternProperties` of `schema` speak of."""
    said, sources = schema.get("properties"), schema.get("patternProperties")
    named = instance.keys() & said.keys() if isinstance(said, dict) else set[str]()
    patterns = scope_of(validator).patterns
    for source in sources if isinstance(sources, dict) else ():
        named |= {name for name in instance if patterns[source].is_found_in(name)}
    return named


def _property_names(
    validator: Descending, schema: Schema, instance: JsonValue, _schema: Keywords
) -> Errors:
    if isinstance(instance, dict):
        for name in instance:
            if not holds(validator, name, schema):
                yield ValidationError("is not allowed as a name", path=(name,))


def _prefix_items(
    validator: Descending, schemas: list[Schema], instance: JsonValue, _schema: Keywords
) -> Errors:
    if isinstance(instance, list):
        for index, (item, each) in enumerate(zip(instance, schemas, strict=False)):
            yield from faults_by(validator, item, each, path=index, schema_path=index)


def _items(validator: Descending, schema: Schema, instance: JsonValue, around: Keywords) -> Errors:
    if not isinstance(instance, list):
        return
    prefix = around.get("prefixItems")
    start = len(prefix) if isinstance(prefix, list) else 0
    for index in range(start, len(instance)):
        if schema is False:
            yield ValidationError(f"must have at most {start} items")
            return
        yield from faults_by(validator, instance[index], schema, path=index)


def _contains(
    validator: Descending, schema: Schema, instance: JsonValue, around: Keywords
) -> Errors:
    if not isinstance(instance, list):
        return
    least, most = around.get("minContains", 1), around.get("maxContains", len(instance))
    count = sum(holds(validator, item, schema) for item in instance)
    if isinstance(least, (int, float)) and count < least:
        yield ValidationError(f"must have at least {least} items of the kind that 'contains' says")
    if isinstance(most, (int, float)) and count > most:
        yield ValidationError(
            f"must have at most {most} items of the kind that 'contains' says",
            validator="maxContains",
        )


APPLICATORS: dict[str, Callable[..., Errors]] = {
    "$dynamicRef": _dynamic_ref,
    "$ref": _ref,
    "additionalProperties": _additional_properties,
    "allOf": _all_of,
    "anyOf": _any_of,
    "contains": _contains,
    "dependencies": _dependencies,
    "dependentSchemas": _dependent_schemas,
    "if": _if,
    "items": _items,
    "not": _not,
    "oneOf": _one_of,
    "patternProperties": _pattern_properties,
    "prefixItems": _prefix_items,
    "properties": _properties,
    "propertyNames": _property_names,
}
"""The keywords that hold schemas against a value, as jsonschema calls them."""
