"""Holds both engines to what each keyword means, and to one another."""

from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from hypothesis import HealthCheck, given, reject, settings

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.schema import AccountSchema
from ownid_grpc.domain.schema.reading import read_schema
from ownid_grpc.domain.schema.validation import Validation
from tests.unit.domain.schema.strategies import schemas, values

KEYWORDS = Path(__file__).parents[3] / "cases" / "keywords.yaml"
MARK = "zanzibar"


class Case(NamedTuple):
    """A schema of a property, a value of it, and the fault that it has."""

    schema: dict[str, JsonValue]
    value: JsonValue
    fault: tuple[str, str] | None = None


def cases() -> list[Case]:
    """Returns the table's cases, one a value."""
    found = []
    for line in yaml.safe_load(KEYWORDS.read_text("utf-8")):
        found += [Case(line["schema"], value) for value in line.get("right", ())]
        found += [
            Case(line["schema"], value, (f"account.profile.p{place}", rule))
            for value, place, rule in line.get("wrong", ())
        ]
    return found


def account_of(schema: JsonValue) -> dict[str, JsonValue]:
    """Returns an account schema with one property."""
    return {"type": "object", "properties": {"p": schema}}


def validation_of(schema: dict[str, JsonValue]) -> Validation | None:
    """Returns the validation by a schema, None where the schema is refused."""
    parts, faults = read_schema(schema)
    return None if faults else Validation.compile(parts.references, parts.patterns)


@pytest.mark.parametrize("case", cases(), ids=str)
def test_keyword_means_the_same_to_both_engines(case: Case) -> None:
    """Each engine accepts the right values of a keyword and refuses the wrong ones."""
    validation = validation_of(account_of(case.schema))
    assert validation is not None

    verdicts = {
        validation.quick.is_valid({"p": case.value}),
        not validation.faults({"p": case.value}),
    }

    assert verdicts == {case.fault is None}


@pytest.mark.parametrize("case", [case for case in cases() if case.fault], ids=str)
def test_fault_names_place_and_rule(case: Case) -> None:
    """A fault says where in the profile it is and which keyword it breaks."""
    faults = AccountSchema.parse(account_of(case.schema)).faults({"p": case.value})

    assert case.fault in [(fault.field, fault.rule) for fault in faults]


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(schemas(), values())
def test_engines_agree_on_any_schema_and_value(
    schema: dict[str, JsonValue], value: JsonValue
) -> None:
    """What one engine accepts, the other accepts too, whatever the schema."""
    validation = validation_of(schema)
    if validation is None:
        reject()

    assert validation.quick.is_valid(value) == (not validation.faults(value))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer"},
        {"enum": ["a"]},
        {"const": "a"},
        {"maxLength": 2},
        {"minLength": 90},
        {"pattern": "^a$"},
        {"format": "email"},
        {"anyOf": [{"const": 1}, {"const": 2}]},
        {"oneOf": [{"type": "string"}, True]},
        {"not": {}},
        {"allOf": [False]},
        {"if": {}, "then": False},
        {"$ref": "#/$defs/never"},
        False,
    ],
    ids=str,
)
@pytest.mark.parametrize("depth", ["alone", "in a list", "in an object"])
def test_fault_shows_no_value(schema: JsonValue, depth: str) -> None:
    """No fault shows anything of the value that it is about."""
    inner: dict[str, JsonValue] = {
        "in a list": {"items": schema},
        "in an object": {"additionalProperties": schema},
    }
    held: dict[str, JsonValue] = {"in a list": [MARK], "in an object": {"k": MARK}}
    document: dict[str, JsonValue] = {
        **account_of(inner.get(depth, schema)),
        "$defs": {"never": False},
    }

    faults = AccountSchema.parse(document).faults({"p": held.get(depth, MARK)})

    assert faults
    assert MARK not in str(faults)


@pytest.mark.parametrize(
    "schema",
    [
        {"uniqueItems": True},
        {"maxItems": 1},
        {"contains": {"const": 1}},
        {"contains": {}, "maxContains": 1},
        {"items": False},
        {"unevaluatedItems": False},
    ],
    ids=str,
)
def test_fault_of_a_list_shows_no_item(schema: JsonValue) -> None:
    """A fault of a whole list shows nothing of its items."""
    faults = AccountSchema.parse(account_of(schema)).faults({"p": [MARK, MARK]})

    assert faults
    assert MARK not in str(faults)


def test_alternatives_that_only_require_name_what_is_missing() -> None:
    """An `anyOf` of requirements, none of which is met, says which properties would do."""
    schema = AccountSchema.parse(
        {
            "type": "object",
            "properties": {"email": {}, "phone": {}},
            "anyOf": [{"required": ["email"]}, {"required": ["phone"]}],
        }
    )

    (fault,) = schema.faults({})

    assert fault.description == "needs one of: email, phone"
