"""Holds what the user sees and changes of an account to what its schema lets be."""

import json

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from ownid_grpc.domain.account import JsonValue, Profile
from ownid_grpc.domain.schema import AccountSchema
from ownid_grpc.domain.schema.self_access import SelfAccess
from ownid_grpc.domain.schema.self_document import self_document
from tests.unit.domain.schema.self_cases import Case, cases

TEXT: Profile = {"type": "string"}
READ: Profile = {"x-ownid-self": "read"}
WRITE: Profile = {"x-ownid-self": "write"}
ONCE: Profile = {"x-ownid-self": "write-once"}


def schema_of(more: Profile | None = None, **properties: JsonValue) -> AccountSchema:
    """Returns the schema of accounts with these properties."""
    return AccountSchema.parse({"type": "object", "properties": properties, **(more or {})})


def document_of(schema: AccountSchema) -> Profile:
    """Returns what the user sees of a schema."""
    return self_document(schema, SelfAccess.of(schema))


def properties_of(document: JsonValue) -> Profile:
    """Returns the properties that an object's schema has."""
    assert isinstance(document, dict)
    properties = document["properties"]
    assert isinstance(properties, dict)
    return properties


@given(cases())
def test_user_sees_all_that_may_be_seen_and_nothing_else(case: Case) -> None:
    """However the schema is spelled, every value that is shown may be, and the others are not."""
    access = SelfAccess.of(AccountSchema.parse(case.document))

    seen = json.dumps(access.visible(case.profile))

    assert {value for value in case.hidden_values if value in seen} == set()
    assert {value for value in case.shown_values if value not in seen} == set()
    assert {name for name in case.hidden_names if name in seen} == set()


@given(cases())
def test_schema_of_the_user_names_nothing_hidden(case: Case) -> None:
    """No name of what the user knows nothing of is in the user's schema, nor any reference."""
    document = json.dumps(document_of(AccountSchema.parse(case.document)))

    assert {name for name in case.hidden_names if name in document} == set()
    assert "$ref" not in document
    assert "$defs" not in document


@given(cases())
def test_what_the_user_sees_is_as_the_users_schema_says(case: Case) -> None:
    """The user's schema is one by itself, and the part of the account that is seen is valid."""
    schema = AccountSchema.parse(case.document)
    document = document_of(schema)

    Draft202012Validator.check_schema(document)
    Draft202012Validator(document).validate(SelfAccess.of(schema).visible(case.profile))


@given(cases())
def test_user_changes_all_that_may_be_changed_and_nothing_else(case: Case) -> None:
    """However the schema is spelled, the user may change what it says, all of it known."""
    access = SelfAccess.of(AccountSchema.parse(case.document))

    paths = access.writable(case.profile)

    assert sorted(path[-1] for path in paths) == sorted(case.changeable_names)
    assert set(paths) <= set(access.known)


def test_what_is_written_once_is_changed_while_it_has_no_value() -> None:
    """A write-once property is the user's to change until it has a value, also within an object."""
    home: Profile = {"type": "object", "properties": {"city": TEXT, "zip": TEXT | WRITE}}
    schema = schema_of(
        name=TEXT | READ, phone=TEXT | WRITE, email=TEXT | ONCE, home=home | ONCE, note=TEXT
    )
    access = SelfAccess.of(schema)

    assert access.writable({"name": "Ada"}) == [
        ("phone",),
        ("email",),
        ("home", "city"),
        ("home", "zip"),
    ]
    assert access.writable(
        {"phone": "1", "email": "a@b.co", "home": {"city": "Ely", "zip": "x"}}
    ) == [
        ("phone",),
        ("home", "zip"),
    ]


