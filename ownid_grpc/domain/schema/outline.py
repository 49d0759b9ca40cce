"""Reads what a schema says of each place in a profile off its subschemas."""

from collections.abc import Iterable
from functools import reduce

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.schema.document import Keywords, Node, subschemas
from ownid_grpc.domain.schema.numbers import is_integer, is_number
from ownid_grpc.domain.schema.references import References
from ownid_grpc.domain.schema.shapes import (
    ALL_TYPES,
    ANYTHING,
    FRACTION,
    NOTHING,
    Notes,
    Number,
    Shape,
    Values,
    both,
    either,
)
from ownid_grpc.domain.schema.vocabulary import IMMUTABLE, LOGIN_ID, SEARCH, SELF

MAX_SHAPES = 10_000
"""Subschemas looked at, each as often as something refers to it."""

_OTHER_MEMBERS = ("additionalProperties", "unevaluatedProperties")


class OutlineError(ValueError):
    """The schema describes too many places, or refers on too often."""


def outline(references: References) -> Shape:
    """Returns what the schema says of a profile; raises `OutlineError`."""
    try:
        return _Reader(references).read(references.document.root)
    except RecursionError as error:
        raise OutlineError("refers on from one to the next too often") from error


class _Reader:
    def __init__(self, references: References) -> None:
        self._references = references
        self._nodes = references.document.nodes
        self._around: set[str] = set()
        self._read = 0

    def read(self, node: Node) -> Shape:
        """Returns the shape of a node; of one that it is within, what the node itself says."""
        self._read += 1
        if self._read > MAX_SHAPES:
            raise OutlineError(f"describes properties in more than {MAX_SHAPES} steps")
        if node.schema is False:
            return NOTHING
        if node.pointer in self._around:
            return Shape(types=_types(node.keywords), others=ANYTHING, origins=(node.pointer,))
        self._around.add(node.pointer)
        shape = reduce(both, (self._own(node), *self._parts(node)))
        self._around.discard(node.pointer)
        return shape

    def _parts(self, node: Node) -> Iterable[Shape]:
        """Yields the shapes of all that holds at the same place."""
        keywords = node.keywords
        followed = [self.read(each) for each in self._references.followed(node)]
        if followed:
            yield reduce(either, followed)
        yield from self._listed(node, "allOf")
        for keyword in ("anyOf", "oneOf"):
            alternatives = self._listed(node, keyword)
            if alternatives:
                yield reduce(either, alternatives)
        if "if" in keywords:
            yield either(
                self._at(node, "then") or ANYTHING,
                self._at(node, "else") or ANYTHING,
            )
        for keyword in ("dependentSchemas", "dependencies"):
            for shape in self._named(node, keyword).values():
                yield either(shape, ANYTHING)

    def _own(self, node: Node) -> Shape:
        keywords = node.keywords
        text_format, shortest = keywords.get("format"), keywords.get("minLength", 0)
        return Shape(
            types=_types(keywords),
            format=text_format if isinstance(text_format, str) else None,
            members=self._named(node, "properties"),
            required=frozenset(_names(keywords.get("required"))),
            others=self._others(node),
            is_closed=any(keywords.get(keyword) is False for keyword in _OTHER_MEMBERS),
            items=None if "prefixItems" in keywords else self._at(node, "items"),
            default=keywords.get("default"),
            values=_values(keywords),
            minimum_length=shortest if isinstance(shortest, int) else 0,
            minimum=_limit(keywords, "minimum", "exclusiveMinimum"),
            maximum=_limit(keywords, "maximum", "exclusiveMaximum"),
            notes=_notes(keywords),
            origins=(node.pointer,),
        )

    def _others(self, node: Node) -> Shape | None:
        shapes = [
            *self._named(node, "patternProperties").values(),
            *(self._at(node, keyword) or NOTHING for keyword in _OTHER_MEMBERS),
        ]
        said = [shape for shape in shapes if shape.types]
        return reduce(either, said) if said else None

    def _at(self, node: Node, *tokens: str) -> Shape | None:
        if tokens[0] not in node.keywords:
            return None
        return self.read(self._references.document.child(node, *tokens))

    def _named(self, node: Node, keyword: str) -> dict[str, Shape]:
        child = self._references.document.child
        return {
            tokens[1]: self.read(child(node, *tokens))
            for tokens, _ in subschemas(node.keywords)
            if tokens[0] == keyword
        }

    def _listed(self, node: Node, keyword: str) -> list[Shape]:
        schemas = node.keywords.get(keyword)
        if not isinstance(schemas, list):
            return []
        child = self._references.document.child
        return [self.read(child(node, keyword, str(index))) for index in range(len(schemas))]


def _types(keywords: Keywords) -> frozenset[str]:
    said = keywords.get("type")
    types = frozenset(_names([said] if isinstance(said, str) else said)) or ALL_TYPES
    if "number" in types:
        types = types - {"number"} | {"integer", FRACTION}
    if is_integer(keywords.get("multipleOf")):
        types -= {FRACTION}
    values = _values(keywords)
    return types if values is None else types & {_type_of(value) for value in values}


def _type_of(value: JsonValue) -> str:
    if isinstance(value, (bool, str, dict, list)) or value is None:
        return {bool: "boolean", str: "string", dict: "object", list: "array"}.get(
            type(value), "null"
        )
    return "integer" if is_integer(value) else FRACTION


def _values(keywords: Keywords) -> Values | None:
    if "const" in keywords:
        return (keywords["const"],)
    values = keywords.get("enum")
    return tuple(values) if isinstance(values, list) else None


def _limit(keywords: Keywords, *names: str) -> Number | None:
    return next((limit for name in names if is_number(limit := keywords.get(name))), None)


def _notes(keywords: Keywords) -> Notes:
    login_id, access = keywords.get(LOGIN_ID), keywords.get(SELF)
    return Notes(
        login_id=login_id if isinstance(login_id, (bool, str)) else None,
        self_access=access if isinstance(access, str) else None,
        is_immutable=keywords.get(IMMUTABLE) is True or None,
        is_searchable=False if keywords.get(SEARCH) is False else None,
        is_read_only=keywords.get("readOnly") is True or None,
        is_write_only=keywords.get("writeOnly") is True or None,
    )


def _names(value: JsonValue) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
