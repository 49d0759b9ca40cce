"""The properties of an account, as its schema has them."""

from collections.abc import Iterator
from dataclasses import dataclass

from ownid_grpc.domain.account import LoginId, PropertyPath, dotted
from ownid_grpc.domain.schema.document import Document, pointer_of, tokens_of
from ownid_grpc.domain.schema.faults import schema_violation
from ownid_grpc.domain.schema.formats import DATE, DATE_TIME
from ownid_grpc.domain.schema.shapes import ALL_TYPES, FRACTION, Notes, Shape
from ownid_grpc.domain.schema.vocabulary import (
    IDLE_KEYWORDS,
    IMMUTABLE,
    LOGIN_ID,
    OWN_KEYWORDS,
    SEARCH,
    SELF,
)
from ownid_grpc.domain.source import Kind
from ownid_grpc.errors import Violation

_KINDS = {
    frozenset(("string",)): Kind.TEXT,
    frozenset(("integer",)): Kind.INTEGER,
    frozenset(("integer", FRACTION)): Kind.NUMBER,
    frozenset((FRACTION,)): Kind.NUMBER,
    frozenset(("boolean",)): Kind.BOOLEAN,
    frozenset(("array",)): Kind.ARRAY,
    frozenset(("object",)): Kind.OBJECT,
}
_TIMES = {DATE_TIME: Kind.TIMESTAMP, DATE: Kind.DATE}


@dataclass(frozen=True, slots=True)
class SchemaProperty:
    """One property, nested ones by their full path.

    `is_required` is by the object right around it. What an object is said to
    be (read-only, searchable, for the signed-in user) holds for its members
    too, unless they say more. `self_access` is "none", "read", "write" or
    "write-once". `pointer` is where the schema says so, as a JSON Pointer.
    """

    path: PropertyPath
    pointer: str
    kind: Kind
    item_kind: Kind | None
    json_types: frozenset[str]
    format: str | None
    is_required: bool
    is_searchable: bool
    is_read_only: bool
    is_write_only: bool
    is_immutable: bool
    self_access: str
    login_id: LoginId | None


def list_properties(root: Shape) -> Iterator[tuple[SchemaProperty, Shape]]:
    """Yields every property of an account and its shape, an object before its members."""
    yield from _members(root, (), Notes())


def kind_of(shape: Shape) -> Kind:
    """Returns the kind of values that a shape allows, absence aside."""
    types = shape.types - {"null"}
    if types == ALL_TYPES - {"null"}:
        return Kind.OBJECT if shape.members else Kind.ARRAY if shape.items else Kind.ANY
    kind = _KINDS.get(types, Kind.ANY)
    return _TIMES.get(shape.format or "", kind) if kind is Kind.TEXT else kind


def check_annotations(root: Shape, document: Document) -> Iterator[Violation]:
    """Yields a fault for each keyword of ours that stands where it has no meaning."""
    yield from _misplaced(root, root.notes, "of an account")
    yield from _unread(root, document)
    for property_, shape in list_properties(root):
        if shape.notes.login_id and shape.types - {"null"} != {"string"}:
            yield schema_violation(
                property_.pointer + pointer_of(LOGIN_ID),
                LOGIN_ID,
                f"needs {dotted(property_.path)} to be of type string",
            )
    yield from _unreachable(root)


def _members(
    around: Shape, path: PropertyPath, notes: Notes
) -> Iterator[tuple[SchemaProperty, Shape]]:
    for name, shape in around.members.items():
        if not shape.types:
            continue
        inherited = _inherited(shape.notes, notes)
        here = (*path, name)
        yield _property(here, shape, inherited, is_required=name in around.required), shape
        yield from _members(shape, here, inherited)


def _inherited(own: Notes, around: Notes) -> Notes:
    return Notes(
        login_id=own.login_id,
        self_access=own.self_access or around.self_access,
        is_immutable=own.is_immutable or around.is_immutable,
        is_searchable=around.is_searchable if own.is_searchable is None else own.is_searchable,
        is_read_only=own.is_read_only or around.is_read_only,
        is_write_only=own.is_write_only or around.is_write_only,
    )


def _property(
    path: PropertyPath, shape: Shape, notes: Notes, *, is_required: bool
) -> SchemaProperty:
    return SchemaProperty(
        path=path,
        pointer=shape.origins[0],
        kind=kind_of(shape),
        item_kind=kind_of(shape.items) if shape.items else None,
        json_types=shape.json_types,
        format=shape.format,
        is_required=is_required,
        is_searchable=notes.is_searchable is not False and not notes.is_write_only,
        is_read_only=bool(notes.is_read_only),
        is_write_only=bool(notes.is_write_only),
        is_immutable=bool(notes.is_immutable),
        self_access=notes.self_access or "none",
        login_id=LoginId(path, is_exact=notes.login_id == "exact") if notes.login_id else None,
    )


def _unread(root: Shape, document: Document) -> Iterator[Violation]:
    """Yields our keywords in schemas that describe no property, as under `not`.

    A definition that nothing refers to may wait for one that does.
    """
    read = set(_origins(root))
    for pointer, node in document.nodes.items():
        if pointer in read or IDLE_KEYWORDS.intersection(tokens_of(pointer)):
            continue
        for keyword in OWN_KEYWORDS.keys() & node.keywords.keys():
            yield schema_violation(
                pointer + pointer_of(keyword),
                keyword,
                "has no meaning here: no property is described",
            )


def _origins(shape: Shape) -> Iterator[str]:
    yield from shape.origins
    for inner in (*shape.members.values(), shape.items, shape.others):
        if inner is not None:
            yield from _origins(inner)


def _unreachable(shape: Shape) -> Iterator[Violation]:
    for member in shape.members.values():
        yield from _unreachable(member)
    for inner in (shape.items, shape.others):
        if inner is not None:
            yield from _all_misplaced(inner)


def _all_misplaced(shape: Shape) -> Iterator[Violation]:
    yield from _misplaced(shape, shape.notes, "within an array or a map")
    for inner in (*shape.members.values(), shape.items, shape.others):
        if inner is not None:
            yield from _all_misplaced(inner)


def _misplaced(shape: Shape, notes: Notes, where: str) -> Iterator[Violation]:
    said = {
        LOGIN_ID: notes.login_id,
        SELF: notes.self_access,
        IMMUTABLE: notes.is_immutable,
        SEARCH: notes.is_searchable,
    }
    for keyword, value in said.items():
        if value is not None:
            yield schema_violation(
                shape.origins[0] + pointer_of(keyword),
                keyword,
                f"has no meaning {where}; it is for a property with a name",
            )
