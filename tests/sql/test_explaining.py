"""Holds explanations to saying what would run, without a value, and to writing nothing at all."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from ownid_grpc.domain.account import Account, AccountDraft, LoginId
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.predicates import Compare, Operator, OrderTerm, Query
from ownid_grpc.domain.source import Kind
from ownid_grpc.repositories.base import Explained
from ownid_grpc.repositories.sql.explaining.explainer import SqlExplainer
from tests.sql.legacy import Accounts, Database, kinds

LOGIN_IDS = [LoginId(("email",))]

TABLES = (
    "CREATE TABLE t (id <automatic>, email VARCHAR(60) UNIQUE, city VARCHAR(40), points INTEGER)",
    "CREATE TABLE places (t_id BIGINT NOT NULL PRIMARY KEY, town VARCHAR(40))",
    """CREATE TABLE tags (t_id BIGINT NOT NULL, tag VARCHAR(30) NOT NULL,
        PRIMARY KEY (t_id, tag))""",
)

MAPPING = """
table: t
key: id
joins:
  place: {table: places, "on": {t_id: id}}
  tag: {table: tags, "on": {t_id: id}}
properties:
  email: {column: email, normalize: [lower]}
  city: city
  points: points
  town: {join: place, column: town}
  tags: {join: tag, column: tag, many: true}
