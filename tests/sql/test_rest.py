"""Properties without a place of their own: members of one document, beside what is mapped."""

import json

import pytest

from ownid_grpc.domain.account import ETAG, JsonValue
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.predicates import (
    Compare,
    Contains,
    Match,
    Not,
    Operator,
    OrderTerm,
    Predicate,
    Present,
    Query,
)
from ownid_grpc.domain.schema import AccountSchema
from ownid_grpc.domain.source import Kind
from ownid_grpc.errors import InvalidArgument
from tests.sql.legacy import Accounts, Database

PEOPLE = (
    "CREATE TABLE people (id <automatic>, email VARCHAR(40), city VARCHAR(20), more <document>)"
)

MAPPING = """
table: people
key: id
properties:
  email: email
  address.city: city
  layout: {column: more, path: [ui, layout], type: text}
  extra: {column: more, rest: true}
"""

UI: JsonValue = {"layout": "wide", "size": 2}

ADA: dict[str, JsonValue] = {"score": 7, "tags": ["vip"], "address": {"zip": "1"}, "name": "Ada"}


def people(database: Database) -> Accounts:
    """Returns one person whose document holds more than is asked of it."""
    document = {**ADA, "email": "hidden", "ui": UI}
    database.execute(
        PEOPLE,
        f"INSERT INTO people (email, city, more) VALUES ('a@x', 'Rome', '{json.dumps(document)}')",
        "INSERT INTO people (email) VALUES ('b@x')",
    )
    return database.opened(MAPPING)


def stored(database: Database, key: int = 1) -> dict[str, JsonValue]:
    """Returns the document as the database has it."""
    ((document,),) = database.rows(f"SELECT more FROM people WHERE id = {key}")
    loaded = document if isinstance(document, dict) else json.loads(document)
    assert isinstance(loaded, dict)
    return loaded


def test_members_without_a_place_are_properties(database: Database) -> None:
    """The account has what the document holds, but for what is mapped elsewhere."""
    accounts = people(database)

    assert accounts.faults() == {}
    assert accounts.got(("1",)).profile == {
        "email": "a@x",
        "layout": "wide",
        "ui": UI,
        **ADA,
        "address": {"city": "Rome", "zip": "1"},
    }
    assert accounts.got(("2",)).profile == {"email": "b@x"}


def test_write_changes_the_members_that_it_names(database: Database) -> None:
    """Other members stay, those too that are hidden behind a property of their name."""
    accounts = people(database)

    account = accounts.changed(("1",), score=8, tags=None, address__zip="2", layout="slim")

    assert account.profile["address"] == {"city": "Rome", "zip": "2"}
    assert stored(database) == {
        "score": 8,
        "address": {"zip": "2"},
        "name": "Ada",
        "email": "hidden",
        "ui": {"layout": "slim", "size": 2},
    }
    accounts.changed(("2",), hobby={"name": "chess"})
    assert stored(database, 2) == {"hobby": {"name": "chess"}}


def test_empty_object_reads_back_as_one(database: Database) -> None:
    """A change to it is no different from a create with it."""
    accounts = people(database)

    account = accounts.changed(("1",), hobby={"name": "chess"})
    account = accounts.changed(account.key, hobby={})

    assert account.profile["hobby"] == {}


def test_account_is_made_with_any_properties(database: Database) -> None:
    """What has no column goes into the document."""
    accounts = people(database)

    account = accounts.made({"email": "c@x", "score": 1, "address": {"city": "Oslo", "zip": "3"}})

    assert account.profile == {
        "email": "c@x",
        "score": 1,
        "address": {"city": "Oslo", "zip": "3"},
    }
    assert stored(database, int(account.key[0])) == {"score": 1, "address": {"zip": "3"}}


@pytest.mark.parametrize(
    ("predicate", "keys"),
    [
        (Compare(("profile", "score"), Operator.GT, 6), ["1"]),
        (Compare(("profile", "score"), Operator.EQ, "7"), []),
        (Compare(("profile", "address", "zip"), Operator.EQ, "1"), ["1"]),
        (Match(("profile", "name"), ("A", "")), ["1"]),
        (Contains(("profile", "tags"), "vip"), ["1"]),
        (Not(Present(("profile", "name"))), ["2"]),
        (Present(("profile", "address")), ["1"]),
    ],
    ids=str,
)
def test_members_are_filtered_by(database: Database, predicate: Predicate, keys: list[str]) -> None:
    """A filter looks into the document."""
    assert people(database).searched(predicate) == keys


