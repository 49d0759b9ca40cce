"""Rows that hang on another column than the key, and what becomes of them when it changes."""

import pytest

from ownid_grpc.domain.account import AccountDraft, JsonValue
from ownid_grpc.domain.call import Call
from ownid_grpc.errors import InvalidArgument
from tests.sql.legacy import Database

USERS = "CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL, code VARCHAR(9))"


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
