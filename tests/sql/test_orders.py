"""Holds orders to the indexes that the database has for them, on the first page and deep within."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from ownid_grpc.domain.call import Call
from ownid_grpc.domain.paging import Position
from ownid_grpc.domain.predicates import EVERYTHING, OrderTerm, Query
from ownid_grpc.domain.source import Kind
from tests.sql.legacy import Accounts, Database, kinds

COUNT = 20_000

TABLE = """CREATE TABLE t (id INTEGER PRIMARY KEY, email VARCHAR(40) NOT NULL, points INTEGER,
    seen <moment>, born DATE, amount DECIMAL(10,2))"""

FILL = {
    "sqlite": """INSERT INTO t WITH RECURSIVE s (n) AS
        (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 20000)
        SELECT n, 'u' || n, n / 2, datetime(n * 60, 'unixepoch'), date(n * 3600, 'unixepoch'), n
        FROM s""",
    "postgresql": """INSERT INTO t SELECT n, 'u' || n, n / 2, to_timestamp(n * 60),
        to_timestamp(n * 3600)::date, n FROM generate_series(1, 20000) n""",
    "mariadb": """INSERT INTO t SELECT seq, concat('u', seq), seq DIV 2, from_unixtime(seq * 60),
        from_unixtime(seq * 3600), seq FROM seq_1_to_20000""",
}

MAPPING = """
table: t
key: {column: id, generate: caller}
properties: {email: email, points: points, seen: seen, born: born, amount: amount}
"""

FIELDS = {
    "points": Kind.INTEGER,
    "seen": Kind.TIMESTAMP,
    "born": Kind.DATE,
    "amount": Kind.NUMBER,
}


@pytest.fixture
def accounts(database: Database) -> Accounts:
    """Returns accounts in a table that has an index for each order."""
    database.execute(TABLE, FILL[database.kind])
    for name in FIELDS:
        database.execute(f"CREATE INDEX t_{name} ON t ({name})")
    database.execute("ANALYZE TABLE t" if database.kind == "mariadb" else "ANALYZE t")
    return database.opened(MAPPING)


def query_by(name: str, *, is_descending: bool) -> Query:
    """Returns everything in the order of one property."""
    return Query(EVERYTHING, (OrderTerm(("profile", name), is_descending, FIELDS[name]),))


def plan_of(accounts: Accounts, query: Query, after: Position) -> str:
    """Returns how the database runs the statement for a page deep within an order."""
    seen: list[tuple[str, Any]] = []
    engine = accounts.repository._connections._reader

    def note(*said: Any) -> None:  # noqa: ANN401 - as SQLAlchemy has it
        seen.append((said[2], said[3]))

    event.listen(engine, "before_cursor_execute", note)
    accounts.repository.search(Call(), query, after=after, limit=50)
    event.remove(engine, "before_cursor_execute", note)
    statement, parameters = seen[0]
    with engine.connect() as connection:
        return str(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).all())


@pytest.mark.parametrize("database", kinds("postgresql"), indirect=True)
@pytest.mark.parametrize("is_descending", [True, False], ids=["desc", "asc"])
@pytest.mark.parametrize("name", FIELDS)
def test_page_deep_in_an_order_is_found_by_index(
    accounts: Accounts, name: str, *, is_descending: bool
) -> None:
    """A page begins where the one before ended: no row before it is read, and none is sorted."""
    query = query_by(name, is_descending=is_descending)
    after = accounts.repository.search(Call(), query, after=None, limit=COUNT // 2).next
    assert after is not None

    plan = plan_of(accounts, query, after)

    assert f"t_{name}" in plan
    assert "Index Cond" in plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize("database", kinds("sqlite", "postgresql", "mariadb"), indirect=True)
@pytest.mark.parametrize("is_descending", [True, False], ids=["desc", "asc"])
@pytest.mark.parametrize("name", FIELDS)
def test_absent_values_come_first_when_ascending(
    accounts: Accounts, database: Database, name: str, *, is_descending: bool
) -> None:
    """Rows without a value stand apart from the others, whatever page they fall on."""
    database.execute(f"UPDATE t SET {name} = NULL WHERE id > 100 AND id < 120")
    query = query_by(name, is_descending=is_descending)

    keys = [key for page in pages(accounts, query) for key in page]

    absent = [str(number) for number in range(101, 120)]
    assert len(set(keys)) == COUNT
    assert (keys[-19:] if is_descending else keys[:19]) == absent


def pages(accounts: Accounts, query: Query) -> Iterator[list[str]]:
    """Yields the keys of all accounts in pages that end within the absent ones."""
    after, limit = None, 10
    while True:
        page = accounts.repository.search(Call(), query, after=after, limit=limit)
        yield [account.key[0] for account in page.accounts]
        after, limit = page.next, 4990
        if after is None:
            return
