"""What lies in every table, so that a test can say that nothing else was touched."""

import json
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy

from tests.sql.legacy import Database
from tests.sql.shapes.shape import Own, Shape

Rows: TypeAlias = list[tuple[Any, ...]]

_NOTHING = Own("1 = 0", ())


@dataclass(frozen=True, slots=True)
class Entry:
    """One table: the rows of others whole, of the account's own what is not mapped, by key."""

    others: Rows
    own: dict[Any, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Reads all tables of a database; `columns` are those of each."""

    database: Database
    shape: Shape
    columns: dict[str, list[str]]

    @classmethod
    def of(cls, database: Database, shape: Shape) -> "Ledger":
        """Returns the ledger of the tables there are."""
        inspector = sqlalchemy.inspect(database._engine)
        names = inspector.get_table_names()
        return cls(
            database,
            shape,
            {name: [each["name"] for each in inspector.get_columns(name)] for name in names},
        )

    def everything(self) -> dict[str, Rows]:
        """Returns all rows of all tables."""
        return {name: self._rows(f"SELECT * FROM {name}") for name in self.columns}

    def beside(self, login: str) -> dict[str, Entry]:
        """Returns all that a write of this account must leave alone."""
        return {name: self._entry(name, login) for name in self.columns}

    def _entry(self, name: str, login: str) -> Entry:
        own = self.shape.own.get(name, _NOTHING)
        columns = self.columns[name]
        is_own = own.rows.replace("{login}", login)
        others = f"SELECT * FROM {name} WHERE CASE WHEN {is_own} THEN 1 ELSE 0 END = 0"
        kept = [each for each in columns if each not in own.columns]
        read = ", ".join([columns[0], *kept, *own.documents])
        rows = self._rows(f"SELECT {read} FROM {name} WHERE {is_own}")
        until = 1 + len(kept)
        return Entry(
            self._rows(others),
            {row[0]: (*row[1:until], *map(_kept_member, row[until:])) for row in rows},
        )

    def _rows(self, statement: str) -> Rows:
        return sorted(self.database.rows(statement), key=repr)


def _kept_member(document: object) -> object:
    loaded = json.loads(document) if isinstance(document, str) else document
    return loaded.get("kept") if isinstance(loaded, dict) else None


def assert_same(before: dict[str, Entry], after: dict[str, Entry]) -> None:
    """Fails where something beside the account, or what it has beside its properties, differs."""
    for name, entry in before.items():
        assert after[name].others == entry.others, name
        for key in entry.own.keys() & after[name].own.keys():
            assert after[name].own[key] == entry.own[key], (name, key)
