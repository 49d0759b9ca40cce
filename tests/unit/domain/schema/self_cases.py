"""Account schemas made at random, an account of each, and what its user sees and changes of it."""

from dataclasses import dataclass, field
from typing import TypeAlias

from hypothesis import strategies as st

from ownid_grpc.domain.account import JsonValue, Profile

Draw: TypeAlias = st.DrawFn

RIGHTS = (None, "none", "read", "write", "write-once")


@dataclass
class Case:
    """A schema and an account; every name and every value in it is there once."""

    document: Profile = field(default_factory=dict)
    profile: Profile = field(default_factory=dict)
    definitions: Profile = field(default_factory=dict)
    shown_values: set[str] = field(default_factory=set)
    hidden_values: set[str] = field(default_factory=set)
    hidden_names: set[str] = field(default_factory=set)
    changeable_names: set[str] = field(default_factory=set)
    count: int = 0

    def new(self, word: str) -> str:
        """Returns a text that is nowhere else."""
        self.count += 1
        return f"{word}-{self.count}-"


@dataclass(frozen=True)
class Around:
    """What holds for a place by the objects that it is in."""

    right: str = "none"
    is_write_only: bool = False
    is_in_items: bool = False

    def within(self, right: str | None, *, is_write_only: bool) -> "Around":
        """Returns what holds for a place in this one that says these words itself."""
        both = self.is_write_only or is_write_only
        return Around(right or self.right, both, self.is_in_items)

    def may_change(self, value: JsonValue) -> bool:
        """Returns whether the user may change a place that has this value, None for no value."""
        is_open = self.right == "write" or (self.right == "write-once" and value is None)
        return is_open and not self.is_in_items


@st.composite
def cases(draw: Draw) -> Case:
    """Returns a case: nested objects, arrays and maps, spelled in every way that refers on."""
    case = Case()
    case.document, case.profile = _object(draw, case, Around(), 3)
    case.document = {**case.document, "type": "object", "title": "Account"}
    case.document["$defs"] = case.definitions
    return case


def _object(draw: Draw, case: Case, around: Around, depth: int) -> tuple[Profile, Profile]:
    members: Profile = {}
    values: Profile = {}
    for _ in range(draw(st.integers(1, 3))):
        name = case.new("name")
        right = None if around.is_in_items else draw(st.sampled_from(RIGHTS))
        is_write_only = draw(st.sampled_from((False, False, False, True)))
        here = around.within(right, is_write_only=is_write_only)
        schema, value = _value(draw, case, here, depth - 1)
        if value is not None:
            values[name] = value
        said: Profile = {"writeOnly": True} if is_write_only else {}
        if right is not None:
            said["x-ownid-self"] = right
        members[name] = _spelled(draw, case, {**schema, **said})
        is_leaf = schema["type"] != "object"
        if is_leaf and here.right == "none":
            case.hidden_names.add(name)
        if is_leaf and here.may_change(value):
            case.changeable_names.add(name)
    if len(members) > 1 and draw(st.booleans()):
        first, *rest = members
        others = {name: members[name] for name in rest}
        part: Profile = {"properties": {first: members[first]}}
        return {"type": "object", "properties": others, "allOf": [part]}, values
    return {"type": "object", "properties": members}, values


def _value(draw: Draw, case: Case, here: Around, depth: int) -> tuple[Profile, JsonValue]:
    kinds = ("text", "text", "absent")
    kind = draw(st.sampled_from((*kinds, "object", "array", "map") if depth > 0 else kinds))
    if kind == "object" and not here.is_in_items:
        return _object(draw, case, here, depth)
    if kind in {"text", "absent"}:
        return {"type": "string"}, _text(case, here) if kind == "text" else None
    inside = Around(here.right, here.is_write_only, is_in_items=True)
    inner, one = _object(draw, case, inside, depth)
    inner = _spelled(draw, case, inner)
    if kind == "map":
        return {"type": ["object", "null"], "additionalProperties": inner}, {case.new("key"): one}
    return {"type": "array", "items": inner}, [one]


def _text(case: Case, here: Around) -> str:
    text = case.new("value")
    is_hidden = here.right == "none" or here.is_write_only
    (case.hidden_values if is_hidden else case.shown_values).add(text)
    return text


def _spelled(draw: Draw, case: Case, schema: Profile) -> Profile:
    """Returns a schema that says the same, perhaps by way of a definition or of `allOf`."""
    ways = ["itself", "itself", "pointer", "anchor", "allOf"]
    if "$ref" not in str(schema):  # within an `$id`, the others would not be found
        ways.append("identified")
    way = draw(st.sampled_from(ways))
    name = case.new("definition")
    match way:
        case "pointer":
            case.definitions[name] = schema
            return {"$ref": f"#/$defs/{name}"}
        case "anchor":
            case.definitions[name] = {**schema, "$anchor": name}
            return {"$ref": f"#{name}"}
        case "identified":
            case.definitions[name] = {**schema, "$id": name}
            return {"$ref": name}
        case "allOf":
            return {"allOf": [schema]}
    return schema
