"""The people that are imported, each a function of its number, and the tables that hold them."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import sqlalchemy
from sqlalchemy.pool import NullPool

Profile: TypeAlias = dict[str, Any]

# Two rows an account. The login id is found in any case by an index, as docs/indexes.md has it.
_TABLES = """
DROP TABLE IF EXISTS people;
DROP TABLE IF EXISTS homes;
CREATE TABLE people (
    id {automatic}, email VARCHAR(80) NOT NULL, name VARCHAR(60) NOT NULL,
    team VARCHAR(20) NOT NULL, nickname VARCHAR(40), number INT NOT NULL) {charset};
CREATE TABLE homes (person_id BIGINT PRIMARY KEY, city VARCHAR(40) NOT NULL) {charset};
CREATE UNIQUE INDEX people_email ON people ({email});
"""
_CHARSET = "CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
_WORDS = {
    "sqlite": {
        "automatic": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "email": "email COLLATE NOCASE",
        "charset": "",
    },
    "postgresql": {
        "automatic": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "email": "lower(email)",
        "charset": "",
    },
    "mariadb": {
        "automatic": "BIGINT AUTO_INCREMENT PRIMARY KEY",
        "email": "email",
        "charset": _CHARSET,
    },
}
_ROWS = (
    "SELECT email, name, team, nickname, number, city FROM people "
    "LEFT JOIN homes ON homes.person_id = people.id"
)
_COUNT = "SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM homes)"

APP = """
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
        number: number
        city: {{join: home, column: city}}
      delete: {{tables: [home]}}
"""

_TEXT = {"type": "string"}
SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {
        "email": {**_TEXT, "format": "email", "maxLength": 80, "x-ownid-login-id": True},
        "name": {**_TEXT, "maxLength": 60},
        "team": {**_TEXT, "maxLength": 20},
        "nickname": {**_TEXT, "maxLength": 40},
        "number": {"type": "integer", "minimum": 0},
        "city": {**_TEXT, "maxLength": 40},
    },
    "required": ["email", "name", "team", "number"],
}


def profile_of(number: int) -> Profile:
    """Returns the person of a number; emails come in no order, as they do in life."""
    random = hashlib.sha256(str(number).encode()).hexdigest()
    profile = {
        "email": f"{random[:12]}@Example.com",
        "name": f"Zoë {random[12:24]}",
        "team": f"team {number % 7}",
        "number": number,
        "city": f"Łódź {number % 1000}",
    }
    return profile if number % 2 else profile | {"nickname": random[24:32]}


def write_people(path: Path, count: int) -> None:
    """Writes a file to import: a JSON line for each of the numbers below `count`."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            file.write(f"{json.dumps(profile_of(number), ensure_ascii=False)}\n")


def check_people(profiles: Iterable[Profile], count: int) -> None:
    """Raises `ValueError` unless these are the people of a file, each once and nobody else."""
    seen = bytearray(count)
    for profile in profiles:
        number = profile["number"]
        if not 0 <= number < count or profile != profile_of(number):
            raise ValueError(f"Not as its line has it: {profile}")
        if seen[number]:
            raise ValueError(f"There twice: {profile}")
        seen[number] = 1
    if missing := seen.count(0):
        raise ValueError(f"Of {count} people {missing} are missing, the first {seen.index(0)}.")


@dataclass(frozen=True)
class Tables:
    """The tables in a database, as the database itself shows them."""

    kind: str
    url: str

    def make(self) -> None:
        """Makes them anew, with nobody in them."""
        with self._engine.begin() as connection:
            for statement in filter(str.strip, _TABLES.format_map(_WORDS[self.kind]).split(";")):
                connection.exec_driver_sql(statement)

    def last_key(self) -> int:
        """Returns about how many people are there, at once."""
        with self._engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT max(id) FROM people").scalar()
            return int(found or 0)

    def check(self, count: int) -> None:
        """Raises `ValueError` unless everybody of a file is there, each once and as written."""
        with self._engine.connect() as connection:
            rows = connection.exec_driver_sql(_COUNT).one()
            if tuple(rows) != (count, count):
                raise ValueError(f"There are {rows} rows for {count} people.")
            check_people(self._profiles(connection), count)

    @cached_property
    def _engine(self) -> sqlalchemy.Engine:
        return sqlalchemy.create_engine(self.url, poolclass=NullPool)

    @staticmethod
    def _profiles(connection: sqlalchemy.Connection) -> Iterator[Profile]:
        streaming = connection.execution_options(stream_results=True, max_row_buffer=1000)
        for row in streaming.exec_driver_sql(_ROWS).mappings():
            yield {name: value for name, value in row.items() if value is not None}
