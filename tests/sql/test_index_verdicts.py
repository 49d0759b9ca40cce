"""Holds what is called served by an index to what the databases themselves plan."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ownid_grpc.domain.account import LoginId
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.predicates import (
    EVERYTHING,
    And,
    Compare,
    Contains,
    Match,
    Not,
    Operator,
    Or,
    OrderTerm,
    Predicate,
    Present,
    Query,
)
from ownid_grpc.domain.serving import Use
from ownid_grpc.domain.source import Kind
from ownid_grpc.errors import OwnIdError
from tests.sql.legacy import Accounts, Database, kinds
from tests.support.plans import looks_through, plans_of

COUNT = 20_000

TABLES = (
    """CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, tenant INTEGER NOT NULL,
        email VARCHAR(60) <exact> NOT NULL, city VARCHAR(40), points INTEGER,
        amount DECIMAL(10,2), born DATE, doc <document>, code CHAR(1), gone INTEGER)""",
    "CREATE TABLE places (t_id INTEGER NOT NULL PRIMARY KEY, town VARCHAR(40))",
    """CREATE TABLE mails (t_id INTEGER NOT NULL, kind VARCHAR(9) NOT NULL,
        mail VARCHAR(60) NOT NULL, PRIMARY KEY (t_id, kind, mail))""",
)

NUMBERS = {
    "sqlite": """(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 20000)
        SELECT n FROM s) s""",
    "postgresql": "generate_series(1, 20000) s (n)",
    "mariadb": "(SELECT seq AS n FROM seq_1_to_20000) s",
}

MAPPING = """
table: t
key: {column: id, generate: caller}
where: {tenant: 7}
joins:
  place: {table: places, "on": {t_id: id}}
  mail: {table: mails, "on": {t_id: id}}
properties:
  email: email
  city: city
  points: points
  amount: amount
  born: born
  theme: {column: doc, path: [theme]}
  level: {column: doc, path: [level]}
  active: {column: code, values: {true: A, false: D}}
  town: {join: place, column: town}
  work: {join: mail, column: mail, where: {kind: work}}
  homes: {join: mail, column: mail, where: {kind: home}, many: true}
