"""Joins of long names, and more of them than a database puts into one statement."""

import pytest

from ownid_grpc.domain.predicates import And, Compare, Not, Operator, Or, Present
from tests.sql.legacy import Database

USERS = "CREATE TABLE users (id <automatic>, login VARCHAR(20) NOT NULL)"

META = """CREATE TABLE meta (id <automatic>, user_id BIGINT NOT NULL, name VARCHAR(40),
    content TEXT)"""

MANY = 150

LONG = "profile_of_the_customer_as_the_department_of_sales_has_always_called_it"


@pytest.mark.parametrize("name", [LONG, "é" * 40])
def test_long_names_of_joins_are_told_apart(database: Database, name: str) -> None:
    """Two joins whose names begin alike are two, however short a database cuts names."""
    database.execute(
        USERS,
        "CREATE TABLE one (user_id BIGINT PRIMARY KEY, city VARCHAR(9))",
        "CREATE TABLE two (user_id BIGINT PRIMARY KEY, city VARCHAR(9))",
        META,
    )
    accounts = database.opened(
        f"""
        table: users
        key: id
        joins:
          {name}_one: {{table: one, "on": {{user_id: id}}}}
          {name}_two: {{table: two, "on": {{user_id: id}}}}
          {name}_meta: {{table: meta, "on": {{user_id: id}}, name: name, value: content}}
        properties:
          login: login
          home: {{join: {name}_one, column: city}}
          work: {{join: {name}_two, column: city}}
          nick: {{join: {name}_meta, name: nick}}
        """
    )
    assert accounts.faults() == {}
    profile = {"login": "ada", "home": "Rome", "work": "Oslo", "nick": "A"}

    account = accounts.made({**profile})

    assert accounts.got(account.key).profile == profile
    home, nick = ("profile", "home"), ("profile", "nick")
    both = And((Compare(home, Operator.EQ, "Rome"), Compare(nick, Operator.EQ, "A")))
    assert accounts.searched(both) == ["1"]


def test_filter_may_name_more_properties_than_a_statement_joins(database: Database) -> None:
    """MariaDB and SQLite join some sixty tables; what is beyond is found all the same."""
    database.execute(USERS, META)
    properties = "".join(f"  p{n}: {{join: meta, name: n{n}}}\n" for n in range(MANY))
    accounts = database.opened(
        "table: users\nkey: id\n"
        'joins: {meta: {table: meta, "on": {user_id: id}, name: name, value: content}}\n'
        f"properties:\n  login: login\n{properties}"
    )
    accounts.made({"login": "ada", **{f"p{n}": str(n) for n in range(MANY)}})
    accounts.made({"login": "bob", f"p{MANY - 1}": "x"})
    equal = [Compare(("profile", f"p{n}"), Operator.EQ, str(n)) for n in range(MANY)]

    assert accounts.searched(And(tuple(equal))) == ["1"]
    assert accounts.searched(Or(tuple(equal))) == ["1"]
    assert accounts.searched(Not(Or(tuple(equal)))) == ["2"]
    assert accounts.searched(Or(tuple(Present(each.path) for each in equal))) == ["1", "2"]
