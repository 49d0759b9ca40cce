"""Arrays whose items are rows: of a child table, of one name, or through a table between."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ownid_grpc.domain.account import Account, AccountDraft, JsonValue
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.predicates import Contains, Not, OrderTerm, Predicate, Present, Query
from ownid_grpc.domain.source import Kind
from ownid_grpc.errors import InvalidArgument
from tests.sql.legacy import Accounts, Database

USERS = "CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL, row_version BIGINT)"

ADDRESSES = """CREATE TABLE addresses (id <automatic>, user_id BIGINT NOT NULL,
    address VARCHAR(40) NOT NULL, is_primary <boolean> NOT NULL, made BIGINT NOT NULL)"""

META = """CREATE TABLE usermeta (umeta_id <automatic>, user_id BIGINT NOT NULL,
    meta_key VARCHAR(40), meta_value TEXT)"""

ROLES = "CREATE TABLE roles (id <automatic>, realm VARCHAR(10), name VARCHAR(20) NOT NULL)"

USER_ROLES = """CREATE TABLE user_roles (user_id BIGINT NOT NULL, role_id BIGINT NOT NULL,
    made BIGINT NOT NULL, PRIMARY KEY (user_id, role_id))"""

ROWS = (
    "INSERT INTO users (login) VALUES ('ada'), ('bob')",
    """INSERT INTO addresses (user_id, address, is_primary, made) VALUES
        (1, 'ada@x.com', TRUE, 1), (1, 'b@x.com', FALSE, 1), (1, 'a@x.com', FALSE, 1)""",
    """INSERT INTO usermeta (user_id, meta_key, meta_value) VALUES
        (1, 'interest', 'maths'), (1, 'other', 'kept'), (1, 'interest', 'poetry'),
        (1, 'score', '7'), (1, 'score', 'none')""",
    "INSERT INTO roles (realm, name) VALUES ('a', 'admin'), ('b', 'admin'), ('a', 'editor')",
    "INSERT INTO user_roles (user_id, role_id, made) VALUES (1, 3, 1), (1, 2, 1)",
)

MAPPING = """
table: users
key: id
version: row_version
joins:
  address: {table: addresses, "on": {user_id: id}}
  meta: {table: usermeta, "on": {user_id: id}, name: meta_key, value: meta_value}
  role:
    table: roles
    where: {realm: a}
    through: {table: user_roles, "on": {user_id: id}, to: {role_id: id}}
properties:
  login: login
  email: {join: address, column: address, where: {is_primary: true}}
  others:
    {join: address, column: address, where: {is_primary: false}, many: true, normalize: [lower]}
  interests: {join: meta, name: interest, many: true}
  scores: {join: meta, name: score, many: true, type: integer}
  roles: {join: role, column: name, many: true}
