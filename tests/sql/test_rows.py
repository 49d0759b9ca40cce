"""Rows that properties and arrays share a table with, and what becomes of them."""

import pytest

from ownid_grpc.domain.account import AccountDraft, JsonValue
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


@pytest.mark.parametrize(
    ("items", "rule"),
    [(["far too long an address"], "maxLength"), ([None], "items"), ([3], "type")],
)
def test_item_that_no_row_can_hold_is_refused(
    database: Database, items: list[JsonValue], rule: str
) -> None:
    """An update that brings one names the array, as a create does."""
    accounts = users(database)

    with pytest.raises(InvalidArgument) as error:
        accounts.changed(("1",), others=items)

    assert [(each.field, each.rule) for each in error.value.violations] == [
        ("account.profile.others", rule)
    ]


def test_item_of_an_array_can_change_places_with_a_property(database: Database) -> None:
    """What is unique leaves the array before another row is given it."""
    accounts = users(database)

    account = accounts.changed(("1",), email="b@x", others=["a@x"])

    assert account.profile["email"] == "b@x"
    assert account.profile["others"] == ["a@x"]


def test_array_of_thousands_is_cleared(database: Database) -> None:
    """No statement has more alternatives than the database takes."""
    accounts = users(database)
    rows = ", ".join(f"('user', 2, 'tag', '{number}')" for number in range(2500))
    database.execute(f"INSERT INTO usermeta (owner_type, user_id, name, value) VALUES {rows}")

    account = accounts.changed(("2",), tags=["7"])

    assert account.profile["tags"] == ["7"]
    assert len(database.rows("SELECT 1 FROM usermeta WHERE user_id = 2")) == 1


def test_items_differ_by_their_last_digit(database: Database) -> None:
    """Two numbers of many digits are one item only where all digits agree."""
    database.execute(
        USERS, "CREATE TABLE sums (id <automatic>, user_id BIGINT, sum NUMERIC(38, 0))"
    )
    accounts = database.opened(
        """
table: users
key: id
joins: {sum: {table: sums, "on": {user_id: id}}}
properties: {login: login, sums: {join: sum, column: sum, many: true}}
"""
    )
    # SQLite holds no decimals of so many digits.
    number = int("1" * (15 if database.kind == "sqlite" else 35))
    account = accounts.made({"login": "ada", "sums": [number]})

    account = accounts.changed(account.key, sums=[number + 1])

    assert account.profile["sums"] == [number + 1]


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


def test_every_name_that_is_not_registered_is_told(database: Database) -> None:
    """All faults are found at once; a name may be a number."""
    database.execute(
        USERS,
        "CREATE TABLE fields (id <automatic>, name VARCHAR(9))",
        "CREATE TABLE entries (id <automatic>, user_id BIGINT, field_id BIGINT, value VARCHAR(9))",
        "INSERT INTO fields (name) VALUES ('5')",
    )
    accounts = database.opened(
        """
table: users
key: id
joins:
  entry:
    table: entries
    "on": {user_id: id}
    name: {table: fields, "on": {id: field_id}, lookup: name}
    value: value
properties:
  login: login
  five: {join: entry, name: 5}
  fax: {join: entry, name: fax}
  phone: {join: entry, name: phone}
"""
    )

    faults = accounts.faults()

    assert {"properties.fax.name", "properties.phone.name"} <= set(faults)
    assert "properties.five.name" not in faults


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


@pytest.mark.parametrize("name", ["city", "tags"])
def test_row_that_would_hang_on_nothing_is_refused(database: Database, name: str) -> None:
    """An account without the value that rows are joined by cannot get any."""
    database.execute(
        USERS,
        "CREATE TABLE notes (id <automatic>, code VARCHAR(9), kind VARCHAR(9), note VARCHAR(9))",
        "INSERT INTO users (login) VALUES ('ada')",
    )
    accounts = database.opened(
        """
table: users
key: id
joins: {note: {table: notes, "on": {code: code}}}
properties:
  login: login
  city: {join: note, column: note, where: {kind: city}}
  tags: {join: note, column: note, where: {kind: tag}, many: true}
"""
    )
    value: JsonValue = "Rome" if name == "city" else ["vip"]

    with pytest.raises(InvalidArgument) as error:
        accounts.changed(("1",), **{name: value})
    outcome, other = accounts.repository.insert_many(
        Call(), [AccountDraft({"login": "bob", name: value}), AccountDraft({"login": "cy"})]
    )

    assert error.value.violations[0].field == f"account.profile.{name}"
    assert isinstance(outcome, InvalidArgument)
    assert isinstance(other, tuple)
    assert database.rows("SELECT 1 FROM notes") == []


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


