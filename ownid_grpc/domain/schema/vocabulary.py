"""The keywords of JSON Schema 2020-12 and ours: where they hold schemas, what their values are."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"

SCHEMA_KEYWORDS = frozenset(
    (
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    )
)
"""Keywords whose value is a schema."""

LIST_KEYWORDS = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
"""Keywords whose value is a list of schemas."""

MAP_KEYWORDS = frozenset(
    (
        "$defs",
        "definitions",
        "dependencies",
        "dependentSchemas",
        "patternProperties",
        "properties",
    )
)
"""Keywords whose value is an object of schemas; in `dependencies` also of lists of names."""

IN_PLACE_KEYWORDS = frozenset(
    (
        "allOf",
        "anyOf",
        "dependencies",
        "dependentSchemas",
        "else",
        "if",
        "not",
        "oneOf",
        "then",
    )
)
"""Keywords that hold their schemas against the very value that they stand for."""

IDLE_KEYWORDS = frozenset(("$defs", "definitions", "contentSchema"))
"""Keywords whose schemas are held against nothing unless something refers to them."""

LOGIN_ID = "x-ownid-login-id"
SELF = "x-ownid-self"
IMMUTABLE = "x-ownid-immutable"
SEARCH = "x-ownid-search"
OWN_PREFIX = "x-ownid-"

OWN_KEYWORDS: dict[str, tuple[bool | str, ...]] = {
    LOGIN_ID: (True, False, "exact"),
    SELF: ("none", "read", "write", "write-once"),
    IMMUTABLE: (True, False),
    SEARCH: (True, False),
}
"""Our keywords, and the values that each may have."""

A_SCHEMA = "a schema: an object, true or false"
_SCHEMAS = "a list of schemas with at least one"
_SCHEMA_MAP = "an object of schemas"
_COUNT = "a whole number, zero or more"
_NUMBER = "a number"
_TEXT = "a text"
_FLAG = "true or false"
_NAMES = "a list of property names, each once"
_TYPE_NAMES = "array, boolean, integer, null, number, object or string"

EXPECTED: dict[str, str] = {
    **dict.fromkeys(SCHEMA_KEYWORDS, A_SCHEMA),
    **dict.fromkeys(LIST_KEYWORDS, _SCHEMAS),
    **dict.fromkeys(MAP_KEYWORDS, _SCHEMA_MAP),
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
        _COUNT,
    ),
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum"), _NUMBER),
    **dict.fromkeys(
        (
            "$comment",
            "contentEncoding",
            "contentMediaType",
            "description",
            "format",
            "pattern",
            "title",
        ),
        _TEXT,
    ),
    **dict.fromkeys(("deprecated", "readOnly", "uniqueItems", "writeOnly"), _FLAG),
    "$anchor": "a name of letters, digits, '-', '_' and '.'",
    "$dynamicAnchor": "a name of letters, digits, '-', '_' and '.'",
    "$dynamicRef": "a reference (RFC 3986)",
    "$id": "a URI without a fragment",
    "$ref": "a reference (RFC 3986)",
    "$schema": f"'{DIALECT}'",
    "$vocabulary": "an object of true and false by URI",
    "dependencies": "an object of schemas, or of lists of property names",
    "dependentRequired": "an object of lists of property names",
    "enum": "a list",
    "examples": "a list",
    "multipleOf": "a number above zero",
    "required": _NAMES,
    "type": f"{_TYPE_NAMES}, or a list of these, each once",
}
"""What the value of each standard keyword must be, in words."""
