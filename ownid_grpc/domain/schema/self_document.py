"""The part of an account schema that its user may see, to draw a form from."""

from collections.abc import Collection, Mapping

from ownid_grpc.domain.account import JsonValue, Profile, PropertyPath
from ownid_grpc.domain.schema.account_schema import AccountSchema
from ownid_grpc.domain.schema.properties import SchemaProperty
from ownid_grpc.domain.schema.self_access import SelfAccess
from ownid_grpc.domain.schema.vocabulary import DIALECT, SELF
from ownid_grpc.domain.schema.writing_out import SchemaWriter

_SPOKEN = ("title", "description")


def self_document(
    schema: AccountSchema, access: SelfAccess, fixed: Collection[PropertyPath] = ()
) -> Profile:
    """Returns a schema of what the user may see; what may not be changed is `readOnly`.

    `fixed` is what nobody may change. The schema stands by itself: references
    are written out. Rules between several properties are not in it, since they
    could name one that is hidden; the service holds writes to them all the same.
    """
    root: Profile = {"$schema": DIALECT, "type": "object", **_spoken(schema.document)}
    writer = SchemaWriter(schema.document)
    for path in access.known:
        property_ = schema.properties[path]
        around = _object_at(root, path[:-1])
        if path in access.branches:
            _object_at(root, path).update(_spoken(writer.keywords_at(property_.pointer)))
        else:
            said = writer.written_out(property_.pointer)
            is_fixed = any(path[:length] in fixed for length in range(1, len(path) + 1))
            shown = _with_rights(said, property_, access.right_at(path), is_fixed=is_fixed)
            around["properties"][path[-1]] = shown  # type: ignore[index, call-overload]  # made so by _object_at
        if property_.is_required:
            around.setdefault("required", []).append(path[-1])  # type: ignore[union-attr]  # likewise
    return root


def _with_rights(
    said: JsonValue, property_: SchemaProperty, right: str, *, is_fixed: bool
) -> JsonValue:
    shown: Profile = dict(said) if isinstance(said, dict) else {} if said is True else {"not": {}}
    shown[SELF] = right
    if right == "read" or is_fixed or property_.is_read_only or property_.is_immutable:
        shown["readOnly"] = True
    if property_.is_write_only:
        shown["writeOnly"] = True
    return shown


def _object_at(root: Profile, path: PropertyPath) -> Profile:
    """Returns the schema of the object at `path`, made where it is not there yet."""
    here = root
    for name in path:
        members = here.setdefault("properties", {})
        here = members.setdefault(name, {"type": "object"})  # type: ignore[union-attr, assignment]  # made so here
    here.setdefault("properties", {})
    return here


def _spoken(said: Mapping[str, JsonValue]) -> Profile:
    return {word: said[word] for word in _SPOKEN if word in said}
