"""Arrays whose items are rows: how they are read and searched, and what no array can be made of."""

import pytest

from ownid_grpc.domain.account import Account
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.predicates import Contains, Not, OrderTerm, Predicate, Present, Query
from ownid_grpc.domain.source import Kind
from tests.sql.array_users import MAPPING, ROLES, USER_ROLES, USERS, users
from tests.sql.legacy import Database


def test_rows_are_read_as_arrays_in_one_statement(database: Database) -> None:
    """Arrays come in the order of their rows' keys, with the account, and none is absent."""
    accounts = users(database)

    assert accounts.faults() == {}
    assert accounts.got(("1",)).profile == {
        "login": "ada",
        "email": "ada@x.com",
        "others": ["b@x.com", "a@x.com"],
        "interests": ["maths", "poetry"],
        "scores": [7],
        "roles": ["editor"],
    }
    database.statements.clear()
    assert accounts.got(("2",)).profile == {"login": "bob"}
    assert len(database.statements) == 1


def test_arrays_are_described_by_their_items(database: Database) -> None:
    """A schema learns that it is an array, and of what."""
    accounts = users(database)

    described = {each.path[0]: each for each in accounts.repository.describe().properties}

    assert described["scores"].kind is Kind.ARRAY
    assert described["scores"].item_kind is Kind.INTEGER
    assert described["roles"].can_be_absent
    assert not described["others"].is_unique


@pytest.mark.parametrize(
    ("predicate", "keys"),
    [
        (Contains(("profile", "others"), "a@x.com"), ["1"]),
        (Contains(("profile", "others"), "ada@x.com"), []),
        (Contains(("profile", "others"), "A@x.com"), []),
        (Contains(("profile", "scores"), 7), ["1"]),
        (Contains(("profile", "roles"), "editor"), ["1"]),
        (Contains(("profile", "roles"), "admin"), []),
        (Not(Contains(("profile", "interests"), "maths")), ["2"]),
        (Present(("profile", "roles")), ["1"]),
        (Not(Present(("profile", "scores"))), ["2"]),
    ],
    ids=str,
)
def test_arrays_are_asked_for_an_item(
    database: Database, predicate: Predicate, keys: list[str]
) -> None:
    """A filter looks for an equal item among the rows, exactly."""
    accounts = users(database)

    assert accounts.searched(predicate) == keys


def test_accounts_with_arrays_are_ordered_page_after_page(database: Database) -> None:
    """An order by a column, or by one row among many, brings whole accounts."""
    accounts = users(database)
    accounts.made({"login": "cy", "email": "c@x.com", "others": ["z@x.com"]})

    for name, logins in (("login", ["cy", "bob", "ada"]), ("email", ["cy", "ada", "bob"])):
        query = Query(order=(OrderTerm(("profile", name), is_descending=True),))
        shown: list[Account] = []
        after = None
        for _ in range(3):
            page = accounts.repository.search(Call(), query, after=after, limit=1)
            shown += page.accounts
            after = page.next
        assert after is None
        assert [each.profile["login"] for each in shown] == logins
        assert shown[0] == accounts.got(shown[0].key)


def test_column_of_rows_that_nothing_fills_is_a_fault(database: Database) -> None:
    """Every row that an array may need is held against its table beforehand."""
    users(database)

    accounts = database.opened(MAPPING.replace(", role.made: now", ""))

    assert set(accounts.faults()) == {"joins.role"}


def test_nothing_else_is_made_of_an_array(database: Database) -> None:
    """A rule that derives a column of the account from an array is a fault."""
    users(database)

    accounts = database.opened(
        MAPPING.replace("on_create:", "on_write: {login: {copy: roles}}\non_create:")
    )

    assert set(accounts.faults()) == {"on_write.login"}


def test_rows_that_nothing_tells_apart_are_a_fault(database: Database) -> None:
    """An array needs a key of its rows, and a property on a join through another needs `many`."""
    database.execute(USERS, "CREATE TABLE notes (user_id BIGINT, note VARCHAR(9))", ROLES)
    database.execute(USER_ROLES)
    mapping = MAPPING.partition("joins:")[0]
    accounts = database.opened(
        mapping
        + """
joins:
  note: {table: notes, "on": {user_id: id}}
  role: {table: roles, through: {table: user_roles, "on": {user_id: id}, to: {role: id}}}
  named: {table: roles, through: {table: user_roles, "on": {user_id: id}, to: {role_id: id}}}
properties:
  notes: {join: note, column: note, many: true}
  roles: {join: role, column: name, many: true}
  role: {join: named, column: name}
"""
    )

    assert set(accounts.faults()) == {
        "properties.notes.many",
        "joins.role.through.to.role",
        "properties.role.join",
    }


def test_array_of_which_the_table_takes_one_row_is_a_fault(database: Database) -> None:
    """A second item would look like somebody else's change, for ever."""
    users(database)
    database.execute(
        "DELETE FROM usermeta", "CREATE UNIQUE INDEX one_row ON usermeta (user_id, meta_key)"
    )

    accounts = database.opened(MAPPING)

    assert set(accounts.faults()) == {"properties.interests.many", "properties.scores.many"}


def test_array_is_kept_unique_by_nothing(database: Database) -> None:
    """What `unique` could not keep, the mapping may not ask for."""
    users(database)

    accounts = database.opened(MAPPING + "unique: [[login, interests]]\n")

    assert set(accounts.faults()) == {"unique.0"}
