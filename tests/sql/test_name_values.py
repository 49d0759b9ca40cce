"""Properties that are rows of a name-value table."""

import pytest

from ownid_grpc.domain.account import AccountDraft
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.predicates import (
    Compare,
    Not,
    Operator,
    OrderTerm,
    Present,
)
from ownid_grpc.domain.source import Kind
from ownid_grpc.errors import AlreadyExists, NotFound
from tests.sql.legacy import Accounts, Database

USERS = "CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL)"

META = """CREATE TABLE usermeta (umeta_id <automatic>, user_id BIGINT NOT NULL,
    meta_key VARCHAR(40), meta_value TEXT)"""

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

MADE = "SELECT user_id, meta_key, meta_value FROM usermeta ORDER BY umeta_id"


def meta(database: Database) -> Accounts:
    """Returns users with values by name, among them some that the mapping does not know."""
    database.execute(USERS, META, *PEOPLE)
    return database.opened(META_MAPPING)


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

    assert accounts.searched(Compare(age, Operator.GT, 10)) == ["2"]
    assert accounts.searched(Compare(age, Operator.EQ, 7)) == []
    assert accounts.searched(Not(Present(("profile", "nickname")))) == ["2"]
    order = OrderTerm(age, is_descending=True, kind=Kind.INTEGER)
    assert accounts.searched(Present(age), order) == ["2", "1"]


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
