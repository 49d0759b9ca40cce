"""Properties in one of the rows that hang on an account, chosen by `where`."""

import pytest

from ownid_grpc.domain.account import LoginId
from ownid_grpc.errors import AlreadyExists, InvalidArgument, NotFound
from tests.sql.legacy import Accounts, Database

USERS = "CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL)"

ADDRESSES = """CREATE TABLE addresses (id <automatic>, user_id BIGINT NOT NULL,
    address VARCHAR(40) NOT NULL UNIQUE, label VARCHAR(10), is_primary <boolean> NOT NULL,
    made BIGINT NOT NULL)"""

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


def addresses(database: Database) -> Accounts:
    """Returns a user with two addresses, the second of them the primary one."""
    database.execute(USERS, ADDRESSES, "INSERT INTO users (login) VALUES ('ada')")
    database.execute(
        "INSERT INTO addresses (user_id, address, is_primary, made) VALUES "
        "(1, 'second@x.com', FALSE, 1), (1, 'ada@x.com', TRUE, 1)"
    )
    return database.opened(ADDRESSES_MAPPING)


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
