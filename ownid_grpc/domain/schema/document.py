"""A schema as a document: its subschemas by JSON Pointer, and what its references mean."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote, urldefrag, urljoin

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.schema.vocabulary import LIST_KEYWORDS, MAP_KEYWORDS, SCHEMA_KEYWORDS

Keywords: TypeAlias = dict[str, JsonValue]
Schema: TypeAlias = Keywords | bool

_INDEX = re.compile("0|[1-9][0-9]{0,8}")


class DanglingReferenceError(ValueError):
    """A reference leads nowhere within the document; the text says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A part of the document with a URI of its own, by `$id`; the root is one too.

    `root` and the values of the anchors are JSON Pointers in the document.
    """

    uri: str
    root: str
    anchors: dict[str, str] = field(default_factory=dict)
    dynamic_anchors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A subschema, where it stands, and the resource that it belongs to."""

    pointer: str
    schema: Schema
    resource: Resource

    @property
    def keywords(self) -> Keywords:
        """The schema's keywords: none for true and false."""
        return self.schema if isinstance(self.schema, dict) else {}


class Document:
    """A schema and its subschemas, those included that only a reference leads to.

    Nothing is ever fetched: what is not in the document does not exist. The
    subschemas under keywords that nobody knows are `outlying`.
    """

    def __init__(self, root: Schema) -> None:
        self.nodes: dict[str, Node] = {}
        self.outlying: list[Node] = []
        self.repeated_names: list[str] = []
        self._resources: dict[str, Resource] = {"": Resource("", "")}
        self._add(root, "", self._resources[""])
        self.root = self.nodes[""]

    def target(self, node: Node, reference: str) -> Node:
        """Returns what `reference`, standing at `node`, means.

        A place under a keyword that nobody knows becomes a node when it is
        referred to. Raises `DanglingReferenceError`.
        """
        uri, fragment = self._split(node.resource.uri, reference)
        resource = self._resources.get(uri)
        if resource is None:
            raise DanglingReferenceError(
                "leads out of the document; all that it refers to must be in it"
            )
        if not fragment or fragment.startswith("/"):
            return self._at(self.nodes[resource.root], unquote(fragment))
        pointer = resource.anchors.get(fragment)
        if pointer is None:
            raise DanglingReferenceError("names an anchor that is not in the document")
        return self.nodes[pointer]

    def child(self, node: Node, *tokens: str) -> Node:
        """Returns the subschema of `node` at `tokens`, which must be there."""
        return self.nodes[node.pointer + pointer_of(*tokens)]

    def dynamic_targets(self, anchor: str) -> list[Node]:
        """Returns all that a `$dynamicRef` that looks for `anchor` can mean."""
        if anchor in self.root.resource.dynamic_anchors:  # every way leads through it first
            return [self.nodes[self.root.resource.dynamic_anchors[anchor]]]
        return [
            self.nodes[resource.dynamic_anchors[anchor]]
            for resource in self._resources.values()
            if anchor in resource.dynamic_anchors
        ]

    def _add(self, schema: Schema, pointer: str, resource: Resource) -> None:
        if isinstance(schema, dict):
            resource = self._resource_of(schema, pointer, resource)
            self._note_anchors(schema, pointer, resource)
        node = self.nodes[pointer] = Node(pointer, schema, resource)
        for tokens, child in subschemas(node.keywords):
            self._add(child, pointer + pointer_of(*tokens), resource)

    def _resource_of(self, schema: Keywords, pointer: str, around: Resource) -> Resource:
        name = schema.get("$id")
        if not isinstance(name, str):
            return around
        try:
            uri, _ = urldefrag(urljoin(around.uri, name))
        except ValueError:  # urllib's word for a URI that is none, such as "http://["
            return around
        if uri in self._resources:
            self.repeated_names.append(f"{pointer}/$id")
            return around
        resource = Resource(uri, pointer)
        self._resources[uri] = resource
        return resource

    def _note_anchors(self, schema: Keywords, pointer: str, resource: Resource) -> None:
        for keyword in ("$anchor", "$dynamicAnchor"):
            name = schema.get(keyword)
            if not isinstance(name, str):
                continue
            if resource.anchors.setdefault(name, pointer) != pointer:
                self.repeated_names.append(f"{pointer}/{keyword}")
            elif keyword == "$dynamicAnchor":
                resource.dynamic_anchors[name] = pointer

    def _at(self, start: Node, fragment: str) -> Node:
        node, pointer = start, start.pointer
        found: JsonValue = start.schema
        for token in tokens_of(fragment):
            found = _member(found, token)
            pointer += pointer_of(token)
            node = self.nodes.get(pointer, node)
        if not isinstance(found, (dict, bool)):
            raise DanglingReferenceError("leads to what is no schema")
        if pointer not in self.nodes:
            self._add(found, pointer, node.resource)
            self.outlying.append(self.nodes[pointer])
        return self.nodes[pointer]

    @staticmethod
    def _split(base: str, reference: str) -> tuple[str, str]:
        if reference.startswith("#"):  # urljoin forgets the base of a URN
            return base, reference[1:]
        try:
            uri, fragment = urldefrag(urljoin(base, reference))
        except ValueError as error:
            raise DanglingReferenceError("is no URI reference") from error
        return uri, fragment


def dynamic_anchor(initial: Node, reference: str) -> str | None:
    """Returns the anchor by which a `$dynamicRef` is dynamic, None where it is a plain `$ref`."""
    _, _, fragment = reference.partition("#")
    anchor = initial.keywords.get("$dynamicAnchor")
    return fragment if fragment and anchor == fragment else None


def subschemas(keywords: Keywords) -> Iterator[tuple[tuple[str, ...], Schema]]:
    """Yields the schemas within a schema, and the way to each."""
    for way, found in _where_schemas_stand(keywords):
        if isinstance(found, (dict, bool)):
            yield way, found


def _where_schemas_stand(keywords: Keywords) -> Iterator[tuple[tuple[str, ...], JsonValue]]:
    for keyword, value in keywords.items():
        if keyword in SCHEMA_KEYWORDS:
            yield (keyword,), value
        elif keyword in LIST_KEYWORDS and isinstance(value, list):
            for index, item in enumerate(value):
                yield (keyword, str(index)), item
        elif keyword in MAP_KEYWORDS and isinstance(value, dict):
            for name, member in value.items():
                yield (keyword, name), member


def pointer_of(*tokens: str) -> str:
    """Returns the JSON Pointer of these reference tokens."""
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in tokens)


def tokens_of(pointer: str) -> list[str]:
    """Returns the reference tokens of a JSON Pointer."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def _member(value: JsonValue, token: str) -> JsonValue:
    if isinstance(value, dict) and token in value:
        return value[token]
    if isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
        return value[int(token)]
    raise DanglingReferenceError("leads to a place that is not in the document")
