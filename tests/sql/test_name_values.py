"""Properties that are rows: of a name-value table, and one among the many of a joined table."""

import pytest

from ownid_grpc.domain.account import AccountDraft, LoginId
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.predicates import (
    Compare,
    Not,
    Operator,
    OrderTerm,
    Predicate,
    Present,
    Query,
)
from ownid_grpc.domain.source import Kind
from ownid_grpc.errors import AlreadyExists, InvalidArgument, NotFound
from tests.sql.legacy import Accounts, Database

USERS = "CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL)"

META = """CREATE TABLE usermeta (umeta_id <automatic>, user_id BIGINT NOT NULL,
    meta_key VARCHAR(40), meta_value TEXT)"""

FIELDS = "CREATE TABLE fields (id <automatic>, kind VARCHAR(10), shortname VARCHAR(20) NOT NULL)"

ENTRIES = """CREATE TABLE entries (id VARCHAR(36) PRIMARY KEY, user_id BIGINT NOT NULL,
    field_id BIGINT NOT NULL, content VARCHAR(20) NOT NULL, format SMALLINT NOT NULL,
    made BIGINT NOT NULL, UNIQUE (user_id, field_id))"""

ADDRESSES = """CREATE TABLE addresses (id <automatic>, user_id BIGINT NOT NULL,
    address VARCHAR(40) NOT NULL UNIQUE, label VARCHAR(10), is_primary <boolean> NOT NULL,
    made BIGINT NOT NULL)"""

PEOPLE = (
    "INSERT INTO users (login) VALUES ('ada'), ('bob')",
    """INSERT INTO usermeta (user_id, meta_key, meta_value) VALUES (1, 'nickname', 'A'),
        (1, 'nickname', 'B'), (1, 'Nickname', 'other'), (2, 'age', '41'), (2, 'age', '7')""",
)

META_MAPPING = """
table: users
key: id
joins:
  meta: {table: usermeta, on: {user_id: id}, name: meta_key, value: meta_value}
properties:
  login: login
  nickname: {join: meta, name: nickname}
  age: {join: meta, name: age, type: integer}
  newsletter: {join: meta, name: news, values: {true: "1", false: "0"}}
  title: {join: meta, name: title, null: ""}
  theme: {join: meta, name: settings, path: [ui, theme], type: text}
on_create: {meta.user_level: "0"}
delete: {tables: [meta]}
""".replace(" on:", ' "on":').replace("null:", '"null":')

FIELDS_MAPPING = """
table: users
key: id
joins:
  field:
    table: entries
    "on": {user_id: id}
    name: {table: fields, "on": {id: field_id}, lookup: shortname, where: {kind: user}}
    value: content
    key: {column: id, generate: uuid4}
properties:
  login: login
  phone: {join: field, name: phone}
  city: {join: field, name: city}
on_create: {field.format: 1, field.made: now}
"""

ADDRESSES_MAPPING = """
table: users
key: id
joins: {address: {table: addresses, "on": {user_id: id}}}
properties:
  login: login
  email: {join: address, column: address, where: {is_primary: true}, normalize: [lower]}
  email_label: {join: address, column: label, where: {is_primary: true}}
on_create: {address.made: now}
"""

MADE = "SELECT user_id, meta_key, meta_value FROM usermeta ORDER BY umeta_id"


def meta(database: Database) -> Accounts:
    """Returns users with values by name, among them some that the mapping does not know."""
    database.execute(USERS, META, *PEOPLE)
    return database.opened(META_MAPPING)


def fields(database: Database) -> Accounts:
    """Returns users with values by the ids of names."""
    database.execute(USERS, FIELDS, ENTRIES, "INSERT INTO users (login) VALUES ('ada')")
    database.execute(
        "INSERT INTO fields (kind, shortname) VALUES "
        "('shop', 'city'), ('user', 'city'), ('user', 'phone')"
    )
    return database.opened(FIELDS_MAPPING)


def addresses(database: Database) -> Accounts:
    """Returns a user with two addresses, the second of them the primary one."""
    database.execute(USERS, ADDRESSES, "INSERT INTO users (login) VALUES ('ada')")
    database.execute(
        "INSERT INTO addresses (user_id, address, is_primary, made) VALUES "
        "(1, 'second@x.com', FALSE, 1), (1, 'ada@x.com', TRUE, 1)"
    )
    return database.opened(ADDRESSES_MAPPING)


def found(accounts: Accounts, predicate: Predicate, *order: OrderTerm) -> list[str]:
    """Returns the keys of accounts that match."""
    page = accounts.repository.search(Call(), Query(predicate, order), after=None, limit=10)
    return [".".join(account.key) for account in page.accounts]


def test_first_of_rows_with_one_name_is_read(database: Database) -> None:
    """The row with the lowest key is the value, and the account is there once."""
    accounts = meta(database)

    assert accounts.faults() == {}
    assert accounts.got(("1",)).profile == {"login": "ada", "nickname": "A"}
    assert accounts.repository.count(Call(), Present(("profile", "login"))) == 2


