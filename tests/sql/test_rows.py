"""Rows that properties and arrays share a table with, and what becomes of them."""

import pytest

from ownid_grpc.domain.call import Call
from ownid_grpc.domain.predicates import Present
from ownid_grpc.errors import InvalidArgument
from tests.sql.legacy import Accounts, Database

USERS = "CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL, code VARCHAR(9))"

MAILS = """CREATE TABLE mails (id <automatic>, user_id BIGINT NOT NULL,
    mail VARCHAR(20) NOT NULL UNIQUE, label VARCHAR(9), main <boolean> NOT NULL)"""

META = """CREATE TABLE usermeta (id <automatic>, owner_type VARCHAR(9) NOT NULL,
    user_id BIGINT NOT NULL, name VARCHAR(9), value VARCHAR(9))"""

MAPPING = """
table: users
key: id
joins:
  mail: {table: mails, "on": {user_id: id}}
  meta: {table: usermeta, "on": {user_id: id}, where: {owner_type: user}, name: name, value: value}
properties:
  login: login
  email: {join: mail, column: mail, where: {main: true}}
  others: {join: mail, column: mail, where: {main: false}, many: true}
  tags: {join: meta, name: tag, many: true}
delete: {tables: [mail, meta]}
"""

KINDS = """
table: users
key: id
joins: {place: {table: places, "on": {user_id: id}}}
properties:
  login: login
  city: {join: place, column: city, where: {kind: WANTED}}
"""


def users(database: Database, mapping: str = MAPPING) -> Accounts:
    """Returns a user with two addresses and a tag, beside a shop with one."""
    database.execute(
        USERS,
        MAILS,
        META,
        "INSERT INTO users (login) VALUES ('ada'), ('bob')",
        "INSERT INTO mails (user_id, mail, main) VALUES (1, 'a@x', TRUE), (1, 'b@x', FALSE)",
        "INSERT INTO usermeta (owner_type, user_id, name, value) VALUES "
        "('user', 1, 'tag', 'x'), ('shop', 1, 'tag', 'y')",
    )
    return database.opened(mapping)


def places(database: Database, wanted: str, more: str = "") -> Accounts:
    """Returns a user with two places, of which `wanted` chooses."""
    database.execute(
        USERS,
        "CREATE TABLE places (id <automatic>, user_id BIGINT, kind VARCHAR(9), city VARCHAR(9),"
        " UNIQUE (user_id, kind))",
        "INSERT INTO users (login) VALUES ('ada'), ('bob')",
    )
    return database.opened(KINDS.replace("WANTED", wanted) + more)


def test_deleting_an_account_leaves_rows_of_other_owners(database: Database) -> None:
    """A join that `delete` empties is no more than the rows that its `where` lets in."""
    accounts = users(database)

    accounts.delete(("1",))

    assert database.rows("SELECT owner_type FROM usermeta") == [("shop",)]
    assert database.rows("SELECT 1 FROM mails") == []


def test_rows_that_two_properties_would_write_are_a_fault(database: Database) -> None:
    """The rows of an array are nobody else's."""
    users(database)

    accounts = database.opened(
        MAPPING.replace("delete:", "  tag: {join: meta, name: tag}\ndelete:")
    )

    assert set(accounts.faults()) == {"properties.tag"}


@pytest.mark.parametrize(
    ("wanted", "kinds"), [("{in: [home, work]}", ("home", "work")), ("null", (None, None))]
)
def test_account_is_there_once_whatever_chooses_its_row(
    database: Database, wanted: str, kinds: tuple[str | None, str | None]
) -> None:
    """An index is unique only for one value, and never for NULL."""
    accounts = places(database, wanted)
    rows = ", ".join(
        f"(1, {'NULL' if kind is None else repr(kind)}, '{city}')"
        for kind, city in zip(kinds, ("Rome", "Oslo"), strict=True)
    )
    database.execute(f"INSERT INTO places (user_id, kind, city) VALUES {rows}")

    assert accounts.faults() == {}
    assert accounts.got(("1",)).profile == {"login": "ada", "city": "Rome"}
    assert accounts.repository.count(Call(), Present(("profile", "city"))) == 1


@pytest.mark.parametrize("wanted", ["{not: home}", "{not: null}", "{greater: a}"])
def test_row_that_would_not_be_chosen_again_is_a_fault(database: Database, wanted: str) -> None:
    """What a property demands of its row, something has to fill when the row is made."""
    accounts = places(database, wanted)

    assert set(accounts.faults()) == {"properties.city.where.kind"}
    accounts = database.opened(KINDS.replace("WANTED", wanted) + "on_create: {place.kind: work}\n")
    assert accounts.faults() == {}
    assert accounts.changed(("1",), city="Oslo").profile["city"] == "Oslo"


