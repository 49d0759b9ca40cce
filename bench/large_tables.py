"""The same customers in all three databases, by the million."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy

from bench.customers import COLUMNS, Customers

_COLUMNS = """
    email {short} NOT NULL UNIQUE, given_name {short} NOT NULL, family_name {short} NOT NULL,
    phone {short}, street {short}, city {short} NOT NULL, country {short} NOT NULL,
    points integer NOT NULL, newsletter boolean NOT NULL,
    created_at {time} NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at {time} NOT NULL DEFAULT CURRENT_TIMESTAMP
"""


@dataclass(frozen=True, slots=True)
class Engine:
    """How a database spells what the table and its rows take."""

    name: str
    key: str
    short: str
    time: str
    numbers: str
    joined: Callable[[Sequence[str]], str]
    indexes: Sequence[str]
    analyze: str


def _by_pipes(parts: Sequence[str]) -> str:
    return " || ".join(parts)


def _by_function(parts: Sequence[str]) -> str:
    return f"CONCAT({', '.join(parts)})"


MARIADB = Engine(
    name="MariaDB",
    key="bigint AUTO_INCREMENT PRIMARY KEY",
    short="varchar(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    time="datetime(6)",
    numbers="SELECT seq AS n FROM seq_1_to_{rows}",
    joined=_by_function,
    indexes=("CREATE INDEX city ON {table} (city, family_name, id)",),
    analyze="ANALYZE TABLE {table}",
)

SQLITE = Engine(
    name="SQLite",
    key="integer PRIMARY KEY",
    short="text",
    time="timestamp",
    numbers="WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {rows}) "
    "SELECT n FROM c",
    joined=_by_pipes,
    indexes=(
        "CREATE INDEX {table}_email_lower ON {table} (lower(email))",
        "CREATE INDEX {table}_city ON {table} (city, family_name, id)",
    ),
    analyze="ANALYZE",
)


def fill(url: str, engine: Engine, customers: Customers) -> None:
    """Makes the table and its rows."""
    table, joined = customers.table, engine.joined
    columns = _COLUMNS.format(short=engine.short, time=engine.time)
    values = (
        joined(["'person'", "n", "'@example.com'"]),
        joined(["'Given'", "(n % 997)"]),
        joined(["'Family'", "(n % 9973)"]),
        joined(["'+49 30 '", "(1000000 + n)"]),
        joined(["(n % 300)", "' Long Street'"]),
        joined(["'city'", f"(n % {customers.cities})"]),
        "'DE'",
        "n % 5000",
        "n % 2 = 0",
    )
    numbers = engine.numbers.format(rows=customers.rows)
    into = f"INSERT INTO {table} (id, {', '.join(COLUMNS)})"
    statements = (
        f"CREATE TABLE {table} (id {engine.key}, {columns})",
        f"{into} SELECT n, {', '.join(values)} FROM ({numbers}) AS numbered",
        *(each.format(table=table) for each in engine.indexes),
        engine.analyze.format(table=table),
    )
    made = sqlalchemy.create_engine(url)
    with made.begin() as connection:
        for statement in statements:
            connection.execute(sqlalchemy.text(statement))
    made.dispose()
