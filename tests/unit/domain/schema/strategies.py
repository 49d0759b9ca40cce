"""Schemas and values made at random, but likely to have to do with one another."""

from hypothesis import strategies as st

from ownid_grpc.domain.account import JsonValue

Strategy = st.SearchStrategy[JsonValue]

NAMES = ("a", "b", "c", "é")
TEXTS = ("", "a", "b", "ab", "é", "😀", "1.5", "2024-02-29", "ada@example.org", "12:00:00Z")
NUMBERS = (0, 1, 2, 3, -1, 0.5, 1.0, -0.0, 0.01, 19.99, 2**53 + 1, 2**64, 1e30, 1e308)
PATTERNS = ("^a", "b$", r"^\w+$", r"\d", "^.$", "[^a]", r"^\S*$", "(a|b)+", r"\p{L}")
FORMATS = ("date", "date-time", "email", "int64", "ipv4", "time", "uuid", "unheard-of")
TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
REFERENCES = ("#", "#/$defs/x", "#/$defs/y", "#/$defs/z", "#end", "#/properties/a", "inner")

names = st.sampled_from(NAMES)
counts = st.integers(0, 3)
numbers: Strategy = st.sampled_from(NUMBERS)
scalars: Strategy = st.one_of(
    st.none(), st.booleans(), numbers, st.sampled_from(TEXTS), st.text(max_size=3)
)


def values() -> Strategy:
    """Returns JSON values, nested a little."""
    return st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)
        ),
        max_leaves=8,
    )


def schemas() -> st.SearchStrategy[dict[str, JsonValue]]:
    """Returns schemas that say all that can be said; the references of some lead nowhere."""
    inner = st.recursive(
        st.one_of(st.booleans(), _keywords(st.booleans())), _keywords, max_leaves=9
    )
    definitions = st.fixed_dictionaries(
        {
            "x": inner,
            "y": inner,
            "z": st.just({"$anchor": "end"}),
            "w": inner.map(lambda each: {"$id": "inner", "$dynamicAnchor": "node", "not": each}),
        }
    )
    return st.builds(_with_definitions, _keywords(inner), definitions)


def _with_definitions(schema: JsonValue, definitions: JsonValue) -> dict[str, JsonValue]:
    keywords = schema if isinstance(schema, dict) else {}
    return {**keywords, "$dynamicAnchor": "node", "$defs": definitions}


def _keywords(inner: Strategy) -> Strategy:
    """Returns schemas of up to four keywords, whose subschemas are `inner`."""
    said = [_one(keyword, value) for keyword, value in (_ASSERTED | _holding(inner)).items()]
    return st.lists(st.one_of(said), max_size=4).map(dict)


def _one(keyword: str, value: Strategy) -> st.SearchStrategy[tuple[str, JsonValue]]:
    return st.tuples(st.just(keyword), value)


def _holding(inner: Strategy) -> dict[str, Strategy]:
    several = st.lists(inner, min_size=1, max_size=3)
    by_name = st.dictionaries(names, inner, max_size=3)
    by_pattern = st.dictionaries(st.sampled_from(PATTERNS), inner, max_size=2)
    return {
        **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), several),
        **dict.fromkeys(("properties", "dependentSchemas"), by_name),
        **dict.fromkeys(
            (
                "additionalProperties",
                "contains",
                "else",
                "if",
                "items",
                "not",
                "propertyNames",
                "then",
                "unevaluatedItems",
                "unevaluatedProperties",
            ),
            inner,
        ),
        "dependencies": st.dictionaries(
            names, st.one_of(inner, st.lists(names, unique=True, max_size=2)), max_size=2
        ),
        "patternProperties": by_pattern,
    }


_ASSERTED: dict[str, Strategy] = {
    **dict.fromkeys(
        (
            "maxContains",
            "maxItems",
            "maxLength",
            "maxProperties",
            "minContains",
            "minItems",
            "minLength",
            "minProperties",
        ),
        counts,
    ),
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum"), numbers),
    "$dynamicRef": st.sampled_from(("#node", "inner#node", "#end")),
    "$ref": st.sampled_from(REFERENCES),
    "const": values(),
    "default": values(),
    "dependentRequired": st.dictionaries(names, st.lists(names, unique=True, max_size=2)),
    "enum": st.lists(values(), min_size=1, max_size=3),
    "format": st.sampled_from(FORMATS),
    "multipleOf": st.sampled_from((1, 2, 0.5, 0.01, 1.5, 1e-8)),
    "pattern": st.sampled_from(PATTERNS),
    "readOnly": st.booleans(),
    "required": st.lists(names, unique=True, max_size=2),
    "type": st.one_of(
        st.sampled_from(TYPES), st.lists(st.sampled_from(TYPES), unique=True, min_size=1)
    ),
    "uniqueItems": st.booleans(),
    "writeOnly": st.booleans(),
}