def test_value_by_name_is_changed_in_place(database: Database) -> None:
    """An update changes the row that is read, and no other."""
    accounts = meta(database)

    account = accounts.changed(("1",), nickname="C")

    assert account.profile["nickname"] == "C"
    assert database.rows(MADE)[:3] == [
        (1, "nickname", "C"),
        (1, "nickname", "B"),
        (1, "Nickname", "other"),
    ]


def test_cleared_value_deletes_what_has_its_name(database: Database) -> None:
    """Clearing leaves no row of the name, and every row of another."""
    accounts = meta(database)

    account = accounts.changed(("1",), nickname=None)

    assert account.profile == {"login": "ada"}
    assert database.rows(MADE) == [(1, "Nickname", "other"), (2, "age", "41"), (2, "age", "7")]


def test_cleared_value_is_stored_where_the_mapping_says_what(database: Database) -> None:
    """A property with `null` keeps its row."""
    accounts = meta(database)
    accounts.changed(("2",), title="Dr")

    account = accounts.changed(("2",), title=None)

    assert "title" not in account.profile
    assert database.rows(MADE)[-1] == (2, "title", "")


def test_account_is_made_with_rows_for_what_it_has(database: Database) -> None:
    """A create inserts a row for each value given and each constant of the rules."""
    accounts = meta(database)

    account = accounts.made({"login": "cy", "age": 5, "newsletter": False, "theme": "dark"})

    assert account.profile == {"login": "cy", "age": 5, "newsletter": False, "theme": "dark"}
    key = int(account.key[0])
    assert {row[1:] for row in database.rows(MADE) if row[0] == key} == {
        ("age", "5"),
        ("news", "0"),
        ("settings", '{"ui": {"theme": "dark"}}'),
        ("user_level", "0"),
    }


def test_values_by_name_are_filtered_and_ordered_by(database: Database) -> None:
    """A filter and an order see the value that is read, as what it is."""
    accounts = meta(database)
    accounts.changed(("1",), age=9)
    age = ("profile", "age")

    assert found(accounts, Compare(age, Operator.GT, 10)) == ["2"]
    assert found(accounts, Compare(age, Operator.EQ, 7)) == []
    assert found(accounts, Not(Present(("profile", "nickname")))) == ["2"]
    order = OrderTerm(age, is_descending=True, kind=Kind.INTEGER)
    assert found(accounts, Present(age), order) == ["2", "1"]


def test_deleting_an_account_deletes_all_its_rows(database: Database) -> None:
    """Names that the mapping does not know go too where `delete` says so."""
    accounts = meta(database)

    accounts.delete(("1",))

    assert database.rows(MADE) == [(2, "age", "41"), (2, "age", "7")]
    with pytest.raises(NotFound):
        accounts.got(("1",))


def test_accounts_are_made_by_the_batch_with_their_rows(database: Database) -> None:
    """Many accounts in one transaction get the rows that each has."""
    accounts = meta(database)
    drafts = [AccountDraft({"login": "m1", "age": 1}), AccountDraft({"login": "m2"})]

    first, second = accounts.repository.insert_many(Call(), drafts)

    assert isinstance(first, tuple)
    assert isinstance(second, tuple)
    assert accounts.got(first).profile == {"login": "m1", "age": 1}
    assert accounts.got(second).profile == {"login": "m2"}
    assert database.rows(MADE)[-1][1:] == ("user_level", "0")


def test_one_read_of_an_account_is_one_statement(database: Database) -> None:
    """However many names there are, they come with the account."""
    accounts = meta(database)
    accounts.got(("1",))
    database.statements.clear()

    accounts.got(("1",))

    assert len(database.statements) == 1


def test_names_are_ids_of_another_table(database: Database) -> None:
    """A value by the id of a name is read and written, its row complete."""
    accounts = fields(database)

    assert accounts.faults() == {}
    account = accounts.changed(("1",), phone="123", city="Rome")

    assert account.profile == {"login": "ada", "phone": "123", "city": "Rome"}
    query = "SELECT field_id, content, format, made > 1000 FROM entries ORDER BY field_id"
    assert database.rows(query) == [(2, "Rome", 1, True), (3, "123", 1, True)]
    assert len(str(database.rows("SELECT id FROM entries")[0][0])) == 36


def test_cleared_value_needs_no_null_in_its_column(database: Database) -> None:
    """Clearing deletes the row, so that a column that refuses NULL is no hindrance."""
    accounts = fields(database)
    accounts.changed(("1",), phone="123", city="Rome")

    accounts.changed(("1",), phone=None)

    assert database.rows("SELECT content FROM entries") == [("Rome",)]


def test_name_that_is_not_registered_is_a_fault(database: Database) -> None:
    """A property whose name the other table lacks is found out at once."""
    fields(database)

    accounts = database.opened(FIELDS_MAPPING.replace("name: phone", "name: fax"))

    assert accounts.faults() == {
        "properties.phone.name": "There is no 'fax' in 'fields'; name one that is there."
    }