def test_what_is_mapped_elsewhere_is_no_presence(database: Database) -> None:
    """A member of the document that a column stands for makes nothing around it present."""
    accounts = people(database)
    only_mapped = json.dumps({"address": {"city": "hidden"}})
    database.execute(
        f"INSERT INTO people (email, more) VALUES ('c@x', '{only_mapped}')",
        "INSERT INTO people (email, more) VALUES ('d@x', '7')",
    )

    assert accounts.got(("3",)).profile == {"email": "c@x"}
    assert accounts.searched(Present(("profile", "address"))) == ["1"]
    assert accounts.searched(Not(Present(("profile", "address")))) == ["2", "3", "4"]


@pytest.mark.parametrize("name", ['say "so"', "back\\slash", "a.b", "[0]", "$", "é"])
def test_members_of_any_name_are_filtered_by(database: Database, name: str) -> None:
    """A name is no more than one, whatever it means in a path of the database."""
    accounts = people(database)
    accounts.changed(("1",), **{name: "x"})

    assert accounts.searched(Compare(("profile", name), Operator.EQ, "x")) == ["1"]
    assert accounts.searched(Not(Present(("profile", name)))) == ["2"]


def test_members_are_ordered_by_page_after_page(database: Database) -> None:
    """An order looks into the document, absent values first."""
    accounts = people(database)
    accounts.made({"email": "c@x", "score": 30})
    order = (OrderTerm(("profile", "score"), kind=Kind.INTEGER),)

    keys, after = [], None
    for _ in range(3):
        page = accounts.repository.search(
            Call(),
            Query(order=order),
            after=after,
            limit=1,
            fields=frozenset({("profile", "email")}),
        )
        keys += [(account.key[0], account.profile) for account in page.accounts]
        after = page.next

    assert keys == [("2", {"email": "b@x"}), ("1", {"email": "a@x"}), ("3", {"email": "c@x"})]


@pytest.mark.parametrize(
    ("fields", "profile"),
    [
        ((("profile", "score"),), {"score": 7}),
        ((("profile", "email"),), {"email": "a@x"}),
        (
            (
                ("profile", "email"),
                ETAG,
            ),
            {"email": "a@x"},
        ),
        ((("profile", "address"),), {"address": {"city": "Rome", "zip": "1"}}),
        (
            (
                ("profile", "address", "zip"),
                ETAG,
            ),
            {"address": {"zip": "1"}},
        ),
        ((ETAG,), {}),
    ],
    ids=str,
)
def test_mask_shows_members_that_it_names(
    database: Database, fields: tuple[tuple[str, ...], ...], profile: dict[str, JsonValue]
) -> None:
    """A read fills no more than is asked for, and the etag is the same for all."""
    accounts = people(database)

    account = accounts.repository.get(Call(), ("1",), frozenset(fields))

    assert account.profile == profile
    assert account.etag == (accounts.got(("1",)).etag if ETAG in fields else "")


def test_part_of_a_whole_document_is_read_and_filtered_by(database: Database) -> None:
    """A property that is a document holds properties within, as any rest does."""
    people(database)
    accounts = database.opened(
        "{table: people, key: id, properties: {more: {column: more, type: json}}}"
    )
    path = ("profile", "more", "ui", "size")

    assert accounts.searched(Compare(path, Operator.EQ, 2)) == ["1"]
    account = accounts.repository.get(Call(), ("1",), frozenset({path}))
    assert account.profile == {"more": {"ui": {"size": 2}}}


def test_schema_may_define_what_is_not_mapped(database: Database) -> None:
    """A source with a place for the rest agrees with properties that it does not list."""
    source = people(database).repository.describe()
    properties: dict[str, JsonValue] = {
        "email": {"type": "string"},
        "score": {"type": "integer"},
        "address": {"type": "object", "properties": {"zip": {"type": "string"}}},
    }

    schema = AccountSchema.parse({"type": "object", "properties": properties})

    assert [each.path for each in source.properties] == [
        ("email",),
        ("address", "city"),
        ("layout",),
    ]
    assert schema.disagreements(source) == []


@pytest.mark.parametrize("broken", ["not a document", "[1]"])
def test_text_that_is_no_object_is_never_replaced(database: Database, broken: str) -> None:
    """A write into it is refused, and what is there stays."""
    database.execute(
        PEOPLE.replace("<document>", "VARCHAR(40)"),
        f"INSERT INTO people (email, more) VALUES ('a@x', '{broken}')",
    )
    accounts = database.opened(MAPPING)

    with pytest.raises(InvalidArgument) as error:
        accounts.changed(("1",), score=1)

    assert error.value.violations[0].rule == "document"
    assert database.rows("SELECT more FROM people") == [(broken,)]


def test_rest_needs_a_column_of_its_own_that_holds_documents(database: Database) -> None:
    """A column of numbers takes no rest, and there is one rest."""
    people(database)

    accounts = database.opened(MAPPING.replace("column: more, rest", "column: id, rest"))

    assert set(accounts.faults()) == {"properties.extra.rest"}
