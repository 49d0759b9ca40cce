"""Compiles a schema into all that an account schema answers from."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import jsonschema_rs

from ownid_grpc.domain.account import PropertyPath
from ownid_grpc.domain.schema.defaults import Defaults, unusable_defaults
from ownid_grpc.domain.schema.document import Schema
from ownid_grpc.domain.schema.faults import schema_violation
from ownid_grpc.domain.schema.outline import OutlineError, outline
from ownid_grpc.domain.schema.properties import (
    SchemaProperty,
    check_annotations,
    list_properties,
)
from ownid_grpc.domain.schema.reading import SchemaParts, read_schema, refuse_schema
from ownid_grpc.domain.schema.shapes import Shape
from ownid_grpc.domain.schema.validation import Validation
from ownid_grpc.errors import Violation


@dataclass(frozen=True, slots=True, eq=False)
class CompiledSchema:
    """What a schema of an object says, ready to be asked.

    `stored` validates an account that exists, `given` what a caller makes one
    of: read-only properties are not required of him. `read_only` and
    `immutable` name no property within another that they name.
    `unusable_defaults` are the properties that cannot have their default.
    """

    shape: Shape
    properties: tuple[SchemaProperty, ...]
    defaults: Defaults
    unusable_defaults: tuple[PropertyPath, ...]
    stored: Validation
    given: Validation
    read_only: tuple[PropertyPath, ...]
    immutable: tuple[PropertyPath, ...]


def compile_schema(schema: Schema) -> CompiledSchema:
    """Returns the schema of an object, compiled; raises `InvalidArgument` naming each fault."""
    parts, faults = read_schema(schema)
    shape = _outlined(parts, faults)
    if parts.root.keywords.get("type") not in ("object", ["object"]):
        faults.append(schema_violation("/type", "type", "must be 'object'"))
    if faults:
        raise refuse_schema(faults)
    properties = tuple(property_ for property_, _ in list_properties(shape))
    stored = _validation(parts)
    unusable = unusable_defaults(Defaults.of(shape), stored)
    read_only = tuple(each.path for each in properties if each.is_read_only)
    return CompiledSchema(
        shape=shape,
        properties=properties,
        defaults=Defaults.of(shape, unusable),
        unusable_defaults=unusable,
        stored=stored,
        given=_validation_of_given(schema, shape, stored),
        read_only=_topmost(read_only),
        immutable=_topmost(tuple(each.path for each in properties if each.is_immutable)),
    )


def _outlined(parts: SchemaParts, faults: list[Violation]) -> Shape:
    """Returns the shape of a profile, closed at the root; adds what is wrong with it."""
    if faults:
        return Shape()
    try:
        shape = outline(parts.references)
    except OutlineError as error:
        faults.append(schema_violation("", "recursion", str(error)))
        return Shape()
    faults.extend(check_annotations(shape, parts.references.document))
    return replace(shape, is_complete=True)


def _validation(parts: SchemaParts) -> Validation:
    try:
        return Validation.compile(parts.references, parts.patterns)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        complaint = "cannot be compiled as a whole; its references are the likely cause"
        raise refuse_schema([schema_violation("", "unsupported", complaint)]) from error


def _validation_of_given(schema: Schema, shape: Shape, stored: Validation) -> Validation:
    lenient: dict[str, set[str]] = defaultdict(set)
    for pointer, name in _required_read_only(shape):
        lenient[pointer].add(name)
    if not lenient:
        return stored
    parts, _ = read_schema(schema)
    for pointer, names in lenient.items():
        keywords = parts.references.document.nodes[pointer].keywords
        required = keywords.get("required")
        if isinstance(required, list):
            keywords["required"] = [each for each in required if each not in names]
    return _validation(parts)


def _required_read_only(shape: Shape) -> Iterator[tuple[str, str]]:
    """Yields the subschemas that may require a read-only property, and its name."""
    for name, member in shape.members.items():
        if not member.notes.is_read_only:
            yield from _required_read_only(member)
        elif name in shape.required:
            for pointer in shape.origins:
                yield pointer, name


def _topmost(paths: tuple[PropertyPath, ...]) -> tuple[PropertyPath, ...]:
    all_paths = frozenset(paths)
    return tuple(path for path in paths if path[:-1] not in all_paths)