delete: {set: {gone: 1}}
on_create: {tenant: 7}
"""

LOGIN_IDS = [LoginId(("email",))]

TEXTS = ("email", "city", "theme", "town", "work")
NUMBERED = ("points", "amount", "level")
KINDS = {
    **dict.fromkeys(TEXTS, Kind.TEXT),
    "points": Kind.INTEGER,
    "amount": Kind.NUMBER,
    "level": Kind.INTEGER,
}


@dataclass(frozen=True)
class Filled:
    """A database with many rows, and the accounts in it."""

    database: Database
    accounts: Accounts

    def look_up(self) -> None:
        """Looks for a login id that nobody has."""
        with pytest.raises(OwnIdError):
            self.accounts.repository.find(Call(), LOGIN_IDS, "u77@example.com")


def filled(database: Database, *indexes: str) -> Filled:
    """Returns the database with its tables, which are there, filled and indexed."""
    kind, number = database.kind, NUMBERS[database.kind]
    letters = {
        each: f"concat('{each}', n)" if kind == "mariadb" else f"'{each}' || n" for each in "Ucwm"
    }
    document = {
        "mariadb": """concat('{"theme": "t', n, '", "level": ', n, '}')""",
        "sqlite": """'{"theme": "t' || n || '", "level": ' || n || '}'""",
        "postgresql": """('{"theme": "t' || n || '", "level": ' || n || '}')::jsonb""",
    }[kind]
    day = {"mariadb": "from_days(720000 + n)", "sqlite": "date(n * 86400, 'unixepoch')"}
    database.execute(
        f"""INSERT INTO t SELECT n, 7, {letters["U"]}, {letters["c"]}, n, n,
            {day.get(kind, "to_timestamp(n * 86400)::date")}, {document},
            CASE WHEN n = 5 THEN 'A' ELSE 'D' END, NULL FROM {number}""",
        f"INSERT INTO places SELECT n, {letters['w']} FROM {number}",
        f"""INSERT INTO mails SELECT n, CASE WHEN n % 2 = 0 THEN 'work' ELSE 'home' END,
            {letters["m"]} FROM {number}""",
    )
    for index in indexes:
        make(database, index)
    for table in ("t", "places", "mails"):
        database.execute(f"ANALYZE TABLE {table}" if kind == "mariadb" else f"ANALYZE {table}")
    return Filled(database, database.opened(MAPPING))


def make(database: Database, statement: str) -> None:
    """Makes an index as it was advised."""
    database.execute(statement.replace(" CONCURRENTLY", ""))


def leaves() -> st.SearchStrategy[Predicate]:
    """Returns comparisons that few rows meet."""
    operators = st.sampled_from([Operator.EQ, Operator.GT, Operator.GE, Operator.NE])
    text = st.sampled_from(TEXTS).map(lambda name: ("profile", name))
    number = st.sampled_from(NUMBERED).map(lambda name: ("profile", name))
    return st.one_of(
        st.builds(Compare, text, operators, st.just("zz")),
        st.builds(Match, text, st.sampled_from([("zz", ""), ("zz", "y", ""), ("", "zz")])),
        st.builds(Compare, number, operators, st.just(19_999)),
        st.builds(Compare, number, st.just(Operator.LT), st.just(2)),
        st.just(Contains(("profile", "homes"), "m5")),
        st.builds(Present, text),
    )


def predicates() -> st.SearchStrategy[Predicate]:
    """Returns filters of some depth."""

    def combined(inner: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, inner))

    return st.recursive(leaves(), combined, max_leaves=4)


INDEXES: Mapping[str, Callable[[Database], list[str]]] = {
    "none": lambda _: [],
    "plain": lambda _: [
        f"CREATE INDEX i_{name} ON {table} ({columns})"
        for name, table, columns in (
            ("email", "t", "email"),
            ("city", "t", "city"),
            ("points", "t", "points"),
            ("amount", "t", "tenant, amount"),
            ("town", "places", "town"),
            ("mail", "mails", "mail"),
        )
    ],
    "advised": lambda database: advised(database),  # noqa: PLW0108 - it is defined below
}


def advised(database: Database) -> list[str]:
    """Returns all that is advised for a database without indexes."""
    repository = database.opened(MAPPING).repository
    said = [gap for query in QUERIES for gap in repository.unserved(Call(), query)]
    said += repository.unserved_login_ids(Call(), LOGIN_IDS)
    return [*dict.fromkeys(statement for gap in said for statement in gap.statements)]


def ordered(*terms: tuple[str, bool]) -> Query:
    """Returns all accounts in the order of some properties."""
    named = [OrderTerm(("profile", name), is_down, KINDS[name]) for name, is_down in terms]
    return Query(EVERYTHING, tuple(named))


ORDERS = [ordered((name, is_down)) for name in KINDS for is_down in (False, True)]
ORDERS += [ordered(("city", False), ("points", False)), ordered(("points", True), ("city", False))]

QUERIES = [
    *(Query(Compare(("profile", name), Operator.EQ, "zz")) for name in TEXTS),
    *(Query(Match(("profile", name), ("zz", ""))) for name in TEXTS),
    *(Query(Compare(("profile", name), Operator.GT, 19_999)) for name in NUMBERED),
    Query(Contains(("profile", "homes"), "m5")),
    Query(Compare(("profile", "active"), Operator.EQ, value=True)),
    *(ordered((name, False)) for name in KINDS),
]


def checked(found: Filled, query: Query) -> bool:
    """Returns whether a query is called served; where it is, its plan has to say so too."""
    repository = found.accounts.repository
    if repository.unserved(Call(), query):
        return False
    plans = plans_of(
        repository,
        lambda: repository.search(Call(), query, after=None, limit=10, fields=frozenset()),
    )
    kind, is_ordered = found.database.kind, bool(query.order)
    slow = [each for each in plans if looks_through(kind, each, is_ordered=is_ordered)]
    assert not slow, f"{query}\n" + "\n\n".join(slow)
    return True


@pytest.mark.parametrize("indexes", INDEXES)
def test_what_is_called_served_is_planned_by_an_index(database: Database, indexes: str) -> None:
    """No table is read as a whole for a filter, and none sorted for an order, that is served."""
    database.execute(*TABLES)
    found = filled(database, *INDEXES[indexes](database))

    @settings(
        max_examples=150,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[*HealthCheck],
    )
    @given(predicates())
    def check(predicate: Predicate) -> None:
        checked(found, Query(predicate))

    check()
    served = [each for each in (*QUERIES, *ORDERS) if checked(found, each)]

    assert bool(served) == (indexes != "none")


def test_what_is_advised_serves(database: Database) -> None:
    """After the statements have run, all that they were for is served."""
    database.execute(*TABLES)
    statements = advised(database)
    before = database.opened(MAPPING).repository
    could = [
        each for each in QUERIES if any(gap.statements for gap in before.unserved(Call(), each))
    ]

    found = filled(database, *statements)

    repository = found.accounts.repository
    assert could
    assert [each for each in could if repository.unserved(Call(), each)] == []
    assert not repository.unserved_login_ids(Call(), LOGIN_IDS)
    plans = plans_of(repository, found.look_up)
    assert [each for each in plans if looks_through(database.kind, each)] == []


ADVISED = {
    "postgresql": {
        "CREATE INDEX CONCURRENTLY t_email_lower ON t (tenant, (lower(email)))",
        "CREATE INDEX CONCURRENTLY t_city ON t (tenant, city, id)",
        'CREATE INDEX CONCURRENTLY t_city_exact ON t (tenant, city COLLATE "C", id)',
        "CREATE INDEX CONCURRENTLY mails_work ON mails (kind, mail)",
    },
    "sqlite": {
        "CREATE INDEX t_email_lower ON t (tenant, (lower(email)))",
        "CREATE INDEX t_city ON t (tenant, city, id)",
        "CREATE INDEX mails_work ON mails (kind, mail)",
    },
    "mariadb": {
        (
            "ALTER TABLE t ADD COLUMN email_lower VARCHAR(60) AS (lower(email)) VIRTUAL, "
            "ADD INDEX email_lower (email_lower)"
        ),
        "CREATE INDEX t_city ON t (tenant, city, id)",
        "CREATE INDEX mails_work ON mails (kind, mail)",
    },
}


def test_advice_is_in_the_words_of_the_database(database: Database) -> None:
    """Each database is told in its own words, and a tenant comes first."""
    database.execute(*TABLES)

    assert set(advised(database)) >= ADVISED[database.kind]


PARTIAL = """
table: t
key: {column: id, generate: caller}
where: {gone: null}
properties: {city: city, points: points}
on_create: {tenant: 7, email: x}
"""


@pytest.mark.parametrize("database", kinds("sqlite", "postgresql"), indirect=True)
def test_partial_index_serves_where_it_has_every_account(database: Database) -> None:
    """An index of some rows serves if the mapping or the comparison asks for those only."""
    database.execute(
        *TABLES,
        "CREATE INDEX i_city ON t (city) WHERE gone IS NULL",
        "CREATE INDEX i_points ON t (points) WHERE points > 5",
    )
    repository = database.opened(PARTIAL).repository

    city = repository.unserved(Call(), QUERIES[1])
    points = repository.unserved(Call(), Query(Compare(("profile", "points"), Operator.EQ, 9)))

    assert not city
    assert [gap.name for gap in points] == ["points"]


def test_of_and_one_part_is_enough_and_of_or_all_are_needed(database: Database) -> None:
    """What has no index is named: in an AND where nothing else has one, in an OR always."""
    database.execute(*TABLES, "CREATE INDEX i_city ON t (city)")
    repository = database.opened(MAPPING).repository
    city, points = (
        Compare(("profile", "city"), Operator.EQ, "x"),
        Compare(("profile", "points"), Operator.EQ, 1),
    )

    both = repository.unserved(Call(), Query(And((city, points))))
    either = repository.unserved(Call(), Query(Or((city, points))))
    neither = repository.unserved(Call(), Query(Not(city)))

    assert both == []
    assert [gap.name for gap in either] == ["points"]
    assert [(gap.name, gap.use, gap.statements) for gap in neither] == [("city", Use.OTHER, ())]
