"""Holds what an account schema makes of new, changed, stored and shown profiles."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ownid_grpc.domain.account import JsonValue, Profile
from ownid_grpc.domain.schema import AccountSchema
from ownid_grpc.domain.schema.numbers import is_same
from ownid_grpc.domain.source import Capability, Kind, PropertyDescription, SourceDescription
from ownid_grpc.errors import InvalidArgument
from tests.unit.domain.schema.strategies import NAMES, schemas, values

SCHEMA = AccountSchema.parse(
    {
        "type": "object",
        "properties": {
            "email": {"type": "string", "format": "email", "x-ownid-login-id": True},
            "phone": {"type": "string"},
            "plan": {"type": "string", "default": "free"},
            "country": {"type": "string"},
            "zip": {"type": "string"},
            "points": {"type": "integer", "maximum": 100},
            "id": {"type": "integer", "format": "int64"},
            "balance": {"type": "number"},
            "since": {"type": "string", "readOnly": True},
            "pin": {"type": "string", "writeOnly": True},
            "invited_by": {"type": "string", "x-ownid-immutable": True},
            "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}},
            "address": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "minLength": 2},
                    "kind": {"const": "home", "default": "home"},
                    "note": {"type": "string", "writeOnly": True},
                },
                "required": ["city"],
            },
            "settings": {"type": "object", "properties": {"theme": {"enum": ["dark", "light"]}}},
        },
        "required": ["since"],
        "anyOf": [{"required": ["email"]}, {"required": ["phone"]}],
        "dependentRequired": {"zip": ["country"]},
        "if": {"properties": {"country": {"const": "US"}}, "required": ["country"]},
        "then": {"properties": {"zip": {"pattern": "^[0-9]{5}$"}}},
    }
)

SOURCE = SourceDescription(
    (
        *(PropertyDescription((name,), Kind.TEXT) for name in ("email", "phone")),
        PropertyDescription(("address", "city"), Kind.TEXT),
        PropertyDescription(("settings",), Kind.OBJECT),
    ),
    frozenset(Capability),
)

BEFORE: Profile = {"email": "ada@example.org", "since": "2020"}


def refused_new(profile: Profile, schema: AccountSchema = SCHEMA) -> set[tuple[str, str]]:
    """Returns the faults for which an account cannot be made so."""
    with pytest.raises(InvalidArgument) as caught:
        schema.accept_new(profile)
    return {
        (fault.field.removeprefix("account.profile"), fault.rule)
        for fault in caught.value.violations
    }


def refused_change(before: Profile, changes: Profile) -> set[tuple[str, str]]:
    """Returns the faults for which an account cannot change so."""
    with pytest.raises(InvalidArgument) as caught:
        SCHEMA.accept_change(before, {**before, **changes})
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


OLD_FAULTS: dict[str, tuple[Profile, Profile]] = {
    "of another property": ({**BEFORE, "points": 500}, {"plan": "paid"}),
    "of a missing property": ({"email": "a@b.co"}, {"plan": "paid"}),
    "of the whole account": ({"since": "2020"}, {"plan": "paid"}),
    "of another member": (
        {**BEFORE, "address": {"city": "E"}},
        {"address": {"city": "E", "kind": "home"}},
    ),
    "of a missing member": ({**BEFORE, "address": {}}, {"address": {"kind": "home"}}),
    "of another item": ({**BEFORE, "tags": ["long one"]}, {"tags": ["long one", "new"]}),
    "of a condition": ({**BEFORE, "country": "US", "zip": "x"}, {"plan": "paid"}),
    "of what depends": ({**BEFORE, "zip": "x"}, {"plan": "paid"}),
    "of an unknown property": ({**BEFORE, "legacy": 1}, {"plan": "paid"}),
}


@pytest.mark.parametrize("name", OLD_FAULTS)
def test_change_may_leave_an_old_fault(name: str) -> None:
    """A fault that an account had before does not stand in the way of another change."""
    before, changes = OLD_FAULTS[name]
    assert SCHEMA.faults(before) or "legacy" in before

    SCHEMA.accept_change(before, {**before, **changes})


@pytest.mark.parametrize("name", OLD_FAULTS)
def test_change_may_mend_an_old_fault(name: str) -> None:
    """An account with a fault can become one without any."""
    before, _ = OLD_FAULTS[name]
    mended: Profile = {**BEFORE, "since": before.get("since")}
    after: Profile = {key: value for key, value in mended.items() if value is not None}

    SCHEMA.accept_change(before, after)


NEW_FAULTS: dict[str, tuple[Profile, Profile, tuple[str, str]]] = {
    "of a value": (BEFORE, {"points": 101}, (".points", "maximum")),
    "where another was": ({**BEFORE, "points": 500}, {"points": 501}, (".points", "maximum")),
    "of a member": (
        {**BEFORE, "address": {"city": "Ely"}},
        {"address": {"city": "E"}},
        (".address.city", "minLength"),
    ),
    "of a member removed": (
        {**BEFORE, "address": {"city": "Ely"}},
        {"address": {}},
        (".address.city", "required"),
    ),
    "of an item": ({**BEFORE, "tags": ["ok"]}, {"tags": ["ok", "long"]}, (".tags[1]", "maxLength")),
    "of a condition met": (
        {**BEFORE, "country": "UK", "zip": "CB7"},
        {"country": "US"},
        (".zip", "pattern"),
    ),
    "of what depends": (BEFORE, {"zip": "1"}, (".country", "dependentRequired")),
    "of a new name": (BEFORE, {"emial": "x"}, (".emial", "unknown")),
    "of what is only read": (BEFORE, {"since": "2021"}, (".since", "readOnly")),
    "of what is set once": (
        {**BEFORE, "invited_by": "x"},
        {"invited_by": "y"},
        (".invited_by", "x-ownid-immutable"),
    ),
    "of a document": (BEFORE, {"settings": {"theme": "red"}}, (".settings.theme", "enum")),
}


@pytest.mark.parametrize("name", NEW_FAULTS)
def test_change_may_not_make_a_fault(name: str) -> None:
    """A change that breaks a rule is refused, where it does so and by which rule."""
    before, changes, fault = NEW_FAULTS[name]

    assert refused_change(before, changes) == {fault}


def test_removing_the_last_alternative_is_refused() -> None:
    """An account cannot lose what one of several requirements rests on."""
    with pytest.raises(InvalidArgument) as caught:
        SCHEMA.accept_change(BEFORE, {"since": "2020"})

    assert [fault.rule for fault in caught.value.violations] == ["anyOf"]


def test_what_is_only_written_is_not_shown() -> None:
    """Write-only properties and members are kept back, and what the schema does not have."""
    stored: Profile = {**BEFORE, "pin": "1", "address": {"city": "Ely", "note": "n"}, "hash": "h"}

    assert SCHEMA.visible(stored) == {**BEFORE, "address": {"city": "Ely"}}


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("id", 5, "5"),
        ("id", -(2**63), str(-(2**63))),
        ("points", 5, 5),
        ("points", 2**53, 2**53),
        ("points", 2**53 + 1, str(2**53 + 1)),
        ("balance", Decimal("0.1"), 0.1),
        ("balance", Decimal("12345678901234567.89"), "12345678901234567.89"),
        ("balance", Decimal("1.10"), 1.1),
    ],
    ids=str,
)
def test_number_survives_the_wire(name: str, value: JsonValue, sent: JsonValue) -> None:
    """A number is sent so that a double does not bend it, and comes back as it was."""
    shown = SCHEMA.profile_to_wire({name: value})

    assert shown == {name: sent}
    assert is_same(SCHEMA.profile_from_wire(shown), {name: value})


@pytest.mark.parametrize(
    ("name", "sent", "meant"),
    [
        ("points", 5.0, 5),
        ("points", "5", 5),
        ("points", "5.0", "5.0"),
        ("points", "05", "05"),
        ("points", " 5", " 5"),
        ("balance", "1e5", "1e5"),
        ("balance", 2.5, 2.5),
        ("phone", "5", "5"),
    ],
    ids=str,
)
def test_number_is_read_as_the_schema_means_it(
    name: str, sent: JsonValue, meant: JsonValue
) -> None:
    """Text is a number where the schema has numbers only, and it is written as JSON has them."""
    found = SCHEMA.profile_from_wire({name: sent})

    assert found == {name: meant}
    assert type(found[name]) is type(meant)


@pytest.mark.parametrize(
    ("name", "sent", "rule"),
    [
        ("points", 2.0**53 * 2, "precision"),
        ("balance", float("nan"), "type"),
        ("points", float("-inf"), "type"),
    ],
    ids=str,
)
def test_number_that_a_double_may_have_bent_is_refused(
    name: str, sent: JsonValue, rule: str
) -> None:
    """An integer beyond 2^53 must come as text, and what is no number not at all."""
    with pytest.raises(InvalidArgument) as caught:
        SCHEMA.profile_from_wire({name: sent})

    assert [(fault.field, fault.rule) for fault in caught.value.violations] == [
        (f"account.profile.{name}", rule)
    ]


def test_null_is_absence_of_a_property_and_a_value_elsewhere() -> None:
    """A property that is null is left out; in a document or a list null stays what it is."""
    sent: dict[str, JsonValue] = {
        "plan": None,
        "settings": {"theme": None, "beta": None},
        "tags": [None],
    }

    assert SCHEMA.profile_from_wire(sent) == {"settings": {"beta": None}, "tags": [None]}


schemas_of_properties = st.dictionaries(
    st.sampled_from((*NAMES, "email", "address", "settings")), schemas(), max_size=4
)
profiles = st.dictionaries(st.sampled_from((*NAMES, "email", "address", "settings")), values())


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(schemas_of_properties, schemas(), profiles)
def test_any_account_may_stay_as_it_is(
    properties: dict[str, JsonValue], keywords: dict[str, JsonValue], profile: Profile
) -> None:
    """Whatever the schema, it can be held against a source, and nothing changed is no fault."""
    document: dict[str, JsonValue] = {**keywords, "type": "object", "properties": properties}
    try:
        schema = AccountSchema.parse(document)
    except InvalidArgument:
        return

    schema.disagreements(SOURCE)
    held = schema.held_by(SOURCE)

    held.accept_change(profile, profile)
    assert is_same(held.visible(held.visible(profile)), held.visible(profile))
