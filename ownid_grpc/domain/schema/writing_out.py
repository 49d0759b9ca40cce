"""Writes subschemas out so that each stands by itself, without the document around it."""

from collections.abc import Mapping

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.schema.document import Document, Keywords, Node, subschemas
from ownid_grpc.domain.schema.references import resolve
from ownid_grpc.domain.schema.vocabulary import (
    EXPECTED,
    LIST_KEYWORDS,
    MAP_KEYWORDS,
    SCHEMA_KEYWORDS,
)

_MOST_NODES = 20_000
_OF_THE_DOCUMENT = frozenset(
    (
        "$anchor",
        "$comment",
        "$defs",
        "$dynamicAnchor",
        "$dynamicRef",
        "$id",
        "$ref",
        "$schema",
        "$vocabulary",
        "definitions",
    )
)
_KEPT = (EXPECTED.keys() | {"const", "default"}) - _OF_THE_DOCUMENT
"""What nobody knows is left out: it may say anything, of whatever else there is."""


class SchemaWriter:
    """Writes out the subschemas of one document.

    References that lead back to themselves, or many that lead to many, would
    never end: what is cut off allows everything.
    """

    def __init__(self, document: Mapping[str, JsonValue]) -> None:
        self._document = Document(dict(document))
        self._references, _ = resolve(self._document)
        self._left = _MOST_NODES

    def written_out(self, pointer: str) -> JsonValue:
        """Returns the subschema at a JSON Pointer with each reference replaced by its target."""
        return self._written(self._document.nodes[pointer], frozenset())

    def keywords_at(self, pointer: str) -> Keywords:
        """Returns the keywords of the subschema itself, as they stand in the document."""
        return self._document.nodes[pointer].keywords

    def reached(self, pointer: str) -> set[str]:
        """Returns where all stands that the subschema holds or refers to, however far on.

        The pointer itself is among it only where something leads back there.
        """
        found: set[str] = set()
        pending = self._next(self._document.nodes[pointer])
        while pending:
            node = pending.pop()
            if node.pointer not in found:
                found.add(node.pointer)
                pending += self._next(node)
        return found

    def _next(self, node: Node) -> list[Node]:
        inner = [self._document.child(node, *tokens) for tokens, _ in subschemas(node.keywords)]
        return [*inner, *self._references.followed(node)]

    def _written(self, node: Node, within: frozenset[str]) -> JsonValue:
        self._left -= 1
        if not isinstance(node.schema, dict):
            return node.schema
        if node.pointer in within or self._left <= 0:
            return True
        within |= {node.pointer}
        written: dict[str, JsonValue] = {
            word: self._value(node, word, within) for word in node.schema if word in _KEPT
        }
        targets = [self._written(each, within) for each in self._references.followed(node)]
        if not targets:
            return written
        found: JsonValue = targets[0] if len(targets) == 1 else {"anyOf": targets}
        if not written:
            return found
        before = written.get("allOf")
        return {**written, "allOf": [*(before if isinstance(before, list) else ()), found]}

    def _value(self, node: Node, word: str, within: frozenset[str]) -> JsonValue:
        value: JsonValue = node.keywords[word]
        if word in SCHEMA_KEYWORDS:
            return self._part(node, value, within, word)
        if word in LIST_KEYWORDS and isinstance(value, list):
            return [
                self._part(node, item, within, word, str(index)) for index, item in enumerate(value)
            ]
        if word in MAP_KEYWORDS and isinstance(value, dict):
            return {
                name: self._part(node, item, within, word, name) for name, item in value.items()
            }
        return value

    def _part(
        self, node: Node, value: JsonValue, within: frozenset[str], *tokens: str
    ) -> JsonValue:
        if not isinstance(value, (dict, bool)):
            return value
        return self._written(self._document.child(node, *tokens), within)
