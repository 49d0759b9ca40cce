"""Login ids are found without regard to case, by an index wherever there is one."""

import re

import pytest
import sqlalchemy

from ownid_grpc.domain.account import AccountKey, LoginId
from ownid_grpc.domain.call import Call
from ownid_grpc.errors import AlreadyExists, NotFound
from tests.sql.legacy import EMAIL, Database, each_of

COLLATIONS = {
    "sqlite": ["", "COLLATE NOCASE", "COLLATE RTRIM"],
    "postgresql": ["", 'COLLATE "C"'],
    "mariadb": [
        "COLLATE utf8mb4_general_ci",
        "COLLATE utf8mb4_unicode_ci",
        "COLLATE utf8mb4_bin",
        "COLLATE utf8mb4_nopad_bin",
        "CHARACTER SET latin1 COLLATE latin1_general_cs",
        "CHARACTER SET utf8mb3",
    ],
}


@pytest.mark.parametrize(("database", "collation"), each_of(COLLATIONS), indirect=["database"])
def test_every_collation_finds_a_login_id_in_any_case(database: Database, collation: str) -> None:
    """What a column's own comparison overlooks or not makes no difference."""
    database.execute(f"CREATE TABLE t (id <automatic>, email VARCHAR(60) {collation} UNIQUE)")
    accounts = database.opened("{table: t, key: id, properties: {email: email}}")

    account = accounts.made({"email": "Ada@Example.com"})

    assert accounts.found("aDA@example.COM") == account
    for other in ("áda@example.com", "日@example.com", "😀", "ada@example.com "):
        with pytest.raises(NotFound):
            accounts.found(other)
    with pytest.raises(AlreadyExists):
        accounts.made({"email": "ADA@example.com"})


@pytest.mark.parametrize("case", ["any", "exact"])
@pytest.mark.parametrize(("database", "collation"), each_of(COLLATIONS), indirect=["database"])
def test_many_login_ids_are_found_as_each_of_them(
    database: Database, collation: str, case: str
) -> None:
    """Who has login ids that are looked for together is who has each, of ASCII or not."""
    database.execute(f"CREATE TABLE t (id <automatic>, email VARCHAR(60) {collation} UNIQUE)")
    accounts = database.opened("{table: t, key: id, properties: {email: email}}")
    is_exact = case == "exact"
    made = {email: accounts.made({"email": email}).key for email in ("Ada@x.com", "ÉVA@x.com")}
    asked: dict[str, set[AccountKey]] = {
        "Ada@x.com": {made["Ada@x.com"]},
        "ÉVA@x.com": {made["ÉVA@x.com"]},
        "aDA@x.com": set() if is_exact else {made["Ada@x.com"]},
        "éva@X.com": set() if is_exact else {made["ÉVA@x.com"]},
    }
    asked |= {email: set() for email in ("eva@x.com", "日@x.com", "😀", "Ada@x.com ")}

    found = accounts.repository.find_holders(
        Call(), [LoginId(("email",), is_exact=is_exact)], [{"email": email} for email in asked]
    )

    assert found == [*asked.values()]


INDEXES = {
    "derived": (
        "CREATE TABLE t (id <automatic>, email VARCHAR(60) <exact>, norm VARCHAR(60) <exact>)",
        "CREATE INDEX by_login ON t (norm)",
    ),
    "generated": (
        """CREATE TABLE t (id <automatic>, email VARCHAR(60) <exact>,
            low VARCHAR(60) <exact> GENERATED ALWAYS AS (lower(email)) STORED,
            norm VARCHAR(60))""",
        "CREATE INDEX by_login ON t (low)",
    ),
    "functional": (
        "CREATE TABLE t (id <automatic>, email VARCHAR(60), norm VARCHAR(60))",
        "CREATE INDEX by_login ON t (upper(email))",
    ),
    "plain": (
        "CREATE TABLE t (id <automatic>, email VARCHAR(60) <exact>, norm VARCHAR(60))",
        "CREATE INDEX by_login ON t (email)",
    ),
}


INDEXED = {
    "sqlite": INDEXES,
    "postgresql": INDEXES,
    "mariadb": [kind for kind in INDEXES if kind != "functional"],
}


