"""The part of an account schema that its user may see, to draw a form from."""

from collections.abc import Mapping
from dataclasses import dataclass

from ownid_grpc.domain.account import JsonValue, Profile, PropertyPath
from ownid_grpc.domain.schema.account_schema import AccountSchema
from ownid_grpc.domain.schema.self_access import SelfAccess

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SPOKEN = ("title", "description")
_MOST_NODES = 20_000


def self_document(schema: AccountSchema, access: SelfAccess) -> Profile:
    """Returns a schema of what the user may see; what may not be changed is `readOnly`.

    It stands by itself: references are written out. Rules between several
    properties are not in it, since they could name one that is hidden; the
    service holds writes to them all the same.
    """
    root: Profile = {"$schema": _DIALECT, "type": "object"}
    root |= {word: schema.document[word] for word in _SPOKEN if word in schema.document}
    writer = _Writer(schema.document)
    for path in access.known:
        property_ = schema.properties[path]
        around = _object_at(root, path[:-1])
        if path in access.branches:
            _object_at(root, path).update(_spoken(_at(schema.document, property_.pointer)))
        else:
            said = writer.written_out(_at(schema.document, property_.pointer))
            around["properties"][path[-1]] = _with_rights(said, access.right_at(path))  # type: ignore[index, call-overload]  # made so by _object_at
        if property_.is_required:
            around.setdefault("required", []).append(path[-1])  # type: ignore[union-attr]  # likewise
    return root


def _with_rights(said: JsonValue, right: str) -> JsonValue:
    if not isinstance(said, dict):
        said = {} if said is True else {"not": {}}
    fixed: Profile = {"readOnly": True} if right == "read" else {}
    return {**said, "x-ownid-self": right, **fixed}


def _object_at(root: Profile, path: PropertyPath) -> Profile:
    """Returns the schema of the object at `path`, made where it is not there yet."""
    here = root
    for name in path:
        members = here.setdefault("properties", {})
        here = members.setdefault(name, {"type": "object"})  # type: ignore[union-attr, assignment]  # made so here
    here.setdefault("properties", {})
    return here


def _spoken(said: JsonValue) -> Profile:
    if not isinstance(said, dict):
        return {}
    return {word: said[word] for word in _SPOKEN if word in said}


@dataclass(slots=True)
class _Writer:
    """Writes references out: `left` is how much more may be written in all.

    One that leads back to itself, or many that lead to many, would else not
    end; what is cut off allows everything.
    """

    document: Mapping[str, JsonValue]
    left: int = _MOST_NODES

    def written_out(self, said: JsonValue, within: tuple[str, ...] = ()) -> JsonValue:
        """Returns a subschema with each reference replaced by what it leads to."""
        self.left -= 1
        if isinstance(said, list):
            return [self.written_out(item, within) for item in said]
        if not isinstance(said, dict):
            return said
        rest = {
            word: self.written_out(value, within)
            for word, value in said.items()
            if word not in ("$ref", "$defs")
        }
        target = said.get("$ref")
        if not isinstance(target, str):
            return rest
        if target in within or self.left <= 0:
            return rest or True
        found = self.written_out(_at(self.document, target), (*within, target))
        return {**rest, "allOf": [*_listed(rest.get("allOf")), found]} if rest else found


def _listed(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _at(document: Mapping[str, JsonValue], pointer: str) -> JsonValue:
    """Returns what a JSON Pointer (RFC 6901), within the document, leads to."""
    value: JsonValue = dict(document)
    for token in pointer.removeprefix("#").split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name, True)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return True
    return value
