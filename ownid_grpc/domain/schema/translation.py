"""A schema in the dialect of jsonschema-rs: its patterns in Rust's, our format as limits."""

from collections.abc import Iterable
from urllib.parse import quote

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.schema.document import Keywords, Node, Schema, pointer_of, tokens_of
from ownid_grpc.domain.schema.formats import INT64, INT64_MAXIMUM, INT64_MINIMUM
from ownid_grpc.domain.schema.patterns import Patterns
from ownid_grpc.domain.schema.references import References


def translated(references: References, patterns: Patterns) -> Schema:
    """Returns a copy of the document in which jsonschema-rs finds what was meant."""
    return _Translation(references, patterns).of_schema(references.document.root.schema)


class _Translation:
    def __init__(self, references: References, patterns: Patterns) -> None:
        self._references = references
        self._nodes = references.document.nodes
        self._patterns = patterns
        self._names = dict(zip(patterns, _distinct(patterns), strict=True))

    def of_schema(self, schema: Schema) -> Schema:
        copy = self._of(schema, "")
        return copy if isinstance(copy, (dict, bool)) else True

    def _of(self, value: JsonValue, pointer: str) -> JsonValue:
        if isinstance(value, list):
            return [self._of(item, f"{pointer}/{index}") for index, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        copy = {name: self._of(each, pointer + pointer_of(name)) for name, each in value.items()}
        if pointer in self._nodes:
            self._translate(copy, self._nodes[pointer])
        return copy

    def _translate(self, schema: Keywords, node: Node) -> None:
        schema.pop("$recursiveRef", None)  # of 2019-09, but jsonschema-rs still follows it
        if isinstance(schema.get("$ref"), str):
            schema["$ref"] = self._reference(self._references.static(node.keywords))
        source, members = schema.get("pattern"), schema.get("patternProperties")
        if isinstance(source, str):
            schema["pattern"] = self._patterns[source].translation
        if isinstance(members, dict):
            schema["patternProperties"] = {
                self._names[source]: member for source, member in members.items()
            }
        if schema.get("format") == INT64:
            others = schema.get("allOf")
            limits: JsonValue = {
                "multipleOf": 1,
                "minimum": INT64_MINIMUM,
                "maximum": INT64_MAXIMUM,
            }
            schema["allOf"] = [*(others if isinstance(others, list) else ()), limits]

    def _reference(self, target: Node) -> str:
        """Returns how a `$ref` names its target: by JSON Pointer.

        By the name of a `$dynamicAnchor` it would come out, in another
        resource, wherever a `$dynamicRef` does.
        """
        within = tokens_of(target.pointer.removeprefix(target.resource.root))
        renamed = [
            self._names.get(token, token) if keyword == "patternProperties" else token
            for keyword, token in zip(("", *within), within, strict=False)
        ]
        return f"{target.resource.uri}#{quote(pointer_of(*renamed))}"


def _distinct(patterns: Patterns) -> Iterable[str]:
    """Yields the translations; of several that are the same, each said differently."""
    taken: set[str] = set()
    for pattern in patterns.values():
        name = pattern.translation
        while name in taken:
            name += "(?:)"
        taken.add(name)
        yield name
