"""What an evaluation by jsonschema carries along: where it came from, and what is compiled."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from referencing import Resource as SchemaResource

from ownid_grpc.domain.schema.document import Keywords, Node, Resource, Schema
from ownid_grpc.domain.schema.numbers import identity
from ownid_grpc.domain.schema.patterns import Patterns
from ownid_grpc.domain.schema.references import References

MAX_STEPS = 100_000
"""Keywords, members and items that may be looked at to say what is wrong with a value: a second."""


class TooManyStepsError(Exception):
    """What is wrong with a value cannot be told in time."""


@dataclass(slots=True)
class Evaluation:
    """What holding one value against a schema has found, and how much it took.

    `verdicts` are by schema, value and the resources entered: schema and value
    live as long as the evaluation does, so that their ids name them.
    """

    verdicts: dict[tuple[int, int, tuple[Resource, ...]], bool] = field(default_factory=dict)
    steps: int = 0

    def spend(self, steps: int) -> None:
        """Notes the steps taken; raises `TooManyStepsError` where they are too many."""
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise TooManyStepsError


@dataclass(frozen=True, slots=True)
class Scope:
    """The resources that an evaluation has entered, the outermost first.

    Stands in for the resolver of jsonschema, which does not note every
    resource that is entered on the way down, and may follow a `$ref` as if it
    were a `$dynamicRef`. `choices` are the identities of the values of each
    `enum`, by the id of the list.
    """

    references: References
    patterns: Patterns
    entered: tuple[Resource, ...]
    choices: Mapping[int, frozenset[Hashable]]
    evaluation: Evaluation = field(default_factory=Evaluation)

    def anew(self) -> "Scope":
        """Returns the scope for the evaluation of another value."""
        return replace(self, evaluation=Evaluation())

    @classmethod
    def of(cls, references: References, patterns: Patterns) -> "Scope":
        """Returns the scope of a whole document."""
        choices = {
            id(values): frozenset(identity(each) for each in values)
            for node in references.document.nodes.values()
            if isinstance(values := node.keywords.get("enum"), list)
        }
        return cls(references, patterns, (references.document.root.resource,), choices)

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
