"""People in a database of their own: as many as a test of load needs, in two tables."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy

from tests.support.mariadb import mariadb_server
from tests.support.postgres import postgres_server
from tests.support.servers import DatabaseServer

TABLES = """
CREATE TABLE people (
    id {automatic}, email VARCHAR(80){exact} NOT NULL {unique}, name VARCHAR(60){exact} NOT NULL,
    team VARCHAR(20){exact} NOT NULL, nickname VARCHAR(40){exact}, score INT NOT NULL DEFAULT 0);
CREATE TABLE homes (person_id BIGINT PRIMARY KEY, city VARCHAR(40){exact} NOT NULL);
"""

# Names look random and are all different; teams are few; every other nickname is absent.
FILL = """
INSERT INTO people (email, name, team, nickname)
SELECT {text}, {name}, {team}, CASE WHEN n % 2 = 0 THEN {name} END FROM {series}
"""

WORDS = {
    "sqlite": {
        "automatic": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "exact": "",
        "text": "'p' || n || '@example.com'",
        "name": "'n' || (n * 7919 % 1000003)",
        "team": "'team ' || (n % 7)",
        "series": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s "
        "WHERE n < {count}) SELECT n FROM s)",
    },
    "postgresql": {
        "automatic": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "exact": "",
        "text": "'p' || n || '@example.com'",
        "name": "'n' || (n::bigint * 7919 % 1000003)",
        "team": "'team ' || (n % 7)",
        "series": "generate_series(1, {count}) AS n",
    },
    "mariadb": {
        "automatic": "BIGINT AUTO_INCREMENT PRIMARY KEY",
        "exact": " COLLATE utf8mb4_bin",
        "text": "CONCAT('p', n, '@example.com')",
        "name": "CONCAT('n', n * 7919 % 1000003)",
        "team": "CONCAT('team ', n % 7)",
        "series": "(SELECT seq AS n FROM seq_1_to_{count}) AS s",
    },
}

MAPPING = """
  shop:
    repository:
      type: sql
      url: "{url}"
      table: people
      key: id
      joins: {{home: {{table: homes, "on": {{person_id: id}}}}}}
      properties:
        email: email
        name: name
        team: team
        nickname: nickname
        score: score
        city: {{join: home, column: city}}
      delete: {{tables: [home]}}
      {more}
"""

TEXT = {"type": "string"}
SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {
        "email": {**TEXT, "x-ownid-login-id": True},
        "name": TEXT,
        "team": TEXT,
        "nickname": TEXT,
        "score": {"type": "integer"},
        "city": TEXT,
    },
    "required": ["email", "name", "team"],
}


@dataclass(frozen=True)
class People:
    """A database with people in it; `server` where there is one to stop."""

    kind: str
    url: str
    server: DatabaseServer | None
    engine: sqlalchemy.Engine

    def fill(self, count: int) -> None:
        """Makes people with the keys 1 to `count`."""
        if not count:
            return
        words = WORDS[self.kind] | {"series": WORDS[self.kind]["series"].format(count=count)}
        self.execute(FILL.format_map(words))
        if self.kind != "sqlite":
            self.execute(f"ANALYZE {'TABLE ' if self.kind == 'mariadb' else ''}people")

    def rows(self, statement: str) -> Sequence[tuple[object, ...]]:
        """Returns what the database itself answers."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]

    def execute(self, statement: str) -> None:
        """Runs a statement and commits."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql(statement)

    def mapping(self, more: str = "") -> str:
        """Returns the app of ownid.yaml that these people are the accounts of."""
        return MAPPING.format(url=self.url, more=more)

    def running(self) -> list[str]:
        """Returns the statements on people that the database is running now, ours left out."""
        if self.kind == "postgresql":
            statement = (
                "SELECT query FROM pg_stat_activity WHERE application_name = 'ownid-grpc' "
                "AND (state = 'active' OR state LIKE 'idle in transaction%')"
            )
        else:
            statement = (
                "SELECT info FROM information_schema.processlist WHERE command <> 'Sleep' "
                "AND info LIKE '%people%' AND info NOT LIKE '%processlist%'"
            )
        return [str(row[0]) for row in self.rows(statement)]


@dataclass(frozen=True)
class Place:
    """A database of a kind, and its server where there is one to stop."""

    kind: str
    url: str
    server: DatabaseServer | None

    @contextmanager
    def people(self, *, is_unique: bool = True) -> Iterator[People]:
        """Gives tables made anew, with nobody in them."""
        # Without parameters a percent sign is nothing but that.
        engine = sqlalchemy.create_engine(
            self.url,
            poolclass=sqlalchemy.pool.NullPool,
            execution_options={"no_parameters": True},
        )
        people = People(self.kind, self.url, self.server, engine)
        words = WORDS[self.kind] | {"unique": "UNIQUE" if is_unique else ""}
        drop = "DROP TABLE IF EXISTS people; DROP TABLE IF EXISTS homes;"
        for statement in filter(str.strip, (drop + TABLES.format_map(words)).split(";")):
            people.execute(statement)
        try:
            yield people
        finally:
            engine.dispose()


@contextmanager
def place_of(kind: str) -> Iterator[Place]:
    """Gives a database of a kind, on a server of its own."""
    if kind == "postgresql":
        with postgres_server() as server:
            yield Place(kind, server.url, server)
    elif kind == "mariadb":
        with mariadb_server() as maria:
            yield Place(kind, maria.url, maria)
    else:
        with tempfile.TemporaryDirectory(prefix="ownid-lite-") as directory:
            path = Path(directory) / "people.db"
            path.touch()
            yield Place(kind, f"sqlite:///{path}", None)