delete: {tables: [tag, place]}
"""

STATE = {
    "sqlite": ["SELECT * FROM sqlite_sequence"],
    "postgresql": [
        "SELECT xmin::text, xmax::text, ctid::text, t.* FROM t",
        "SELECT xmin::text, xmax::text, ctid::text, p.* FROM places p",
        "SELECT last_value, is_called FROM t_id_seq",
    ],
    "mariadb": [
        """SELECT auto_increment FROM information_schema.tables
            WHERE table_schema = database() AND table_name = 't'""",
    ],
}
"""What would tell a write that was taken back from none."""


@pytest.fixture
def accounts(database: Database) -> Accounts:
    """Returns accounts, one of them there already."""
    database.execute(*TABLES)
    accounts = database.opened(MAPPING)
    accounts.made(
        {"email": "ada@secret.example", "city": "Secretton", "town": "Old", "tags": ["secretive"]}
    )
    return accounts


def state_of(database: Database) -> list[Any]:
    """Returns all that a write would leave a trace in."""
    tables = [f"SELECT * FROM {name} ORDER BY 1" for name in ("t", "places", "tags")]
    content = [database.rows(each) for each in (*tables, *STATE[database.kind])]
    file = database.url.removeprefix("sqlite:///")
    return [content, Path(file).read_bytes() if database.kind == "sqlite" else b""]


def explainer_of(accounts: Accounts) -> SqlExplainer:
    """Returns what explains the calls."""
    return accounts.repository.explainer(Call())


def explained(accounts: Accounts, call: str) -> list[Explained]:
    """Returns the explanation of a call that is called by name."""
    explainer, key = explainer_of(accounts), ("1",)

    def change(account: Account) -> Account:
        profile = account.profile | {
            "city": "Secretville",
            "town": "Secretown",
            "tags": ["secretive", "secretest"],
        }
        return dataclasses.replace(account, profile=profile)

    draft = AccountDraft({"email": "Bob@secret.example", "town": "Secretown", "tags": ["secret"]})
    query = Query(
        Compare(("profile", "city"), Operator.EQ, "Secretton"),
        (OrderTerm(("profile", "points"), kind=Kind.INTEGER),),
    )
    found = {
        "get": lambda: explainer.get(Call(), key),
        "find": lambda: explainer.find(Call(), LOGIN_IDS, "ADA@secret.example"),
        "search": lambda: explainer.search(Call(), query, 10),
        "insert": lambda: explainer.insert(Call(), draft, LOGIN_IDS),
        "update": lambda: explainer.update(Call(), key, change, LOGIN_IDS),
        "delete": lambda: explainer.delete(Call(), key),
    }[call]()
    return [*found]


CALLS = ["get", "find", "search", "insert", "update", "delete"]


@pytest.mark.parametrize("call", CALLS)
def test_nothing_is_written(accounts: Accounts, database: Database, call: str) -> None:
    """Every row, and whatever counts rows, is what it was, versions and locks included."""
    explainer_of(accounts)
    before = state_of(database)

    explained(accounts, call)

    assert state_of(database) == before


@pytest.mark.parametrize("call", CALLS)
def test_no_value_is_shown(accounts: Accounts, call: str) -> None:
    """Statements have the names of parameters, and plans what stands for values."""
    shown = str(explained(accounts, call)).lower()

    assert "secret" not in shown
    assert "from t " in shown or "from t)" in shown or 'from "t"' in shown or "from `t`" in shown


ODD = ["one\nsecret two's", "\nFilter: 'secret'\n", 'a"b secret', "\\' secret"]


@pytest.mark.parametrize("value", ODD)
def test_no_value_of_several_lines_is_shown(accounts: Accounts, value: str) -> None:
    """Whatever a value is made of, nothing of it stands in a plan."""
    query = Query(Compare(("profile", "city"), Operator.EQ, value))

    explainer = explainer_of(accounts)
    shown = [*explainer.search(Call(), query, 10), *explainer.find(Call(), LOGIN_IDS, value)]

    assert "secret" not in str(shown)


@pytest.mark.parametrize("database", kinds("postgresql"), indirect=True)
def test_conditions_are_shown_without_their_values(accounts: Accounts) -> None:
    """What stands for a value leaves names as they are, and a condition in its line."""
    query = Query(Compare(("profile", "city"), Operator.EQ, "two\nlines"))

    (searched,) = explainer_of(accounts).search(Call(), query, 10)

    assert "Filter: ((city)::text = ?::text)\n" in searched.plan
    assert '"j_tag#0".tag' in searched.plan


WRITES = {
    "insert": ["INSERT INTO t", "INSERT INTO places", "INSERT INTO tags"],
    "update": ["UPDATE t SET", "UPDATE places SET", "INSERT INTO tags"],
    "delete": ["DELETE FROM tags", "DELETE FROM places", "DELETE FROM t "],
}


@pytest.mark.parametrize("call", WRITES)
def test_every_statement_that_would_write_is_shown(accounts: Accounts, call: str) -> None:
    """A write shows what it does in each table."""
    said = [_bare(each.statement) for each in explained(accounts, call)]

    for beginning in WRITES[call]:
        assert [each for each in said if each.startswith(beginning)], said


def test_what_is_explained_is_what_runs(accounts: Accounts, database: Database) -> None:
    """The statements of a change are those that the change itself then runs, in their order."""
    said = [_verbs(each.statement) for each in explained(accounts, "update")]
    database.statements.clear()

    accounts.changed(("1",), city="x", town="y", tags=["secretive", "z"])

    ran = [_verbs(each) for each in database.statements if not each.startswith("BEGIN")]
    assert said == ran


@pytest.mark.parametrize("database", kinds("postgresql", "mariadb"), indirect=True)
def test_sequence_is_not_asked(database: Database) -> None:
    """The next value of a sequence is the next account's, not the explanation's."""
    database.execute("CREATE SEQUENCE s", "CREATE TABLE k (id BIGINT PRIMARY KEY, email TEXT)")
    accounts = database.opened(
        "{table: k, key: {column: id, generate: {sequence: s}}, properties: {email: email}}"
    )

    said = explainer_of(accounts).insert(Call(), AccountDraft({"email": "x"}), ())

    assert any("next" in each.statement.lower() for each in said)
    assert accounts.made({"email": "x"}, login_ids=()).key == ("1",)


def test_reads_come_with_a_plan(accounts: Accounts) -> None:
    """Every statement over rows has a plan, and a change of a unique value the look for it."""
    for call in ("get", "find", "search"):
        assert all(each.plan for each in explained(accounts, call))


def _bare(statement: str) -> str:
    """Returns a statement in one line, without quotes of names."""
    return " ".join(statement.replace('"', "").replace("`", "").split())


def _verbs(statement: str) -> str:
    """Returns what a statement does, and to which table."""
    words = _bare(statement).split()
    named = {"UPDATE": words[1], "INSERT": words[2], "DELETE": words[2]}
    return f"{words[0]} {named.get(words[0], '')}"
