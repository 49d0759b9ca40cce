"""Holds what an account schema makes of new, changed, stored and shown profiles."""

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from ownid_grpc.domain.account import Profile
from ownid_grpc.domain.schema import AccountSchema
from ownid_grpc.domain.schema.numbers import is_same
from ownid_grpc.errors import InvalidArgument
from tests.unit.domain.schema.profile_cases import BEFORE, SCHEMA, SOURCE
from tests.unit.domain.schema.strategies import NAMES, schemas, values


def refused_new(profile: Profile, schema: AccountSchema = SCHEMA) -> set[tuple[str, str]]:
    """Returns the faults for which an account cannot be made so."""
    with pytest.raises(InvalidArgument) as caught:
        schema.accept_new(profile)
    return {
        (fault.field.removeprefix("account.profile"), fault.rule)
        for fault in caught.value.violations
    }


def test_new_account_gets_defaults() -> None:
    """What a new account does not say is as the defaults have it, within given objects too."""
    made = SCHEMA.accept_new({"email": "ada@example.org", "address": {"city": "Ely"}})

    assert made == {
        "email": "ada@example.org",
        "plan": "free",
        "address": {"city": "Ely", "kind": "home"},
    }


def test_default_that_its_schema_refuses_is_left_out() -> None:
    """A default that would make accounts invalid fills nothing, and is named as a disagreement."""
    schema = AccountSchema.parse(
        {"type": "object", "properties": {"email": {"type": "string", "default": 5}}}
    )

    faults = schema.disagreements(SOURCE)

    assert schema.accept_new({}) == {}
    assert [(fault.field, fault.rule) for fault in faults] == [
        ("account_schema.json_schema#/properties/email/default", "default")
    ]


def test_default_of_a_property_that_can_have_no_value_is_left_alone() -> None:
    """A property that is to be two things at once never comes into an account."""
    schema = AccountSchema.parse(
        {
            "type": "object",
            "properties": {"email": {"$ref": "#", "type": "string", "default": "x"}},
        }
    )

    assert schema.disagreements(SOURCE) == []
    assert schema.accept_new({}) == {}


@pytest.mark.parametrize(
    ("profile", "fault"),
    [
        ({}, ("", "anyOf")),
        ({"email": "ada"}, (".email", "format")),
        ({"email": "a@b.co", "emial": "x"}, (".emial", "unknown")),
        ({"email": "a@b.co", "since": "2020"}, (".since", "readOnly")),
        ({"email": "a@b.co", "zip": "1"}, (".country", "dependentRequired")),
        ({"email": "a@b.co", "country": "US", "zip": "1"}, (".zip", "pattern")),
        ({"email": "a@b.co", "address": {}}, (".address.city", "required")),
        ({"email": "a@b.co", "tags": ["abc", "abcd"]}, (".tags[1]", "maxLength")),
    ],
    ids=str,
)
def test_new_account_that_breaks_a_rule_is_refused(
    profile: Profile, fault: tuple[str, str]
) -> None:
    """An account that the schema forbids is not made; the fault says which property and rule."""
    assert fault in refused_new(profile)


def test_document_is_open_where_its_schema_says_nothing() -> None:
    """An object stored whole may have members that its schema does not name."""
    profile: Profile = {"email": "a@b.co", "settings": {"beta": None}, "plan": "free"}

    assert SCHEMA.held_by(SOURCE).accept_new(profile) == profile


def test_object_stored_by_member_has_no_other_members() -> None:
    """An object whose members have columns of their own cannot have one without."""
    schema = SCHEMA.held_by(SOURCE)

    faults = refused_new({"email": "a@b.co", "address": {"city": "Ely", "street": "x"}}, schema)

    assert (".address.street", "unknown") in faults
    assert schema.visible({"address": {"city": "Ely", "street": "x"}}) == {
        "address": {"city": "Ely"}
    }


def test_what_is_only_written_is_not_shown() -> None:
    """Write-only properties and members are kept back, and what the schema does not have."""
    stored: Profile = {**BEFORE, "pin": "1", "address": {"city": "Ely", "note": "n"}, "hash": "h"}

    assert SCHEMA.visible(stored) == {**BEFORE, "address": {"city": "Ely"}}
    assert SCHEMA.shown(stored) == SCHEMA.shown({**BEFORE, "address": {"city": "Ely"}})


PROPERTIES = st.sampled_from((*NAMES, "email", "address", "settings"))


def nameless(schema: Profile) -> Profile:
    """Returns a schema without its definitions: no other may have the same names."""
    return {
        name: value for name, value in schema.items() if name not in {"$defs", "$dynamicAnchor"}
    }


def parsed(document: Profile) -> AccountSchema:
    """Returns the schema; another example is made up where there is a fault in it."""
    try:
        return AccountSchema.parse(document)
    except InvalidArgument:
        reject()


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(PROPERTIES, schemas().map(nameless), max_size=4),
    schemas(),
    st.dictionaries(PROPERTIES, values()),
)
def test_any_account_may_stay_as_it_is(
    properties: Profile, keywords: Profile, profile: Profile
) -> None:
    """Whatever the schema, it can be held against a source, and nothing changed is no fault."""
    schema = parsed({**keywords, "type": "object", "properties": properties})

    schema.disagreements(SOURCE)
    held = schema.held_by(SOURCE)

    held.accept_change(profile, profile)
    assert is_same(held.visible(held.visible(profile)), held.visible(profile))
    assert is_same(held.shown(held.visible(profile)), held.shown(profile))
