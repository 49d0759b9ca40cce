"""Holds columns of all kinds to what their indexes are said to serve."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest

from ownid_grpc.domain.account import LoginId
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.predicates import Compare, Literal, Match, Operator, Query
from ownid_grpc.errors import NotFound
from tests.sql.legacy import Accounts, Database, each_of, kinds
from tests.support.plans import looks_through, plans_of

TYPES: Mapping[str, Mapping[str, str]] = {
    "sqlite": {"double": "REAL", "uuid": "CHAR(36)", "any_case": "TEXT COLLATE NOCASE"},
    "postgresql": {"double": "DOUBLE PRECISION", "uuid": "UUID", "any_case": "VARCHAR(40)"},
    "mariadb": {
        "double": "DOUBLE",
        "uuid": "CHAR(36)",
        "any_case": "VARCHAR(40) COLLATE utf8mb4_general_ci",
    },
}

TABLE = """CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, n INTEGER, seen <moment>, born DATE,
    ms BIGINT, cents INTEGER, ratio {double}, uid {uuid}, nick {any_case}, code CHAR(8),
    spelled VARCHAR(20), last_ms BIGINT, flag <boolean>)"""

FILL = {
    "sqlite": """INSERT INTO t WITH RECURSIVE s (n) AS
        (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 20000)
        SELECT n, n, datetime(n * 60, 'unixepoch'), date(n * 3600, 'unixepoch'), n * 1000, n,
        n / 2.0, '00000000-0000-4000-8000-' || printf('%012d', n), 'N' || n, 'c' || n, n, n * 1000,
        n % 2 FROM s""",
    "postgresql": """INSERT INTO t SELECT n, n, to_timestamp(n * 60), to_timestamp(n * 3600)::date,
        n * 1000, n, n / 2.0, ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
        'N' || n, 'c' || n, n, n * 1000, n % 2 = 0 FROM generate_series(1, 20000) n""",
    "mariadb": """INSERT INTO t SELECT seq, seq, from_unixtime(seq * 60), from_unixtime(seq * 3600),
        seq * 1000, seq, seq / 2.0, concat('00000000-0000-4000-8000-', lpad(seq, 12, '0')),
        concat('N', seq), concat('c', seq), seq, seq * 1000, seq % 2 FROM seq_1_to_20000""",
}

MAPPING = """
table: t
key: {column: id, generate: caller}
properties:
  n: n
  seen: seen
  born: born
  ms: {column: ms, encoding: epoch_millis}
  cents: {column: cents, encoding: {scale: 2}}
  ratio: ratio
  uid: {column: uid, type: uuid}
  nick: nick
  code: code
  spelled: {column: spelled, type: integer}
  last_ms: {column: last_ms, encoding: epoch_millis, "null": 0}
  flag: flag
"""

SOUGHT: Mapping[str, Literal] = {
    "n": 19_999,
    "seen": datetime.fromtimestamp(20_000 * 60, UTC),
    "born": date(1972, 4, 13),
    "ms": datetime.fromtimestamp(20_000, UTC),
    "cents": 200,
    "ratio": 9_999.5,
    "uid": "00000000-0000-4000-8000-000000019999",
    "nick": "N19999",
    "code": "c19999",
    "spelled": 19_999,
    "last_ms": datetime.fromtimestamp(20_000, UTC),
    "flag": True,
}

SERVED_BY_EQUALITY = {"n", "seen", "born", "ms", "cents", "ratio", "nick", "code", "last_ms"}
"""Those that a plain index has to be said to serve everywhere."""

NOT_SERVED = {"sqlite": {"seen", "born"}}
"""Times are texts in SQLite, which are compared as what they mean."""


@pytest.fixture
def accounts(database: Database) -> Accounts:
    """Returns accounts in a table with an index on each column."""
    database.execute(TABLE.format(**TYPES[database.kind]), FILL[database.kind])
    for name in SOUGHT:
        database.execute(f"CREATE INDEX t_{name} ON t ({name})")
    database.execute("ANALYZE TABLE t" if database.kind == "mariadb" else "ANALYZE t")
    return database.opened(MAPPING)


def test_index_of_each_type_serves_as_it_is_said_to(accounts: Accounts, database: Database) -> None:
    """What is called served of any type of column is planned by its index."""
    repository, served = accounts.repository, set()
    for name, value in SOUGHT.items():
        for operator in (Operator.EQ, Operator.GE):
            query = Query(Compare(("profile", name), operator, value))
            if repository.unserved(Call(), query):
                continue
            plans = plans_of(
                repository,
                lambda: repository.search(
                    Call(),
                    query,  # noqa: B023 - it is called at once
                    after=None,
                    limit=10,
                    fields=frozenset(),
                ),
            )
            slow = [each for each in plans if looks_through(database.kind, each)]
            # Half of all rows: to read them as they come is best, index or not.
            assert not slow or name == "flag", (name, operator, slow)
            served.add((name, operator))

    expected = SERVED_BY_EQUALITY - NOT_SERVED.get(database.kind, set())
    missing = expected - {name for name, how in served if how is Operator.EQ}
    assert missing == set()


PATTERNS = {"postgresql": ["text_pattern_ops", 'COLLATE "C"'], "sqlite": ["COLLATE BINARY"]}


@pytest.mark.parametrize(("database", "how"), each_of(PATTERNS), indirect=["database"])
def test_index_that_is_sorted_by_bytes_serves_beginnings(database: Database, how: str) -> None:
    """Texts are found by their beginning where an index has them by code point."""
    database.execute(TABLE.format(**TYPES[database.kind]), FILL[database.kind])
    database.execute(f"CREATE INDEX t_nick ON t (nick {how})", "ANALYZE t")
    repository = database.opened(MAPPING).repository
    query = Query(Match(("profile", "nick"), ("N1999", "")))

    gaps = repository.unserved(Call(), query)
    plans = plans_of(
        repository,
        lambda: repository.search(Call(), query, after=None, limit=10, fields=frozenset()),
    )

    assert not gaps
    assert [each for each in plans if looks_through(database.kind, each)] == []


@pytest.mark.parametrize("database", kinds("sqlite", "mariadb"), indirect=True)
def test_collation_that_overlooks_case_serves_login_ids(
    accounts: Accounts, database: Database
) -> None:
    """No second index is needed where the column's own comparison overlooks case."""
    login_ids = [LoginId(("nick",))]
    repository = accounts.repository

    def look_up() -> None:
        with pytest.raises(NotFound):
            repository.find(Call(), login_ids, "nobody")

    assert repository.unserved_login_ids(Call(), login_ids) == []
    plans = plans_of(repository, look_up)
    assert [each for each in plans if looks_through(database.kind, each)] == []
