"""Holds a join that the account's row points along to writing the row that is pointed at."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest
import sqlalchemy

from ownid_grpc.domain.account import Account, AccountDraft, JsonValue, with_value
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.mapping import SqlMapping
from ownid_grpc.repositories.base import Change
from ownid_grpc.repositories.sql.accounts import SqlAccountRepository
from tests.sql.conftest import AUTOMATIC, BACKENDS

TABLES = """
CREATE TABLE addresses (id {automatic}, city VARCHAR(20), kind VARCHAR(20) NOT NULL);
CREATE TABLE customers (id {automatic}, name VARCHAR(20), address_id INTEGER)
"""

WORDS = {
    "table": "customers",
    "key": "id",
    "joins": {"address": {"table": "addresses", "on": {"id": "address_id"}, "parent": True}},
    "properties": {"name": "name", "city": {"join": "address", "column": "city"}},
    "on_create": {"address.kind": "home"},
}


@dataclass(frozen=True, slots=True)
class Shop:
    """Customers who point at one of many addresses."""

    engine: sqlalchemy.Engine
    repository: SqlAccountRepository

    def run(self, statement: str) -> None:
        """Runs one statement."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql(statement)

    def addresses(self) -> list[tuple[object, ...]]:
        """Returns the addresses, and which customer points at each."""
        query = (
            "SELECT a.id, a.city, a.kind, c.name FROM addresses a "
            "LEFT JOIN customers c ON c.address_id = a.id ORDER BY a.id"
        )
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]


@pytest.fixture(params=BACKENDS)
def shop(request: pytest.FixtureRequest, databases: dict[str, str]) -> Iterator[Shop]:
    """Gives a shop with two addresses, of which its one customer points at the second."""
    url = databases[request.param]
    with ExitStack() as stack:
        engine = sqlalchemy.create_engine(url)
        stack.callback(engine.dispose)
        repository = SqlAccountRepository(SqlMapping.model_validate({**WORDS, "url": url}))
        stack.callback(repository.close)
        made = Shop(engine, repository)
        for table in ("profiles", "customers", "addresses"):
            made.run(f"DROP TABLE IF EXISTS {table}")
        for statement in TABLES.split(";"):
            made.run(statement.format(automatic=AUTOMATIC[request.param]))
        made.run("INSERT INTO addresses (city, kind) VALUES ('Old', 'home'), ('Paris', 'work')")
        made.run("INSERT INTO customers (name, address_id) VALUES ('Ada', 2)")
        yield made


def _giving(city: JsonValue) -> Change:
    return lambda account: replace(account, profile=with_value(account.profile, ("city",), city))


def _ada(shop: Shop) -> Account:
    return shop.repository.get(Call(), ("1",))


def test_row_pointed_at_is_read_and_changed_in_place(shop: Shop) -> None:
    """A change is written to the row that the account points at, and to no other."""
    assert _ada(shop).profile["city"] == "Paris"

    changed = shop.repository.update(Call(), ("1",), _giving("London"))

    assert changed.profile["city"] == "London"
    assert shop.addresses() == [(1, "Old", "home", None), (2, "London", "work", "Ada")]


def test_row_is_made_and_pointed_at_where_there_is_none(shop: Shop) -> None:
    """A first value makes the row, as the rules of a create say, and the account points at it."""
    bob = shop.repository.insert(Call(), AccountDraft({"name": "Bob"}))

    shop.repository.update(Call(), bob.key, _giving("Rome"))
    shop.repository.insert(Call(), AccountDraft({"name": "Cy", "city": "Oslo"}))

    assert shop.addresses()[2:] == [(3, "Rome", "home", "Bob"), (4, "Oslo", "home", "Cy")]
