"""What an evaluation by jsonschema carries along: where it came from, and what is compiled."""

from dataclasses import dataclass, replace
from typing import Protocol

from referencing import Resource as SchemaResource

from ownid_grpc.domain.schema.document import Keywords, Node, Resource, Schema
from ownid_grpc.domain.schema.patterns import Patterns
from ownid_grpc.domain.schema.references import References


@dataclass(frozen=True, slots=True)
class Scope:
    """The resources that an evaluation has entered, the outermost first.

    Stands in for the resolver of jsonschema, which does not note every
    resource that is entered on the way down, and may follow a `$ref` as if it
    were a `$dynamicRef`.
    """

    references: References
    patterns: Patterns
    entered: tuple[Resource, ...]

    def in_subresource(self, subresource: SchemaResource[Schema]) -> "Scope":
        """Returns the scope within a schema that jsonschema goes down into."""
        return self.within(subresource.contents)

    def within(self, schema: Schema) -> "Scope":
        """Returns the scope within a subschema."""
        node = self.references.node_of(schema)
        return self if node is None else self.entering(node)

    def entering(self, node: Node) -> "Scope":
        """Returns the scope within `node`, wherever it stands."""
        if self.entered[-1] is node.resource:
            return self
        return replace(self, entered=(*self.entered, node.resource))

    def static_target(self, keywords: Keywords) -> Node:
        """Returns what the `$ref` of a schema means."""
        return self.references.static(keywords)

    def dynamic_target(self, keywords: Keywords) -> Node:
        """Returns what the `$dynamicRef` of a schema means, come from where we do."""
        anchor = self.references.dynamic_anchor(keywords)
        if anchor is not None:
            for resource in self.entered:
                if anchor in resource.dynamic_anchors:
                    return self.references.document.nodes[resource.dynamic_anchors[anchor]]
        return self.references.initial(keywords)


class HasScope(Protocol):
    """A validator of jsonschema, whose resolver a scope stands in for."""

    _resolver: Scope


def scope_of(validator: HasScope) -> Scope:
    """Returns the scope that `validator` is in."""
    return validator._resolver  # noqa: SLF001  jsonschema has no public way to carry it
