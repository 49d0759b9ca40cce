"""Holds the reading of an account schema to what it refuses, and where it says so."""

import time
from collections.abc import Callable

import pytest

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.schema import AccountSchema
from ownid_grpc.errors import InvalidArgument, Reason

Document = dict[str, JsonValue]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def account(
    properties: JsonValue, definitions: Document | None = None, **keywords: JsonValue
) -> Document:
    """Returns a schema of accounts."""
    defined: Document = {} if definitions is None else {"$defs": definitions}
    return {"type": "object", "properties": properties, **defined, **keywords}


def nested(levels: int, inner: JsonValue) -> JsonValue:
    """Returns a list within a list, so many levels deep."""
    for _ in range(levels):
        inner = [inner]
    return inner


def doubling(around: Callable[[list[JsonValue]], JsonValue]) -> Document:
    """Returns a schema whose forty definitions each refer twice to the next."""
    definitions: Document = {"d40": {}}
    for index in range(40):
        reference: JsonValue = {"$ref": f"#/$defs/d{index + 1}"}
        definitions[f"d{index}"] = around([reference, reference])
    return account({"a": {"$ref": "#/$defs/d0"}}, definitions)


def chain(length: int) -> Document:
    """Returns a schema whose definitions each refer to the next."""
    definitions: Document = {f"d{i}": {"$ref": f"#/$defs/d{i + 1}"} for i in range(length)}
    definitions[f"d{length}"] = {}
    return account({"a": {"$ref": "#/$defs/d0"}}, definitions)


