"""Rows out of scope are no accounts, and no write makes one of an account."""

import pytest

from ownid_grpc.domain.account import AccountKey, Profile
from ownid_grpc.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, Reason
from tests.sql.legacy import Database, kinds

TABLE = """CREATE TABLE t (
    tenant_id INTEGER NOT NULL, id VARCHAR(20) NOT NULL, email VARCHAR(20), state VARCHAR(9),
    is_live <boolean> NOT NULL, level INTEGER, PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email))"""

MAPPING = """
table: t
key: [tenant_id, id]
where: {tenant_id: 7, is_live: 1, state: {not: gone}, level: {greater: 3}}
properties: {email: email, state: state}
on_create: {level: 5, state: new}
"""


def test_constant_of_another_type_is_written_as_its_column_has_it(database: Database) -> None:
    """A 1 for a boolean, a truth for a number and a number for a text mean the same."""
    database.execute("CREATE TABLE t (id <automatic>, a <boolean>, b INTEGER, c VARCHAR(9))")
    accounts = database.opened(
        "{table: t, key: id, where: {a: 1, b: true, c: 5}, properties: {name: c}}"
    )

    account = accounts.made({})

    assert accounts.got(account.key).profile == {"name": "5"}
    assert database.rows("SELECT count(*) FROM t WHERE b = 1 AND c = '5'") == [(1,)]


@pytest.mark.parametrize("state", ["gone", None])
def test_change_that_would_leave_the_scope_is_refused(
    database: Database, state: str | None
) -> None:
    """An account does not vanish by a change: the property that would do so is named."""
    database.execute(TABLE)
    accounts = database.opened(MAPPING)
    account = accounts.made({"email": "a"}, ("7", "k"))

    with pytest.raises(FailedPrecondition) as error:
        accounts.changed(account.key, state=state)

    assert error.value.reason is Reason.DATABASE_REFUSED
    assert error.value.metadata == {"rule": "scope", "property": "state"}
    assert accounts.got(account.key) == account


def test_new_account_out_of_scope_is_refused(database: Database) -> None:
    """A create that nobody would see afterwards leaves nothing."""
    database.execute(TABLE)
    accounts = database.opened(MAPPING)

    with pytest.raises(FailedPrecondition):
        accounts.made({"email": "a", "state": "gone"}, ("7", "k"))

    assert database.rows("SELECT count(*) FROM t") == [(0,)]


def test_key_of_another_scope_is_refused(database: Database) -> None:
    """A part of the key that the scope fixes is not the caller's to choose."""
    database.execute(TABLE)
    accounts = database.opened(MAPPING)

    with pytest.raises(InvalidArgument) as error:
        accounts.made({"email": "a"}, ("8", "k"))

    assert [each.field for each in error.value.violations] == ["account_id"]


@pytest.mark.parametrize("key", [("8", "other"), ("7", "K "), ("07", "other")])
def test_row_out_of_scope_is_not_found(database: Database, key: AccountKey) -> None:
    """No other row answers to a key, nor one that its collation takes for the same."""
    database.execute(TABLE, "INSERT INTO t VALUES (8, 'other', 'a', 'x', true, 9)")
    accounts = database.opened(MAPPING)
    accounts.made({"email": "a"}, ("7", "k"))

    with pytest.raises(NotFound):
        accounts.got(key)


@pytest.mark.parametrize(
    ("index", "is_free"),
    [("t (tenant_id, email)", True), ("t (email)", False), (None, False)],
    ids=["within the tenant", "of all", "none"],
)
def test_login_id_of_another_tenant_is_free_where_the_database_says_so(
    database: Database,
    index: str | None,
    is_free: bool,  # noqa: FBT001 - a test's parameter
) -> None:
    """A unique index over tenant and login id lets two tenants have one; else it is taken."""
    database.execute(
        "CREATE TABLE t (id <automatic>, tenant_id INTEGER NOT NULL, email VARCHAR(20))",
        "INSERT INTO t (tenant_id, email) VALUES (8, 'a@x.com')",
    )
    if index is not None:
        database.execute(f"CREATE UNIQUE INDEX uq ON {index}")
    accounts = database.opened(
        "{table: t, key: id, where: {tenant_id: 7}, properties: {email: email}}"
    )
    profile: Profile = {"email": "A@x.com"}

    if not is_free:
        with pytest.raises(AlreadyExists):
            accounts.made(profile)
        return
    account = accounts.made(profile)

    assert accounts.found("a@X.com") == account


@pytest.mark.parametrize("database", kinds("sqlite", "postgresql"), indirect=True)
def test_login_id_of_a_deleted_account_is_free_where_the_index_is_partial(
    database: Database,
) -> None:
    """Where only rows that are not deleted must differ, a new account may have the old login id."""
    database.execute(
        "CREATE TABLE t (id <automatic>, email VARCHAR(20), deleted_at <moment>)",
        "CREATE UNIQUE INDEX uq ON t (email) WHERE deleted_at IS NULL",
    )
    accounts = database.opened(
        "{table: t, key: id, properties: {email: email}, delete: {set: {deleted_at: now}}}"
    )
    accounts.delete(accounts.made({"email": "a"}).key)

    account = accounts.made({"email": "a"})

    assert accounts.found("A") == account


FAULTS = {
    "where.state": ("where: {state: {not: gone}}", "nothing fills 'state'"),
    "on_create.level": ("where: {level: {greater: 3}}\non_create: {level: 2}", "'where' excludes"),
    "delete.tables": ("delete: {tables: [nowhere]}", "neither a child join nor"),
    "on_write.doc": ("on_write: {doc: now}", "replace the whole document"),
    "on_create.made": ("on_create: {made: 1}", "The database itself makes"),
    "on_create.small": ("on_create: {small: much too long}", "at most 3 characters"),
    "on_create.number": ("on_create: {number: many}", "it holds numbers"),
}


@pytest.mark.parametrize("place", FAULTS)
def test_rule_that_no_write_could_keep_is_a_fault(database: Database, place: str) -> None:
    """A rule that names what is there and still cannot be kept is found before any write."""
    words, message = FAULTS[place]
    database.execute(
        """CREATE TABLE t (
            id <automatic>, email VARCHAR(20), state VARCHAR(9), level INTEGER, doc TEXT,
            small VARCHAR(3), number INTEGER,
            made INTEGER GENERATED ALWAYS AS (level + 1) STORED)"""
    )
    accounts = database.opened(
        "table: t\nkey: id\n"
        "properties: {email: email, theme: {column: doc, path: [theme]}}\n" + words
    )

    faults = accounts.faults()

    assert list(faults) == [place]
    assert message in faults[place]