@pytest.mark.parametrize(
    ("right", "wrong", "location"),
    [
        ("name: meta_key", "name: meta_kee", "joins.meta.name"),
        ("value: meta_value", "value: meta_valeu", "joins.meta.value"),
        ("{user_id: id}", "{user: id}", "joins.meta.on.user"),
        ("name: nickname}", "column: meta_value}", "properties.nickname.join"),
    ],
)
def test_fault_is_told_once_and_where_it_stands(
    database: Database, right: str, wrong: str, location: str
) -> None:
    """A fault names the word as the file has it, however many names there are."""
    meta(database)

    accounts = database.opened(META_MAPPING.replace(right, wrong))

    assert set(accounts.faults()) == {location}


def test_conflict_names_the_property_of_the_row(database: Database) -> None:
    """Of many names in one column, the one that was written is told."""
    meta(database)
    database.execute(
        "CREATE TABLE handles (id <automatic>, user_id BIGINT NOT NULL, kind VARCHAR(10) NOT NULL,"
        " handle VARCHAR(20) NOT NULL, UNIQUE (kind, handle))",
        "INSERT INTO handles (user_id, kind, handle) VALUES (2, 'web', 'ada')",
    )
    accounts = database.opened(
        """
table: users
key: id
joins: {handle: {table: handles, "on": {user_id: id}, name: kind, value: handle}}
properties:
  login: login
  chat: {join: handle, name: chat}
  web: {join: handle, name: web}
  ids: {join: handle, name: id, many: true}
"""
    )
    accounts.changed(("1",), chat="ada", ids=["ada"])

    with pytest.raises(AlreadyExists) as taken:
        accounts.changed(("1",), web="ada")

    assert taken.value.metadata["property"] == "web"
    with pytest.raises(AlreadyExists) as made:
        accounts.made({"login": "eve", "chat": "eve", "ids": ["x", "ada"]}, login_ids=())
    assert made.value.metadata["property"] == "ids"


@pytest.mark.parametrize("column", ["TEXT", "TEXT NOT NULL"])
def test_derived_value_goes_with_what_it_is_made_of(database: Database, column: str) -> None:
    """A row that a rule derives is deleted once there is nothing to derive it from."""
    database.execute(USERS, META.replace("TEXT", column))
    accounts = database.opened(META_MAPPING + "on_write: {meta.sort_name: {upper: nickname}}")
    account = accounts.made({"login": "cy", "nickname": "C", "age": 5})
    assert (1, "sort_name", "C") in database.rows(MADE)

    accounts.changed(account.key, nickname=None)

    assert sorted(database.rows(MADE)) == [(1, "age", "5"), (1, "user_level", "0")]
    accounts.changed(account.key, nickname="D")
    assert (1, "sort_name", "D") in database.rows(MADE)


def test_row_among_others_is_read_and_changed(database: Database) -> None:
    """The row that `where` chooses holds the properties; the others stay as they are."""
    accounts = addresses(database)

    assert accounts.faults() == {}
    assert accounts.got(("1",)).profile == {"login": "ada", "email": "ada@x.com"}
    accounts.changed(("1",), email="NEW@x.com", email_label="home")

    query = "SELECT address, label, made FROM addresses ORDER BY id"
    assert database.rows(query) == [("second@x.com", None, 1), ("new@x.com", "home", 1)]


def test_row_among_others_is_made_and_deleted(database: Database) -> None:
    """A row comes with its first value and goes with its last."""
    accounts = addresses(database)
    account = accounts.made({"login": "bob", "email": "bob@x.com"})
    assert accounts.made({"login": "cy"}).profile == {"login": "cy"}
    assert len(database.rows("SELECT 1 FROM addresses WHERE made > 1000")) == 1

    accounts.changed(account.key, email=None)

    assert len(database.rows("SELECT 1 FROM addresses")) == 2


def test_row_that_keeps_something_must_have_what_it_needs(database: Database) -> None:
    """What must not be NULL cannot be cleared while the row holds another value."""
    accounts = addresses(database)
    accounts.changed(("1",), email_label="home")

    with pytest.raises(InvalidArgument) as error:
        accounts.changed(("1",), email=None)

    assert error.value.violations[0].field == "account.profile.email"


def test_login_id_in_a_row_among_others_is_found_and_kept_unique(database: Database) -> None:
    """A login id is looked for in the rows that `where` chooses."""
    accounts = addresses(database)

    assert accounts.found("ADA@X.com").key == ("1",)
    with pytest.raises(NotFound):
        accounts.found("second@x.com")
    with pytest.raises(AlreadyExists) as taken:
        accounts.made({"login": "eve", "email": "second@x.com"}, login_ids=())
    assert taken.value.metadata["property"] == "email"
    with pytest.raises(AlreadyExists):
        accounts.made({"login": "eve", "email": "Ada@x.com"}, login_ids=(LoginId(("email",)),))
