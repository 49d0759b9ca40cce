"""Databases that were there first: tables of a test's own, described by words alone."""

import dataclasses
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
import yaml
from _pytest.mark.structures import ParameterSet
from sqlalchemy import event

from ownid_grpc.domain.account import (
    Account,
    AccountDraft,
    AccountKey,
    JsonValue,
    LoginId,
    Profile,
    with_value,
)
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.mapping import SqlMapping
from ownid_grpc.domain.predicates import OrderTerm, Predicate, Query
from ownid_grpc.repositories.sql.accounts import SqlAccountRepository
from ownid_grpc.repositories.sql.shapes import CompiledShapes, Shapes

EMAIL = (LoginId(("email",)),)

MARKS: Mapping[str, tuple[pytest.MarkDecorator, ...]] = {
    "sqlite": (),
    "postgresql": (pytest.mark.postgresql,),
    "mariadb": (pytest.mark.mariadb,),
}

WORDS: Mapping[str, Mapping[str, str]] = {
    "sqlite": {
        "automatic": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "boolean": "BOOLEAN",
        "moment": "TIMESTAMP",
        "naive": "TIMESTAMP",
        "document": "TEXT",
        "sixteen": "BLOB",
        "exact": "",
    },
    "postgresql": {
        "automatic": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "boolean": "BOOLEAN",
        "moment": "TIMESTAMPTZ",
        "naive": "TIMESTAMP",
        "document": "JSONB",
        "sixteen": "BYTEA",
        "exact": "",
    },
    "mariadb": {
        "automatic": "BIGINT AUTO_INCREMENT PRIMARY KEY",
        "boolean": "BOOLEAN",
        "moment": "DATETIME(6)",
        "naive": "DATETIME(6)",
        "document": "JSON",
        "sixteen": "BINARY(16)",
        "exact": "COLLATE utf8mb4_bin",
    },
}
"""What each database calls the same things."""


def kinds(*names: str) -> list[ParameterSet]:
    """Returns a parameter set for each of some kinds of database."""
    return [pytest.param(name, marks=MARKS[name], id=name) for name in names]


def each_of(cases: Mapping[str, Iterable[str]]) -> list[ParameterSet]:
    """Returns a parameter set of kind and case for each case that a kind of database has."""
    return [
        pytest.param(kind, case, marks=MARKS[kind], id=f"{kind}-{case or 'plain'}")
        for kind, names in cases.items()
        for case in names
    ]


class Database:
    """A database of one test; `kind` is sqlite, postgresql or mariadb."""

    def __init__(self, kind: str, url: str, repositories: ExitStack) -> None:
        self.kind = kind
        self.url = url
        self._engine = sqlalchemy.create_engine(url)
        self._repositories = repositories
        self.statements: list[str] = []

    def execute(self, *statements: str) -> None:
        """Runs statements, with the words of this kind of database filled in."""
        with self._engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(self._in_words(statement))

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Returns what the database itself answers."""
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]

    def opened(
        self, words: str, *, user: str = "", shapes: Callable[[], Shapes] = CompiledShapes
    ) -> "Accounts":
        """Returns the accounts that a mapping describes."""
        url = sqlalchemy.make_url(self.url)
        shown = (url.set(username=user) if user else url).render_as_string(hide_password=False)
        mapping = SqlMapping.model_validate(yaml.safe_load(words) | {"url": shown})
        repository = SqlAccountRepository(mapping, shapes)
        self._repositories.callback(repository.close)
        for engine in (repository._connections._reader, repository._connections._writer):
            event.listen(engine, "before_cursor_execute", self._note)
        return Accounts(repository)

    def quoted(self, statement: str) -> str:
        """Returns a statement with this database's quotes around names."""
        return statement.replace('"', "`") if self.kind == "mariadb" else statement

    def _in_words(self, statement: str) -> str:
        for name, word in WORDS[self.kind].items():
            statement = statement.replace(f"<{name}>", word)
        return statement if self.kind == "sqlite" else statement.replace("%", "%%")

    def close(self) -> None:
        """Gives back what the test itself holds."""
        self._engine.dispose()

    def _note(self, _: object, __: object, statement: str, *___: object) -> None:
        self.statements.append(statement)


@dataclasses.dataclass(frozen=True, slots=True)
class Accounts:
    """Calls of the port in the words of a test."""

    repository: SqlAccountRepository

    def faults(self) -> dict[str, str]:
        """Returns the messages of faults by the place of their words."""
        return {".".join(each.location): each.message for each in self.repository.verify()}

    def made(
        self,
        profile: Profile,
        key: AccountKey | None = None,
        *,
        login_ids: tuple[LoginId, ...] = EMAIL,
    ) -> Account:
        """Returns a new account."""
        return self.repository.insert(Call(), AccountDraft(profile, key=key), login_ids=login_ids)

    def changed(self, key: AccountKey, **values: JsonValue) -> Account:
        """Returns the account after a change of these properties; `a__b` is a property within."""

        def change(account: Account) -> Account:
            profile = account.profile
            for name, value in values.items():
                profile = with_value(profile, tuple(name.split("__")), value)
            return dataclasses.replace(account, profile=profile)

        return self.repository.update(Call(), key, change, login_ids=EMAIL)

    def got(self, key: AccountKey) -> Account:
        """Returns the account of a key."""
        return self.repository.get(Call(), key)

    def found(self, value: str) -> Account:
        """Returns the account that signs in with this e-mail address."""
        return self.repository.find(Call(), EMAIL, value)

    def searched(self, predicate: Predicate, *order: OrderTerm) -> list[str]:
        """Returns the keys of the first accounts that match."""
        page = self.repository.search(Call(), Query(predicate, order), after=None, limit=10)
        return [".".join(account.key) for account in page.accounts]

    def delete(self, key: AccountKey) -> None:
        """Deletes the account."""
        self.repository.delete(Call(), key)


@contextmanager
def new_database(kind: str, server: str, folder: Path) -> Iterator[Database]:
    """Gives an empty database on a server, or in a file, for one test."""
    name = f"t{uuid.uuid4().hex[:12]}"
    if kind == "sqlite":
        path = folder / f"{name}.db"
        path.touch()
        url = f"sqlite:///{path}"
    else:
        admin = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            suffix = " CHARACTER SET utf8mb4" if kind == "mariadb" else ""
            connection.exec_driver_sql(f"CREATE DATABASE {name}{suffix}")
        admin.dispose()
        url = sqlalchemy.make_url(server).set(database=name).render_as_string(hide_password=False)
    with ExitStack() as repositories:
        database = Database(kind, url, repositories)
        yield database
    database.close()
