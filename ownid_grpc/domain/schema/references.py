"""What each reference of a document means, found once, so that no engine has to look."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import TypeAlias

from ownid_grpc.domain.schema.document import (
    DanglingReferenceError,
    Document,
    Keywords,
    Node,
    Schema,
    dynamic_anchor,
)
from ownid_grpc.domain.schema.faults import schema_violation
from ownid_grpc.errors import Violation

Binding: TypeAlias = Mapping[str, Node]
"""The schema that each dynamic anchor means."""

MAX_BINDINGS = 8


@dataclass(frozen=True, slots=True)
class References:
    """The targets of `$ref` and `$dynamicRef`, by the schema that they stand in."""

    document: Document
    nodes: dict[int, Node] = field(default_factory=dict)
    static_targets: dict[int, Node] = field(default_factory=dict)
    initial_targets: dict[int, Node] = field(default_factory=dict)

    def node_of(self, schema: Schema) -> Node | None:
        """Returns the node that this very schema stands at; true and false stand anywhere."""
        return self.nodes.get(id(schema))

    def static(self, keywords: Keywords) -> Node:
        """Returns what the schema's `$ref` means."""
        return self.static_targets[id(keywords)]

    def initial(self, keywords: Keywords) -> Node:
        """Returns what the schema's `$dynamicRef` would mean, were it a `$ref`."""
        return self.initial_targets[id(keywords)]

    def bindings(self) -> list[Binding] | None:
        """Returns all that the anchors of dynamic references can come to mean together.

        On any one way into a value the first resource with an anchor binds it
        for good. None where there are more than `MAX_BINDINGS`.
        """
        targets = {
            anchor: self.document.dynamic_targets(anchor)
            for anchor in sorted(self._anchors_looked_for())
        }
        if prod(len(each) for each in targets.values()) > MAX_BINDINGS:
            return None
        return [dict(zip(targets, choice, strict=True)) for choice in product(*targets.values())]

    def followed(self, node: Node, binding: Binding | None = None) -> Iterator[Node]:
        """Yields all schemas that the references at `node` can mean, with anchors so bound."""
        keywords = node.keywords
        if id(keywords) in self.static_targets:
            yield self.static_targets[id(keywords)]
        if id(keywords) in self.initial_targets:
            anchor = self.dynamic_anchor(keywords)
            if anchor is None:
                yield self.initial(keywords)
            elif binding is None:
                yield from self.document.dynamic_targets(anchor)
            else:
                yield binding[anchor]

    def _anchors_looked_for(self) -> set[str]:
        anchors = (
            self.dynamic_anchor(self.nodes[schema].keywords) for schema in self.initial_targets
        )
        return {anchor for anchor in anchors if anchor is not None}

    def dynamic_anchor(self, keywords: Keywords) -> str | None:
        """Returns the anchor that the schema's `$dynamicRef` looks for on its way, if any."""
        return dynamic_anchor(self.initial(keywords), str(keywords["$dynamicRef"]))


def resolve(document: Document) -> tuple[References, list[Violation]]:
    """Returns what the references mean, and a fault for each that means nothing."""
    references = References(document)
    faults = [
        schema_violation(pointer, "repeated", "is a name that the document already has")
        for pointer in document.repeated_names
    ]
    pending = list(document.nodes.values())
    while pending:
        known = len(document.nodes)
        for node in pending:
            if isinstance(node.schema, dict):
                references.nodes[id(node.schema)] = node
            faults.extend(_resolve(references, node))
        pending = list(document.nodes.values())[known:]
    return references, faults


def _resolve(references: References, node: Node) -> Iterator[Violation]:
    targets = {"$ref": references.static_targets, "$dynamicRef": references.initial_targets}
    for keyword, found in targets.items():
        reference = node.keywords.get(keyword)
        if not isinstance(reference, str):
            continue
        try:
            found[id(node.keywords)] = references.document.target(node, reference)
        except DanglingReferenceError as error:
            yield schema_violation(f"{node.pointer}/{keyword}", keyword, str(error))