def test_array_of_which_the_table_takes_one_row_is_a_fault(database: Database) -> None:
    """A second item would look like somebody else's change, for ever."""
    users(database)
    database.execute("CREATE UNIQUE INDEX one_tag ON usermeta (owner_type, user_id, name)")

    accounts = database.opened(MAPPING)

    assert set(accounts.faults()) == {"properties.tags.many"}


def test_array_is_kept_unique_by_nothing(database: Database) -> None:
    """What `unique` could not keep, the mapping may not ask for."""
    users(database)

    accounts = database.opened(MAPPING + "unique: [[login, tags]]\n")

    assert set(accounts.faults()) == {"unique.0"}


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


HUNG_ON_LOGIN = """
table: users
key: id
joins:
  mail: {table: mails, "on": {login: login}}
  meta:
    {table: usermeta, "on": {login: login}, where: {owner_type: user}, name: name, value: value}
properties:
  login: login
  others: {join: mail, column: mail, many: true}
  tag: {join: meta, name: tag}
"""


@pytest.mark.parametrize("cascade", ["", " REFERENCES users (login) ON UPDATE CASCADE"])
def test_rows_follow_the_value_that_they_hang_on(database: Database, cascade: str) -> None:
    """A login id by which other tables point at the account is changed there too."""
    database.execute(
        "CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL UNIQUE)",
        f"""CREATE TABLE mails (id <automatic>, login VARCHAR(20) NOT NULL{cascade},
            mail VARCHAR(20) NOT NULL)""",
        """CREATE TABLE usermeta (id <automatic>, owner_type VARCHAR(9) NOT NULL,
            login VARCHAR(20) NOT NULL, name VARCHAR(9), value VARCHAR(9))""",
        "INSERT INTO users (login) VALUES ('ada'), ('bob')",
        """INSERT INTO mails (login, mail) VALUES ('ada', 'a@x'), ('bob', 'b@x')""",
        """INSERT INTO usermeta (owner_type, login, name, value)
            VALUES ('user', 'ada', 'tag', 'x'),
            ('user', 'ada', 'other', 'y'), ('shop', 'ada', 'tag', 'z')""",
    )
    accounts = database.opened(HUNG_ON_LOGIN)

    accounts.changed(("1",), login="augusta", others=["a@x", "c@x"])

    assert accounts.got(("1",)).profile == {
        "login": "augusta",
        "others": ["a@x", "c@x"],
        "tag": "x",
    }
    assert accounts.got(("2",)).profile == {"login": "bob", "others": ["b@x"]}
    found = database.rows("SELECT owner_type, name FROM usermeta WHERE login = 'augusta'")
    assert sorted(found) == [("user", "other"), ("user", "tag")]


def test_rows_that_several_accounts_hang_on_stay(database: Database) -> None:
    """What hangs on a column that is not unique is others' too: the account finds other rows."""
    database.execute(
        USERS,
        "CREATE TABLE places (id <automatic>, code VARCHAR(9) UNIQUE, city VARCHAR(9))",
        "INSERT INTO users (login, code) VALUES ('ada', 'n'), ('bob', 'n')",
        "INSERT INTO places (code, city) VALUES ('n', 'York'), ('s', 'Bath')",
    )
    accounts = database.opened(
        """
        table: users
        key: id
        joins: {place: {table: places, "on": {code: code}}}
        properties: {login: login, code: code, city: {join: place, column: city}}
        """
    )

    accounts.changed(("1",), code="s")

    assert accounts.got(("1",)).profile == {"login": "ada", "code": "s", "city": "Bath"}
    assert accounts.got(("2",)).profile == {"login": "bob", "code": "n", "city": "York"}


def test_row_may_be_told_by_what_it_hangs_by(database: Database) -> None:
    """The column by which a row hangs on its account is filled whenever one is made."""
    places(database, "home")
    accounts = database.opened(KINDS.replace("{kind: WANTED}", "{user_id: {not: null}}"))

    assert accounts.faults() == {}
    assert accounts.changed(("1",), city="Bath").profile["city"] == "Bath"
