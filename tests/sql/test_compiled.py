"""Statements that are kept compiled run as those that SQLAlchemy is given each time."""

from collections.abc import Callable, Iterator, Sequence

import pytest
import sqlalchemy
from sqlalchemy import Select, select

from ownid_grpc.domain.account import Account
from ownid_grpc.repositories.sql.dialects.base import raw
from ownid_grpc.repositories.sql.shapes import CompiledShapes, PlainShapes, Shapes
from tests.sql.legacy import Accounts, Database

WORDS = """
table: t
key: id
version: version
where: {kind: person}
joins: {home: {table: homes, "on": {t_id: id}}}
properties: {email: email, note: note, theme: {column: settings, path: [ui, theme]},
             city: {join: home, column: city}}
"""

Action = Callable[[Accounts], Account]

ACTIONS: Sequence[Action] = (
    lambda accounts: accounts.made({"email": "Ada@x.com", "city": "Rome"}),
    lambda accounts: accounts.made({"email": "Bea@x.com", "theme": "dark", "note": "100% ☃"}),
    lambda accounts: accounts.made({"email": "Jürgen@x.com"}),
    lambda accounts: accounts.got(("1",)),
    lambda accounts: accounts.got(("2",)),
    lambda accounts: accounts.found("ADA@x.com"),
    lambda accounts: accounts.found("bea@X.com"),
    lambda accounts: accounts.found("jÜrgen@x.com"),
    lambda accounts: accounts.changed(("1",), email="Ada@y.com", city="Oslo"),
    lambda accounts: accounts.changed(("2",), email="Bea@y.com", city="Bern", theme=None),
    lambda accounts: accounts.found("ada@y.com"),
)


def test_compiled_statements_are_those_that_are_built(database: Database) -> None:
    """Calls have the same answers, by the same statements, whether these are kept or not."""
    plain = _run(database, PlainShapes)

    assert _run(database, CompiledShapes) == plain


def _run(database: Database, shapes: Callable[[], Shapes]) -> tuple[list[Account], list[str]]:
    database.execute(
        "DROP TABLE IF EXISTS homes",
        "DROP TABLE IF EXISTS t",
        """CREATE TABLE t (id <automatic>, email VARCHAR(60), note VARCHAR(60),
            kind VARCHAR(9), settings <document>, version INTEGER)""",
        "CREATE TABLE homes (t_id BIGINT PRIMARY KEY, city VARCHAR(60))",
    )
    accounts = database.opened(WORDS, shapes=shapes)
    accounts.repository.describe()
    database.statements.clear()
    answers = [action(accounts) for action in ACTIONS]
    return answers, database.statements.copy()


@pytest.fixture
def connection() -> Iterator[sqlalchemy.Connection]:
    """A connection to an SQLite in memory."""
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def _joined(values: Sequence[str]) -> Select[tuple[str, str, str]]:
    texts = (values[0], values[0].lower(), values[0].upper())
    return select(*(raw(each) for each in texts))


def _lengthened(values: Sequence[str]) -> Select[tuple[str]]:
    return select(raw(f"{values[0]}!"))


def _converted(values: Sequence[int]) -> Select[tuple[bool]]:
    return select(raw(values[0]).cast(sqlalchemy.Boolean))


@pytest.mark.parametrize(
    ("build", "values", "rows"),
    [
        (_joined, ["Ab", "Cd"], [("Ab", "ab", "AB"), ("Cd", "cd", "CD")]),
        (_lengthened, ["Ab", "Cd"], [("Ab!",), ("Cd!",)]),
        (_converted, [1, 0], [(True,), (False,)]),
    ],
    ids=["text in each case", "text made otherwise", "value that SQLAlchemy converts"],
)
def test_values_are_those_of_each_call(
    connection: sqlalchemy.Connection,
    build: Callable[[Sequence[object]], Select[tuple[object, ...]]],
    values: Sequence[object],
    rows: Sequence[tuple[object, ...]],
) -> None:
    """What is made of a value is made anew of each, whatever it is."""
    shapes = CompiledShapes()

    found = [tuple(shapes.rows(connection, "one", build, [each])[0]) for each in values]

    assert found == rows
    assert [type(each) for each in found[0]] == [type(each) for each in rows[0]]


def test_creates_and_lookups_are_kept_compiled(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A login id that is looked for in any case does not cost what building a statement does."""
    database.execute("CREATE TABLE t (id <automatic>, email VARCHAR(60))")
    accounts = database.opened("{table: t, key: id, properties: {email: email}}")
    accounts.made({"email": "Ada@x.com"})
    monkeypatch.delattr(PlainShapes, "rows")

    made = accounts.made({"email": "Bea@x.com"})

    assert accounts.found("BEA@x.com") == made
