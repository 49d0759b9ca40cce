"""Arrays whose items are rows: which rows a write makes, deletes and leaves alone."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ownid_grpc.domain.account import AccountDraft, JsonValue
from ownid_grpc.domain.call import Call
from ownid_grpc.errors import InvalidArgument
from tests.sql.array_users import MAPPING, USERS, users
from tests.sql.legacy import Database

ADDRESS_ROWS = "SELECT id, address FROM addresses WHERE is_primary = FALSE ORDER BY id"


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


def test_deleting_an_account_deletes_its_rows(database: Database) -> None:
    """Rows of arrays go where `delete` says so; what they point at does not."""
    accounts = users(database)

    accounts.delete(("1",))

    for table in ("addresses", "usermeta", "user_roles"):
        assert database.rows(f"SELECT 1 FROM {table}") == []
    assert len(database.rows("SELECT 1 FROM roles")) == 3


@pytest.mark.parametrize(
    ("items", "rule"),
    [(["x" * 41], "maxLength"), ([None], "items"), ([3], "type")],
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
    database.execute("CREATE UNIQUE INDEX one_address ON addresses (address)")

    account = accounts.changed(("1",), email="b@x.com", others=["ada@x.com"])

    assert account.profile["email"] == "b@x.com"
    assert account.profile["others"] == ["ada@x.com"]


def test_array_of_thousands_is_cleared(database: Database) -> None:
    """No statement has more alternatives than the database takes."""
    accounts = users(database)
    rows = ", ".join(f"(2, 'interest', '{number}')" for number in range(2500))
    database.execute(f"INSERT INTO usermeta (user_id, meta_key, meta_value) VALUES {rows}")

    account = accounts.changed(("2",), interests=["7"])

    assert account.profile["interests"] == ["7"]
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