REFUSED: dict[str, tuple[Document, str, str]] = {
    "of no object": ({"type": "array"}, "/type", "type"),
    "without a type": ({"properties": {}}, "/type", "type"),
    "keyword of a wrong type": (
        account({"a": {"minLength": -1}}),
        "/properties/a/minLength",
        "minLength",
    ),
    "unknown type": (account({"a": {"type": "text"}}), "/properties/a/type", "type"),
    "property that is no schema": (account({"a/b~c": 5}), "/properties/a~1b~0c", "properties"),
    "list of schemas that is none": (account({}, allOf=[]), "/allOf", "allOf"),
    "fault within an item": (account({}, allOf=[{"enum": 1}]), "/allOf/0/enum", "enum"),
    "another dialect": (
        {**account({}), "$schema": "http://json-schema.org/draft-07/schema#"},
        "/$schema",
        "$schema",
    ),
    "unknown keyword of ours": (
        account({"a": {"x-ownid-serch": False}}),
        "/properties/a/x-ownid-serch",
        "unknown",
    ),
    "bad value of ours": (
        account({"a": {"x-ownid-self": "all"}}),
        "/properties/a/x-ownid-self",
        "x-ownid-self",
    ),
    "keyword of ours on the account": (
        {**account({}), "x-ownid-search": False},
        "/x-ownid-search",
        "x-ownid-search",
    ),
    "keyword of ours in a list": (
        account({"a": {"items": {"x-ownid-immutable": True}}}),
        "/properties/a/items/x-ownid-immutable",
        "x-ownid-immutable",
    ),
    "keyword of ours under not": (
        account({"a": {"not": {"x-ownid-self": "read"}}}),
        "/properties/a/not/x-ownid-self",
        "x-ownid-self",
    ),
    "login id that is no text": (
        account({"a": {"type": "integer", "x-ownid-login-id": True}}),
        "/properties/a/x-ownid-login-id",
        "x-ownid-login-id",
    ),
    "reference to elsewhere": (
        account({"a": {"$ref": "https://example.com/a"}}),
        "/properties/a/$ref",
        "$ref",
    ),
    "reference to a file": (
        account({"a": {"$ref": "other.json#/a"}}),
        "/properties/a/$ref",
        "$ref",
    ),
    "reference to the metaschema": (
        account({"a": {"$ref": DIALECT}}),
        "/properties/a/$ref",
        "$ref",
    ),
    "reference to nothing": (account({"a": {"$ref": "#/$defs/b"}}), "/properties/a/$ref", "$ref"),
    "reference to no index": (
        account({"a": {"$ref": "#/allOf/\u0660"}}, allOf=[{}]),
        "/properties/a/$ref",
        "$ref",
    ),
    "reference to a long index": (
        account({"a": {"$ref": "#/allOf/" + "9" * 5000}}, allOf=[{}]),
        "/properties/a/$ref",
        "$ref",
    ),
    "reference to what is no schema": (
        account({"a": {"$ref": "#/type"}}),
        "/properties/a/$ref",
        "$ref",
    ),
    "dynamic reference to nothing": (
        account({"a": {"$dynamicRef": "#b"}}),
        "/properties/a/$dynamicRef",
        "$dynamicRef",
    ),
    "name given twice": (
        account({"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}),
        "/properties/b/$anchor",
        "repeated",
    ),
    "look-ahead": (account({"a": {"pattern": "(?=a)"}}), "/properties/a/pattern", "pattern"),
    "look-behind": (account({"a": {"pattern": "(?<!a)b"}}), "/properties/a/pattern", "pattern"),
    "back reference": (account({"a": {"pattern": r"(a)\1"}}), "/properties/a/pattern", "pattern"),
    "pattern of a name": (
        account({"a": {"patternProperties": {"(": True}}}),
        "/properties/a/patternProperties/(",
        "pattern",
    ),
    "pattern that repeats too much": (
        account({"a": {"pattern": "((a{0,99}){0,99}){0,99}"}}),
        "/properties/a/pattern",
        "pattern",
    ),
    "reference to itself": (account({}, allOf=[{"$ref": "#"}]), "", "recursion"),
    "references in a circle": (
        account({}, {"x": {"$ref": "#/$defs/y"}, "y": {"not": {"$ref": "#/$defs/x"}}}),
        "/$defs/x",
        "recursion",
    ),
    "references that double": (doubling(lambda twice: {"allOf": twice}), "", "recursion"),
    "alternatives that double": (doubling(lambda twice: {"anyOf": twice}), "", "recursion"),
    "items that double": (doubling(lambda twice: {"items": {"allOf": twice}}), "", "recursion"),
    "members that double": (
        doubling(lambda twice: account({"x": twice[0], "y": twice[1]})),
        "",
        "recursion",
    ),
    "references without end": (chain(3000), "", "recursion"),
    "anchors that may mean too much": (
        account(
            {
                f"a{index}": {
                    "$id": f"urn:example:{index}",
                    "$dynamicAnchor": "node",
                    "items": {"$dynamicRef": "#node"},
                }
                for index in range(2000)
            }
        ),
        "",
        "recursion",
    ),
    "nested too deep": (account({"a": {"const": nested(100_000, 1)}}), "", "depth"),
    "too long": (account({"a": {"enum": [str(number) for number in range(90_000)]}}), "", "size"),
    "infinite number": (account({"a": {"maximum": float("inf")}}), "", "json"),
    "lone surrogate": (account({"a": {"const": "\ud800"}}), "", "json"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_schema_is_refused_where_it_is_wrong(name: str) -> None:
    """What is wrong with a schema is named by JSON Pointer and rule, within seconds of work."""
    document, pointer, rule = REFUSED[name]
    start = time.process_time()

    with pytest.raises(InvalidArgument) as caught:
        AccountSchema.parse(document)

    assert caught.value.reason is Reason.ACCOUNT_SCHEMA_INVALID
    found = [(each.field, each.rule) for each in caught.value.violations]
    assert (f"account_schema.json_schema#{pointer}", rule) in found
    assert time.process_time() - start < 3


def test_every_fault_is_named_at_once() -> None:
    """A schema with several faults is refused once, with all of them."""
    document = account({"a": {"type": "text"}, "b": {"pattern": "("}, "c": {"x-ownid-x": 1}})

    with pytest.raises(InvalidArgument) as caught:
        AccountSchema.parse(document)

    assert {each.field.partition("#")[2] for each in caught.value.violations} == {
        "/properties/a/type",
        "/properties/b/pattern",
        "/properties/c/x-ownid-x",
    }


ACCEPTED: dict[str, Document] = {
    "recursion that goes deeper": account({"a": {"$ref": "#"}}),
    "definition of one's own": account({"a": {"$ref": "#/$defs/b"}}, {"b": {}}),
    "resource by name": account(
        {"a": {"$ref": "urn:example:b#c"}},
        {"b": {"$id": "urn:example:b", "$defs": {"c": {"$anchor": "c"}}}},
    ),
    "place under an unknown keyword": account({"a": {"$ref": "#/shared/b"}}, shared={"b": {}}),
    "dialect named": {**account({}), "$schema": DIALECT},
    "odd names": account({"a\0b": {}, "\ufeff": {}, "": {}, "a.b": {}, "$ref": {}}),
    "a default that is wrong": account({"a": {"type": "string", "default": 5}}),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_closed_document_is_accepted(name: str) -> None:
    """A document that needs nothing from outside is a schema."""
    schema = AccountSchema.parse(ACCEPTED[name])

    assert schema.document == ACCEPTED[name]


LONG = "a" * 200_000

HEAVY: dict[str, tuple[JsonValue, JsonValue, str]] = {
    "pattern that backtracks": ({"pattern": "^(a+)+$"}, LONG + "!", "pattern"),
    "alternatives that backtrack": ({"pattern": "^(a|aa)+$"}, LONG + "!", "pattern"),
    "many counts": ({"pattern": "^.{0,1000}$"}, LONG, "pattern"),
    "smallest divisor": ({"type": "string", "multipleOf": 5e-324}, 1.7e308, "type"),
    "items that all are looked at": (
        {"items": {"allOf": [{"type": "integer"}] * 400}},
        [*[1] * 60_000, "x"],
        "size",
    ),
    "long list of choices": (
        {"items": {"enum": [str(number) for number in range(20_000)]}},
        [*["19999"] * 20_000, "x"],
        "enum",
    ),
    "many unlike items": ({"uniqueItems": True}, [*range(30_000), 5], "uniqueItems"),
    "deep value": ({}, nested(100_000, 1), "depth"),
    "nested alternatives": (
        {"$ref": "#/$defs/tree"},
        [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["x"]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]],
        "anyOf",
    ),
}


@pytest.mark.parametrize("name", HEAVY)
def test_heavy_value_is_judged_in_time(name: str) -> None:
    """However heavy a value is, what is wrong with it is told soon, and as what it is."""
    schema, value, rule = HEAVY[name]
    tree: JsonValue = {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/tree"}}]}
    parsed = AccountSchema.parse(account({"p": schema}, {"tree": tree}))
    start = time.monotonic()

    faults = parsed.faults({"p": value})

    assert rule in {fault.rule for fault in faults}
    assert time.monotonic() - start < 3
