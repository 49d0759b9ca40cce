"""Holds what is read off the catalogue: how large tables are, and what is in their indexes."""

import pytest
from sqlalchemy import create_engine

from ownid_grpc.domain.call import Call
from ownid_grpc.domain.predicates import Compare, Operator, Query
from ownid_grpc.repositories.sql.indexes.catalogue import indexed
from ownid_grpc.repositories.sql.indexes.index import Index, Indexed
from ownid_grpc.repositories.sql.indexes.knowledge import LASTS_SECONDS, Knowledge
from ownid_grpc.repositories.sql.indexes.spelling import normal
from ownid_grpc.repositories.sql.reflect import reflect_table
from tests.sql.legacy import Database, kinds

MAPPING = "{table: t, key: {column: id, generate: caller}, properties: {city: city}}"
CITY = Query(Compare(("profile", "city"), Operator.EQ, "x"))

FILL = {
    "sqlite": """INSERT INTO t (id, city) WITH RECURSIVE s (n) AS
        (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 5000) SELECT n, 'c' || n FROM s""",
    "postgresql": "INSERT INTO t (id, city) SELECT n, 'c' || n FROM generate_series(1, 5000) n",
    "mariadb": "INSERT INTO t (id, city) SELECT seq, concat('c', seq) FROM seq_1_to_5000",
}


def catalogue_of(database: Database, table: str = "t") -> Indexed:
    """Returns what is read of a table."""
    engine = create_engine(database.url)
    with engine.connect() as connection:
        shape = reflect_table(connection, None, table)
        assert shape is not None
        found = indexed(connection, shape)
    engine.dispose()
    return found


def index_of(database: Database, name: str) -> Index:
    """Returns what is read of one index of the table."""
    return next(each for each in catalogue_of(database).indexes if each.name == name)


def test_rows_are_estimated_and_not_counted(database: Database) -> None:
    """About how many rows there are is known without looking at them."""
    database.execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, city VARCHAR(40))", FILL[database.kind]
    )
    accounts = database.opened(MAPPING)
    accounts.repository.describe()
    if database.kind == "mariadb":
        database.execute("ANALYZE TABLE t")
    database.statements.clear()

    (gap,) = accounts.repository.unserved(Call(), CITY)

    assert gap.rows is not None
    assert 1000 < gap.rows < 25_000
    assert "count(" not in str(database.statements).lower()


def test_view_has_no_rows_that_anybody_knows_of(database: Database) -> None:
    """What a view would read is not guessed."""
    database.execute(
        "CREATE TABLE base (id INTEGER PRIMARY KEY, city VARCHAR(40))",
        "CREATE VIEW t AS SELECT * FROM base",
    )

    (gap,) = database.opened(MAPPING).repository.unserved(Call(), CITY)

    assert gap.rows in (None, 0)


@pytest.mark.parametrize("database", kinds("postgresql"), indirect=True)
def test_rows_of_partitions_add_up(database: Database) -> None:
    """A table that is kept in parts is as large as all of them."""
    database.execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, city TEXT) PARTITION BY RANGE (id)",
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (2500)",
        "CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (2500) TO (9000)",
        FILL["postgresql"],
        "ANALYZE t1",
        "ANALYZE t2",
    )

    assert catalogue_of(database).rows == 5000


PARTS = {
    "sqlite": "CREATE INDEX i ON t (city COLLATE NOCASE DESC, lower(city), trim(city, ' '))",
    "postgresql": """CREATE INDEX i ON t (city COLLATE "C" DESC, lower(city), btrim(city, ' '))""",
}


@pytest.mark.parametrize("database", kinds("sqlite", "postgresql"), indirect=True)
def test_parts_of_an_index_are_told_apart(database: Database) -> None:
    """Columns and expressions come in their order, each with its collation and direction."""
    database.execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, city VARCHAR(40))", PARTS[database.kind]
    )

    city, lower, trimmed = index_of(database, "i").parts

    assert (city.text, city.is_descending, city.is_own) == ("city", True, False)
    assert city.collation == ("NOCASE" if database.kind == "sqlite" else "C")
    assert (lower.text, lower.is_own) == ("lowercity", True)
    assert trimmed.text.endswith("trimcity,' '")


@pytest.mark.parametrize("database", kinds("mariadb"), indirect=True)
def test_beginnings_of_texts_are_no_order(database: Database) -> None:
    """An index of the first characters finds a text, and sorts none."""
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, city TEXT)")
    database.execute("CREATE INDEX i ON t (city(10))")

    (city,) = index_of(database, "i").parts

    assert city.is_cut
    assert database.opened(MAPPING).repository.unserved(Call(), CITY) == []


def test_new_index_is_known_after_a_while(database: Database) -> None:
    """The catalogue is asked again, but not by every call."""
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, city VARCHAR(40))")
    repository, now = database.opened(MAPPING).repository, [0.0]
    repository._knowledge = Knowledge(lambda: now[0])
    before = len(repository.unserved(Call(), CITY))
    database.execute("CREATE INDEX i ON t (city)")

    soon = len(repository.unserved(Call(), CITY))
    now[0] += LASTS_SECONDS
    later = len(repository.unserved(Call(), CITY))

    assert (before, soon, later) == (1, 1, 0)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("lower(mail)", "lower((mail)::text)"),
        ("CAST(doc AS JSONB) #> CAST('{a}' AS TEXT[])", "(doc #> '{a}'::text[])"),
        ("CASE WHEN (a = 'x') THEN b END", "CASE WHEN (a = 'x'::text) THEN b ELSE NULL::text END"),
        ('"Mail" IS NULL', "(mail is null)"),
    ],
)
def test_spellings_of_one_expression_are_one(ours: str, theirs: str) -> None:
    """What a database writes in its own way is still the same."""
    assert normal(ours) == normal(theirs)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("lower(mail)", "upper(mail)"),
        ("a = 'X'", "a = 'x'"),
        ("CAST(a AS NUMERIC)", "CAST(a AS TEXT)"),
        ("a = 'b c'", "a = 'bc'"),
    ],
)
def test_different_expressions_stay_different(one: str, other: str) -> None:
    """What compares otherwise is not taken for the same."""
    assert normal(one) != normal(other)