@pytest.mark.parametrize(
    ("manager", "account"),
    [
        pytest.param({"$ref": "#"}, {"manager": {"note": "pays late"}}, id="itself"),
        pytest.param({"$ref": "#me"}, {"manager": {"note": "pays late"}}, id="by an anchor"),
        pytest.param(
            {"type": "array", "items": {"$ref": "#"}},
            {"manager": [{"note": "pays late"}]},
            id="in an array",
        ),
        pytest.param(
            {"type": "object", "additionalProperties": {"$ref": "#"}},
            {"manager": {"a": {"note": "pays late"}}},
            id="in a map",
        ),
        pytest.param(
            {"anyOf": [TEXT, {"$dynamicRef": "#me"}]},
            {"manager": {"note": "pays late"}},
            id="by a dynamic reference",
        ),
    ],
)
def test_nothing_hidden_is_seen_through_what_leads_back_to_it(
    manager: Profile, account: Profile
) -> None:
    """A property that holds whole accounts again is hidden where some of an account is."""
    schema = schema_of(
        {"$dynamicAnchor": "me"}, name=TEXT | READ, note=TEXT, manager=manager | WRITE
    )
    access = SelfAccess.of(schema)

    assert access.visible({"name": "Ada", "note": "pays late", **account}) == {"name": "Ada"}
    assert list(properties_of(document_of(schema))) == ["name"]
    assert access.writable({}) == []


def test_tree_with_nothing_hidden_is_seen_whole() -> None:
    """What leads back to itself is shown where nothing in it is hidden."""
    tree: Profile = {"type": "array", "items": {"$ref": "#/properties/tree"}}
    schema = schema_of(tree=tree | READ, note=TEXT)

    assert SelfAccess.of(schema).visible({"tree": [[], [[]]], "note": "x"}) == {"tree": [[], [[]]]}
    assert list(properties_of(document_of(schema))) == ["tree"]


def test_what_is_only_written_is_not_seen_in_arrays() -> None:
    """A write-only member is left out of every item of an array, however deep."""
    card: Profile = {
        "type": "object",
        "properties": {"number": TEXT | {"writeOnly": True}, "bank": TEXT},
    }
    wallet: Profile = {"type": "object", "properties": {"cards": {"type": "array", "items": card}}}
    wallets: Profile = {"type": "array", "items": wallet}
    schema = schema_of(wallets=wallets | WRITE)

    seen = SelfAccess.of(schema).visible(
        {"wallets": [{"cards": [{"number": "4111", "bank": "b"}, {"number": "4222"}]}]}
    )

    assert seen == {"wallets": [{"cards": [{"bank": "b"}, {}]}]}


def test_remarks_and_unknown_words_stay_with_the_operator() -> None:
    """Comments, names of the document and words that nobody knows are not for the user."""
    schema = schema_of(
        name=TEXT | READ | {"$comment": "copied from note", "x-column": "kunde", "title": "Name"}
    )

    assert properties_of(document_of(schema)) == {
        "name": {"type": "string", "title": "Name", "x-ownid-self": "read", "readOnly": True}
    }


@pytest.mark.parametrize("words", [{"readOnly": True}, {"x-ownid-immutable": True}])
def test_what_nobody_may_change_is_read_only_for_the_user(words: Profile) -> None:
    """A form does not offer what would be refused, also where the object around says so."""
    address: Profile = {"type": "object", "properties": {"city": TEXT}}
    schema = schema_of(name=TEXT | WRITE | words, address=address | WRITE | words)

    shown = properties_of(document_of(schema))

    assert shown["name"] == TEXT | WRITE | {"readOnly": True}
    assert properties_of(shown["address"])["city"] == TEXT | WRITE | {"readOnly": True}


def test_what_the_mapping_only_reads_is_read_only_for_the_user() -> None:
    """What the database gives and takes from nobody is shown as such."""
    schema = schema_of(name=TEXT | WRITE)

    document = self_document(schema, SelfAccess.of(schema), [("name",)])

    assert properties_of(document)["name"] == TEXT | WRITE | {"readOnly": True}


def test_reference_within_a_value_is_none() -> None:
    """What looks like a reference in a default or a constant is a value."""
    value: Profile = {"$ref": "#/properties/note"}
    name: Profile = {"type": "object", "default": value, "enum": [value, {}]}
    schema = schema_of(name=name | READ, note=TEXT | {"title": "About the customer"})

    assert properties_of(document_of(schema))["name"] == name | READ | {"readOnly": True}
