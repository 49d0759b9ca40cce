"""Holds a schema against sources: what they cannot hold or give, and what is read off them."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownid_grpc.domain.account import JsonValue, PropertyPath
from ownid_grpc.domain.schema import AccountSchema, infer_schema
from ownid_grpc.domain.source import Capability, Kind, PropertyDescription, SourceDescription

SOURCE = SourceDescription(
    (
        PropertyDescription(("email",), Kind.TEXT, can_be_absent=False, max_length=20),
        PropertyDescription(("points",), Kind.INTEGER, minimum=0, maximum=255),
        PropertyDescription(("balance",), Kind.NUMBER),
        PropertyDescription(("active",), Kind.BOOLEAN),
        PropertyDescription(("seen",), Kind.TIMESTAMP),
        PropertyDescription(("born",), Kind.DATE),
        PropertyDescription(("tags",), Kind.ARRAY, item_kind=Kind.TEXT),
        PropertyDescription(("extra",), Kind.OBJECT),
        PropertyDescription(("any",), Kind.ANY),
        PropertyDescription(("plan",), Kind.TEXT, choices=("free", "paid")),
        PropertyDescription(("address", "city"), Kind.TEXT),
        PropertyDescription(("rank",), Kind.INTEGER, is_writable=False),
        PropertyDescription(("number",), Kind.INTEGER, is_writable=False, can_be_absent=False),
    ),
    frozenset(Capability),
)

EMAIL: JsonValue = {"type": "string"}


def disagreements(
    properties: dict[str, JsonValue], required: tuple[str, ...] = ("email",)
) -> set[tuple[str, str]]:
    """Returns where a schema of these and of an email disagrees with the source."""
    document: dict[str, JsonValue] = {
        "type": "object",
        "properties": {"email": EMAIL, **properties},
        "required": list(required),
    }
    faults = AccountSchema.parse(document).disagreements(SOURCE)
    return {(fault.field.partition("#")[2], fault.rule) for fault in faults}


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"points": {"type": "integer"}},
        {"points": {"type": ["integer", "null"], "maximum": 1000}},
        {"points": {"type": "number", "multipleOf": 1}},
        {"points": {"enum": [1, 2]}},
        {"balance": {"type": "integer"}},
        {"seen": {"type": "string", "format": "date-time"}},
        {"extra": {"type": "object"}},
        {"extra": {"type": "object", "properties": {"a": {"type": "object"}}}},
        {"any": {}},
        {"any": {"type": "string", "format": "email"}},
        {"plan": {"const": "free", "default": "free"}},
        {"address": {"type": "object", "properties": {"city": {"type": "string"}}}},
        {"number": {"type": "integer", "readOnly": True}},
        {"points": {"$ref": "#/properties/rank"}, "rank": {"type": "integer"}},
    ],
    ids=str,
)
def test_schema_that_the_source_can_hold_agrees(properties: dict[str, JsonValue]) -> None:
    """A schema that promises no more than its source can hold has no disagreement."""
    assert disagreements(properties) == set()


@pytest.mark.parametrize(
    ("properties", "pointer", "rule"),
    [
        ({"emial": {"type": "string"}}, "/properties/emial", "unknown"),
        (
            {"address": {"type": "object", "properties": {"zip": {}}}},
            "/properties/address/properties/zip",
            "unknown",
        ),
        ({"points": {"type": "string"}}, "/properties/points/type", "type"),
        ({"points": {"type": "number"}}, "/properties/points/type", "type"),
        ({"points": {}}, "/properties/points/type", "type"),
        ({"points": {"const": "one"}}, "/properties/points/type", "type"),
        (
            {"points": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}},
            "/properties/points/type",
            "type",
        ),
        ({"points": {"type": "integer", "minimum": 256}}, "/properties/points/minimum", "minimum"),
        ({"points": {"type": "integer", "maximum": -1}}, "/properties/points/maximum", "maximum"),
        ({"active": {"type": "integer"}}, "/properties/active/type", "type"),
        ({"seen": {"type": "string", "format": "date"}}, "/properties/seen/format", "format"),
        ({"tags": {"type": "string"}}, "/properties/tags/type", "type"),
        (
            {"tags": {"type": "array", "items": {"type": "integer"}}},
            "/properties/tags/items/type",
            "type",
        ),
        ({"extra": {"type": "array"}}, "/properties/extra/type", "type"),
        ({"plan": {"type": "string", "enum": ["gold"]}}, "/properties/plan/enum", "enum"),
        ({"plan": {"type": "string", "default": "gold"}}, "/properties/plan/default", "default"),
        ({"points": {"enum": [1, 256]}}, "/properties/points/enum", "enum"),
        (
            {"points": {"type": "integer", "default": -1}},
            "/properties/points/default",
            "default",
        ),
        ({"email": {"enum": ["x" * 21]}}, "/properties/email/enum", "enum"),
        ({"address": {"type": "string"}}, "/properties/address/type", "type"),
        ({"address": {"type": "object"}}, "/properties/address", "additionalProperties"),
        (
            {
                "address": {
                    "type": "object",
                    "properties": {"city": {"type": "string"}},
                    "additionalProperties": True,
                }
            },
            "/properties/address",
            "additionalProperties",
        ),
        (
            {"email": {"type": "string", "minLength": 21}},
            "/properties/email/minLength",
            "minLength",
        ),
    ],
    ids=str,
)
def test_schema_that_the_source_cannot_hold_is_told_where(
    properties: dict[str, JsonValue], pointer: str, rule: str
) -> None:
    """What the source cannot hold is named by JSON Pointer and rule."""
    assert (pointer, rule) in disagreements(properties)


def test_required_property_that_the_source_cannot_give_is_told() -> None:
    """A property that may be absent and that nobody can write cannot be required."""
    found = disagreements({"rank": {"type": "integer", "readOnly": True}}, ("email", "rank"))

    assert found == {("/properties/rank", "required")}


def test_required_property_that_nobody_defines_is_told() -> None:
    """A schema cannot require what no account can have, at the root or within an object."""
    city: JsonValue = {"type": "object", "properties": {"city": EMAIL}, "required": ["zip"]}

    found = disagreements({"address": city}, ("email", "ghost"))

    assert found == {("/required", "required"), ("/properties/address/required", "required")}


def test_required_property_that_the_mapping_only_reads_must_say_so() -> None:
    """A required property that only the database gives must be read-only."""
    found = disagreements({"number": {"type": "integer"}}, ("email", "number"))

    assert found == {("/properties/number", "required")}


@pytest.mark.parametrize(
    "properties",
    [
        pytest.param({}, id="nothing said of what must not be NULL"),
        pytest.param({"email": {"type": "string"}}, id="not required"),
        pytest.param({"email": {"type": "string", "readOnly": True}}, id="only read"),
        pytest.param({"seen": {"type": "string"}}, id="a time without its format"),
    ],
)
def test_schema_may_be_laxer_than_the_source(properties: dict[str, JsonValue]) -> None:
    """What a single write may break is that write's to hear of, not the schema's."""
    assert disagreements(properties, ()) == set()


names = st.text(min_size=1, max_size=4) | st.sampled_from(("email", "userName", "a.b", "a/b", "~"))
bounds = st.none() | st.integers(-(10**20), 10**20) | st.decimals(allow_nan=False, places=2)


@st.composite
def properties_at(draw: st.DrawFn, path: PropertyPath) -> PropertyDescription:
    """Returns descriptions of a place, whatever it can hold."""
    kind = draw(st.sampled_from(Kind))
    return PropertyDescription(
        path,
        kind,
        can_be_absent=draw(st.booleans()),
        is_writable=draw(st.booleans()),
        is_filled=draw(st.booleans()),
        is_unique=draw(st.booleans()),
        max_length=draw(st.none() | st.integers(1, 9)) if kind is Kind.TEXT else None,
        minimum=draw(bounds) if kind in (Kind.INTEGER, Kind.NUMBER) else None,
        maximum=draw(bounds) if kind in (Kind.INTEGER, Kind.NUMBER) else None,
        choices=draw(st.none() | st.just(choices_of(kind))),
        item_kind=draw(st.none() | st.sampled_from(Kind)) if kind is Kind.ARRAY else None,
        format=draw(st.sampled_from((None, "email", "uuid"))) if kind is Kind.TEXT else None,
    )


def test_open_source_takes_what_it_does_not_list() -> None:
    """A property without a place is no disagreement there, unless it is a login id."""
    document: dict[str, JsonValue] = {
        "type": "object",
        "properties": {
            "email": EMAIL,
            "hobby": {"type": "object", "properties": {"name": {"type": "string"}}},
            "address": {"type": "object", "properties": {"zip": {"type": "string"}}},
            "handle": {"type": "string", "x-ownid-login-id": True},
        },
        "required": ["email"],
    }

    faults = AccountSchema.parse(document).disagreements(replace(SOURCE, is_open=True))

    assert [(fault.field.partition("#")[2], fault.rule) for fault in faults] == [
        ("/properties/handle", "x-ownid-login-id")
    ]


def choices_of(kind: Kind) -> tuple[JsonValue, ...] | None:
    """Returns values that a place of a kind may be limited to."""
    choices: dict[Kind, tuple[JsonValue, ...]] = {
        Kind.TEXT: ("a", "b", None),
        Kind.INTEGER: (1, 2),
        Kind.NUMBER: (Decimal("1.50"), Decimal(2), 0.1),
        Kind.BOOLEAN: (True, False),
    }
    return choices.get(kind)


@st.composite
def sources(draw: st.DrawFn) -> SourceDescription:
    """Returns sources whose properties lie beside one another or in objects, up to three deep."""
    paths = draw(st.sets(st.lists(names, min_size=1, max_size=3).map(tuple), max_size=8))
    leaves = [
        path
        for path in paths
        if not any(other != path and other[: len(path)] == path for other in paths)
    ]
    properties = tuple(draw(properties_at(path)) for path in sorted(leaves))
    capabilities = draw(st.frozensets(st.sampled_from(Capability)))
    return SourceDescription(properties, capabilities)


@given(sources())
def test_inferred_schema_agrees_with_its_source(source: SourceDescription) -> None:
    """What is read off a source is a schema, has every property and agrees with the source."""
    schema = AccountSchema.parse(infer_schema(source))

    assert schema.disagreements(source) == []
    assert {place.path for place in source.properties} <= set(schema.properties)