@pytest.mark.parametrize(("database", "kind"), each_of(INDEXED), indirect=["database"])
def test_login_id_is_looked_up_by_its_index(database: Database, kind: str) -> None:
    """A find of a login id as it is written reads a few rows, not the table."""
    database.execute(*INDEXES[kind], *FILL[database.kind])
    accounts = database.opened(
        "{table: t, key: id, properties: {email: email}, on_write: {norm: {upper: email}}}"
    )
    accounts.repository.describe()
    database.statements.clear()

    found = accounts.found("U77@x.com")

    assert found.profile == {"email": "U77@x.com"}
    assert "by_login" in _plan(database, database.statements[0])


SERVED = {name: [kind for kind in of if kind != "plain"] for name, of in INDEXED.items()}


@pytest.mark.parametrize(("database", "kind"), each_of(SERVED), indirect=["database"])
def test_many_login_ids_are_looked_up_by_their_index(database: Database, kind: str) -> None:
    """Those of a batch are found in any case without reading the table."""
    database.execute(*INDEXES[kind], *FILL[database.kind])
    accounts = database.opened(
        "{table: t, key: id, properties: {email: email}, on_write: {norm: {upper: email}}}"
    )
    accounts.repository.describe()
    database.statements.clear()

    found = accounts.repository.find_holders(
        Call(), EMAIL, [{"email": f"u{number}@X.com"} for number in range(1, 4)]
    )

    assert [len(each) for each in found] == [1, 1, 1]
    assert "by_login" in _plan(database, database.statements[0])


FILL = {
    "sqlite": [
        """INSERT INTO t (email, norm) WITH RECURSIVE s (n) AS
            (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 9999)
            SELECT 'U' || n || '@x.com', 'U' || n || '@X.COM' FROM s""",
    ],
    "postgresql": [
        """INSERT INTO t (email, norm) SELECT 'U' || n || '@x.com', 'U' || n || '@X.COM'
            FROM generate_series(1, 9999) n""",
        "ANALYZE t",
    ],
    "mariadb": [
        """INSERT INTO t (email, norm) SELECT concat('U', seq, '@x.com'), concat('U', seq, '@X.COM')
            FROM seq_1_to_9999""",
        "ANALYZE TABLE t",
    ],
}


def _plan(database: Database, statement: str) -> str:
    """Returns how the database would run a statement with any text for a parameter."""
    words = "EXPLAIN QUERY PLAN" if database.kind == "sqlite" else "EXPLAIN"
    engine = sqlalchemy.create_engine(database.url)
    mark = "?" if database.kind == "sqlite" else "%s"
    named = dict.fromkeys(re.findall(r"%\((\w+)\)s", statement), "U77@X.COM")
    given = named or ("U77@X.COM",) * statement.count(mark)
    with engine.connect() as connection:
        plan = str(connection.exec_driver_sql(f"{words} {statement}", given).all())
    engine.dispose()
    return "" if "SCAN account" in plan or "'index'" in plan else plan


def test_login_id_of_a_join_is_unique_among_the_rows_that_it_names(database: Database) -> None:
    """What stands in a row that the join's `where` leaves out is nobody's login id."""
    database.execute(
        "CREATE TABLE t (id <automatic>, name VARCHAR(20))",
        """CREATE TABLE mails (t_id BIGINT, kind VARCHAR(9), mail VARCHAR(60),
            PRIMARY KEY (t_id, kind))""",
    )
    accounts = database.opened(
        """{table: t, key: id,
            joins: {main: {table: mails, "on": {t_id: id}, where: {kind: main}}},
            properties: {name: name, email: {join: main, column: mail}}}"""
    )
    first = accounts.made({"name": "a", "email": "a@x.com"})
    database.execute(f"INSERT INTO mails VALUES ({first.key[0]}, 'old', 'b@x.com')")

    second = accounts.made({"name": "b", "email": "b@x.com"})

    assert accounts.found("B@x.com") == second
    with pytest.raises(AlreadyExists):
        accounts.made({"name": "c", "email": "A@x.com"})
