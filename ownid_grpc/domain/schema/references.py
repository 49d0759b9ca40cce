"""What each reference of a document means, found once, so that no engine has to look."""

from collections.abc import Iterator
from dataclasses import dataclass, field

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

    def followed(self, node: Node) -> Iterator[Node]:
        """Yields all schemas that the references standing at `node` can mean."""
        keywords = node.keywords
        if id(keywords) in self.static_targets:
            yield self.static_targets[id(keywords)]
        if id(keywords) in self.initial_targets:
            reference = keywords["$dynamicRef"]
            initial = self.initial_targets[id(keywords)]
            yield from self.document.dynamic_targets(initial, str(reference))

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