def test_row_is_made_of_the_kind_that_a_rule_says(database: Database) -> None:
    """Of several that are in scope a new row gets the first only where no rule says another."""
    accounts = places(database, "{in: [home, work]}", "on_create: {place.kind: work}\n")

    accounts.changed(("1",), city="Oslo")
    accounts.made({"login": "cy", "city": "Rome"})

    assert database.rows("SELECT kind FROM places") == [("work",), ("work",)]


LABELLED = MAPPING.replace("delete:", "on_write: {mail.label: {copy: login}}\ndelete:")


def test_rule_on_a_column_of_a_row_makes_none(database: Database) -> None:
    """What a rule derives is for rows that are there for another reason."""
    accounts = users(database, LABELLED)

    account = accounts.made({"login": "cy"})
    accounts.changed(account.key, login="cyd")

    assert len(database.rows("SELECT 1 FROM mails")) == 2


def test_row_made_by_an_update_is_complete(database: Database) -> None:
    """Rules hold for it whose properties did not change."""
    accounts = users(database, LABELLED)

    accounts.changed(("2",), email="c@x")

    assert database.rows("SELECT label FROM mails WHERE user_id = 2") == [("bob",)]


def test_row_made_by_an_update_has_what_means_absence(database: Database) -> None:
    """A column that refuses NULL gets it whoever makes the row."""
    database.execute(
        USERS,
        MAILS.replace("label VARCHAR(9)", "label VARCHAR(9) NOT NULL"),
        "INSERT INTO users (login) VALUES ('ada')",
    )
    accounts = database.opened(
        """
table: users
key: id
joins: {mail: {table: mails, "on": {user_id: id}}}
properties:
  login: login
  email: {join: mail, column: mail, where: {main: true}}
  label: {join: mail, column: label, where: {main: true}, "null": ""}
"""
    )

    assert accounts.changed(("1",), email="a@x").profile == {"login": "ada", "email": "a@x"}


def test_second_row_where_nothing_tells_the_first_fails_no_read(database: Database) -> None:
    """A table without a key may get another row of a name; accounts are still read."""
    database.execute(
        USERS,
        "CREATE TABLE facts (user_id BIGINT NOT NULL, name VARCHAR(9), value VARCHAR(9))",
        "INSERT INTO users (login) VALUES ('ada')",
        "INSERT INTO facts VALUES (1, 'city', 'Rome')",
    )
    accounts = database.opened(
        """
table: users
key: id
joins: {fact: {table: facts, "on": {user_id: id}, name: name, value: value}}
properties: {login: login, city: {join: fact, name: city}}
"""
    )
    assert accounts.got(("1",)).profile["city"] == "Rome"

    database.execute("INSERT INTO facts VALUES (1, 'city', 'Rome')")

    assert accounts.got(("1",)).profile["city"] == "Rome"


def test_row_that_a_rule_alone_makes_must_be_complete(database: Database) -> None:
    """What its table refuses is found out before the first account is made."""
    users(database)

    accounts = database.opened(
        """
table: users
key: id
joins: {meta: {table: usermeta, "on": {user_id: id}, name: name, value: value}}
properties: {login: login}
on_create: {meta.level: "0"}
"""
    )

    assert set(accounts.faults()) == {"joins.meta"}


def test_row_stays_within_its_join(database: Database) -> None:
    """A value by which the row would be found no more is refused."""
    places(database, "home")
    accounts = database.opened(
        """
table: users
key: id
joins: {place: {table: places, "on": {user_id: id}, where: {kind: {in: [home, work]}}}}
properties:
  login: login
  city: {join: place, column: city}
  kind: {join: place, column: kind}
"""
    )
    account = accounts.made({"login": "cy", "city": "Rome", "kind": "work"})

    with pytest.raises(InvalidArgument) as error:
        accounts.changed(account.key, kind="sea")
    with pytest.raises(InvalidArgument):
        accounts.made({"login": "di", "city": "Rome", "kind": "sea"})

    assert account.profile == {"login": "cy", "city": "Rome", "kind": "work"}
    assert error.value.violations[0].field == "account.profile.kind"
    assert accounts.got(account.key) == account


def test_condition_that_contradicts_its_join_is_a_fault(database: Database) -> None:
    """A property chooses among the rows of its join, and no others."""
    users(database)

    accounts = database.opened(
        MAPPING.replace("name: tag, many", "name: tag, where: {owner_type: shop}, many")
    )

    assert set(accounts.faults()) == {"properties.tags.where.owner_type"}


def test_row_may_be_told_by_what_it_hangs_by(database: Database) -> None:
    """The column by which a row hangs on its account is filled whenever one is made."""
    places(database, "home")
    accounts = database.opened(KINDS.replace("{kind: WANTED}", "{user_id: {not: null}}"))

    assert accounts.faults() == {}
    assert accounts.changed(("1",), city="Bath").profile["city"] == "Bath"