on_create: {address.made: now, role.made: now}
delete: {tables: [address, meta, role]}
"""

ADDRESS_ROWS = "SELECT id, address FROM addresses WHERE is_primary = FALSE ORDER BY id"


def users(database: Database) -> Accounts:
    """Returns two users, the first of whom has several of everything."""
    database.execute(USERS, ADDRESSES, META, ROLES, USER_ROLES, *ROWS)
    return database.opened(MAPPING)


def found(accounts: Accounts, predicate: Predicate) -> list[str]:
    """Returns the keys of accounts that match."""
    page = accounts.repository.search(Call(), Query(predicate), after=None, limit=10)
    return [".".join(account.key) for account in page.accounts]


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


def test_rows_that_stay_are_not_touched(database: Database) -> None:
    """An update deletes what is gone, inserts what is new, and changes nothing else."""
    accounts = users(database)

    account = accounts.changed(("1",), others=["NEW@x.com", "a@x.com"])

    assert account.profile["others"] == ["a@x.com", "new@x.com"]
    assert database.rows(ADDRESS_ROWS) == [(3, "a@x.com"), (4, "new@x.com")]
    query = "SELECT made > 1000 FROM addresses ORDER BY id"
    assert [bool(row[0]) for row in database.rows(query)] == [False, False, True]


def test_another_order_of_items_is_no_change(database: Database) -> None:
    """The order is that of the rows: an account with its items turned around is as it was."""
    accounts = users(database)
    before = accounts.got(("1",))

    account = accounts.changed(("1",), others=["a@x.com", "b@x.com"])

    assert account == before


def test_cleared_array_has_no_rows(database: Database) -> None:
    """An empty array and an absent one both mean no rows."""
    accounts = users(database)

    account = accounts.changed(("1",), others=None, interests=[], roles=[])

    assert account.profile == {"login": "ada", "email": "ada@x.com", "scores": [7]}
    assert database.rows("SELECT address FROM addresses") == [("ada@x.com",)]
    assert database.rows("SELECT meta_value FROM usermeta ORDER BY umeta_id") == [
        ("kept",),
        ("7",),
        ("none",),
    ]
    assert database.rows("SELECT role_id FROM user_roles") == [(2,)]


def test_account_is_made_with_its_arrays(database: Database) -> None:
    """A create inserts a row for each item, complete by the rules."""
    accounts = users(database)
    profile: dict[str, JsonValue] = {
        "login": "cy",
        "others": ["c@x.com", "d@x.com"],
        "scores": [3, 1, 3],
        "roles": ["admin", "editor"],
    }

    account = accounts.made(profile)

    assert account.profile == profile
    first, second = accounts.repository.insert_many(
        Call(), [AccountDraft(profile | {"login": name}) for name in ("m1", "m2")]
    )
    assert isinstance(first, tuple)
    assert isinstance(second, tuple)
    assert accounts.got(second).profile == profile | {"login": "m2"}
    assert {row[0] > 1000 for row in database.rows("SELECT made FROM user_roles")} == {False, True}


def test_item_that_is_not_in_the_joined_table_is_refused(database: Database) -> None:
    """Rows between point at what is there; another name is refused and nothing is written."""
    accounts = users(database)

    with pytest.raises(InvalidArgument) as error:
        accounts.changed(("1",), interests=["chess"], roles=["editor", "owner"])

    assert error.value.violations[0].field == "account.profile.roles"
    assert error.value.violations[0].rule == "enum"
    assert accounts.got(("1",)).profile["interests"] == ["maths", "poetry"]


def test_unknown_item_in_a_batch_is_refused_for_its_account_alone(database: Database) -> None:
    """One account that cannot be made does not make the others wait."""
    accounts = users(database)
    drafts = [
        AccountDraft({"login": f"m{number}", "roles": ["owner" if number == 3 else "admin"]})
        for number in range(8)
    ]
    accounts.got(("1",))
    database.statements.clear()

    outcomes = accounts.repository.insert_many(Call(), drafts)

    assert [number for number, each in enumerate(outcomes) if isinstance(each, Exception)] == [3]
    assert len(database.statements) < len(drafts)


def test_item_given_twice_is_refused_where_rows_are_unique(database: Database) -> None:
    """A table between cannot hold a pair twice."""
    accounts = users(database)

    with pytest.raises(InvalidArgument) as error:
        accounts.changed(("1",), roles=["editor", "editor"])

    assert error.value.violations[0].rule == "uniqueItems"


def test_joined_rows_are_never_written(database: Database) -> None:
    """Roles come and go as rows between, in their scope; the roles stay as they are."""
    accounts = users(database)

    account = accounts.changed(("1",), roles=["admin"])

    assert account.profile["roles"] == ["admin"]
    query = "SELECT role_id FROM user_roles WHERE user_id = 1 ORDER BY role_id"
    assert database.rows(query) == [(1,), (2,)]
    assert len(database.rows("SELECT 1 FROM roles")) == 3


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

    assert found(accounts, predicate) == keys


def test_column_derived_of_items_is_kept_in_each_row(database: Database) -> None:
    """What a rule derives of a property in one row it derives in every row, of what is there."""
    database.execute(
        USERS,
        "CREATE TABLE emails (id <automatic>, user_id BIGINT NOT NULL, email VARCHAR(40) NOT NULL,"
        " norm VARCHAR(40) NOT NULL, main <boolean> NOT NULL)",
    )
    accounts = database.opened(
        """
table: users
key: id
joins: {mail: {table: emails, "on": {user_id: id}}}
properties:
  login: login
  email: {join: mail, column: email, where: {main: true}}
  others: {join: mail, column: email, where: {main: false}, many: true}
on_write: {mail.norm: {upper: email}}
"""
    )
    assert accounts.faults() == {}

    account = accounts.made({"login": "ada", "email": "a@x", "others": ["b@x", "c@x"]})
    accounts.changed(account.key, others=["c@x", "d@x"], email="e@x")

    query = "SELECT email, norm FROM emails ORDER BY email"
    assert database.rows(query) == [("c@x", "C@X"), ("d@x", "D@X"), ("e@x", "E@X")]


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


def test_deleting_an_account_deletes_its_rows(database: Database) -> None:
    """Rows of arrays go where `delete` says so; what they point at does not."""
    accounts = users(database)

    accounts.delete(("1",))

    for table in ("addresses", "usermeta", "user_roles"):
        assert database.rows(f"SELECT 1 FROM {table}") == []
    assert len(database.rows("SELECT 1 FROM roles")) == 3


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


items = st.lists(st.sampled_from(["a", "b", "c", "d\"\\'", "é\u2028", "A"]), max_size=6)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(updates=st.lists(items, min_size=1, max_size=5))
def test_any_sequence_of_updates_keeps_what_stays(
    database: Database, updates: list[list[str]]
) -> None:
    """The array is as the last update gave it, and the rows of items that stayed are the same."""
    if not database.statements:
        users(database)
    accounts = database.opened(MAPPING)
    query = "SELECT umeta_id, meta_value FROM usermeta WHERE meta_key = 'interest'"
    account = accounts.changed(("1",), interests=None)

    for wanted in updates:
        before = dict(database.rows(query))
        account = accounts.changed(("1",), interests=list(wanted))
        after = dict(database.rows(query))

        shown = account.profile.get("interests") or []
        assert isinstance(shown, list)
        assert shown == [after[key] for key in sorted(after)]
        assert Counter(shown) == Counter(wanted)
        stayed = Counter(before.values()) & Counter(wanted)
        assert Counter(before[key] for key in before.keys() & after.keys()) == stayed
