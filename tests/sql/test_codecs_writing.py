"""Holds codecs to what they leave alone: the other bits, the time that is there, the unit."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy

from ownid_grpc.domain.account import Account, AccountDraft, JsonValue, with_value
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.mapping import SqlMapping
from ownid_grpc.errors import InvalidArgument
from ownid_grpc.repositories.base import Change
from ownid_grpc.repositories.sql.accounts import SqlAccountRepository
from tests.sql.conftest import AUTOMATIC, BACKENDS

BERLIN = ZoneInfo("Europe/Berlin")
MOMENT_TYPES = {"sqlite": "TIMESTAMP", "postgresql": "TIMESTAMP", "mariadb": "DATETIME(6)"}
TABLES = """
CREATE TABLE people (id {automatic}, name VARCHAR(20), flags INTEGER, verified_ms BIGINT,
    verified_local {moment}, verified_text VARCHAR(40));
CREATE TABLE extras (person_id INTEGER PRIMARY KEY, flags INTEGER NOT NULL DEFAULT 0)
"""


def _flag(encoding: str | None = None, **words: object) -> dict[str, object]:
    said = {"not_null": True, "write": {True: "now", False: None}, **words}
    return said if encoding is None else said | {"encoding": encoding}


PROPERTIES = {
    "name": "name",
    **{f"own{bit}": {"column": "flags", "encoding": {"bit": bit}} for bit in range(6)},
    **{
        f"extra{bit}": {"join": "extra", "column": "flags", "encoding": {"bit": bit}}
        for bit in range(6)
    },
    "millis": {"column": "verified_ms", **_flag("epoch_millis")},
    "local": {"column": "verified_local", **_flag(timezone="Europe/Berlin")},
    "text": {"column": "verified_text", **_flag()},
}


@dataclass(frozen=True, slots=True)
class People:
    """A table of people and the repository in front of it."""

    engine: sqlalchemy.Engine
    repository: SqlAccountRepository

    def made(self, **profile: JsonValue) -> Account:
        """Returns a new account."""
        return self.repository.insert(Call(), AccountDraft({**profile}))

    def changed(self, account: Account, name: str, value: JsonValue) -> Account:
        """Returns the account after a change of one property."""
        return self.repository.update(Call(), account.key, _giving(name, value))

    def run(self, statement: str) -> None:
        """Runs one statement."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql(statement)

    def stored(self, column: str, table: str = "people") -> object:
        """Returns what the only row has in a column."""
        with self.engine.connect() as connection:
            return connection.exec_driver_sql(f"SELECT {column} FROM {table}").scalar_one()


@pytest.fixture(params=BACKENDS)
def people(request: pytest.FixtureRequest, databases: dict[str, str]) -> Iterator[People]:
    """Gives an empty table of people."""
    url = databases[request.param]
    words = {
        "url": url,
        "table": "people",
        "key": "id",
        "joins": {"extra": {"table": "extras", "on": {"person_id": "id"}}},
        "properties": PROPERTIES,
    }
    with ExitStack() as stack:
        engine = sqlalchemy.create_engine(url)
        stack.callback(engine.dispose)
        repository = SqlAccountRepository(SqlMapping.model_validate(words))
        stack.callback(repository.close)
        made = People(engine, repository)
        for table in ("extras", "people"):
            made.run(f"DROP TABLE IF EXISTS {table}")
        kind = request.param
        for statement in TABLES.split(";"):
            made.run(statement.format(automatic=AUTOMATIC[kind], moment=MOMENT_TYPES[kind]))
        yield made


def _giving(name: str, value: JsonValue) -> Change:
    return lambda account: replace(account, profile=with_value(account.profile, (name,), value))


@pytest.mark.parametrize(("name", "table"), [("own3", "people"), ("extra3", "extras")])
def test_bit_is_written_and_the_others_stay(people: People, name: str, table: str) -> None:
    """Setting, clearing and taking away a bit changes no other bit of its column."""
    ada = people.made(**{name: True})
    people.run(f"UPDATE {table} SET flags = 13")

    seen = []
    for value in (False, True, None):
        people.changed(ada, name, value)
        seen.append(people.stored("flags", table))

    assert seen == [5, 13, 5]


@pytest.mark.parametrize("prefix", ["own", "extra"])
def test_bits_written_at_once_all_stay(people: People, prefix: str) -> None:
    """Writers of different bits of one column wait for each other, and none undoes another's."""
    ada = people.made(**{f"{prefix}0": False})
    tasks: list[Callable[[], Account]] = [
        lambda bit=bit: people.changed(ada, f"{prefix}{bit}", value=True)  # type: ignore[misc] # bound
        for bit in range(6)
    ]

    with ThreadPoolExecutor(len(tasks)) as pool:
        for future in [pool.submit(task) for task in tasks]:
            future.result()

    profile = people.repository.get(Call(), ada.key).profile
    assert [profile[f"{prefix}{bit}"] for bit in range(6)] == [True] * 6


def test_now_is_written_in_the_unit_of_its_column(people: People) -> None:
    """The time that true writes is the present, in milliseconds, local time or RFC 3339."""
    before = datetime.now(UTC) - timedelta(milliseconds=1)

    people.made(millis=True, local=True, text=True)

    after = datetime.now(UTC)
    moments = [
        datetime.fromtimestamp(int(str(people.stored("verified_ms"))) / 1000, UTC),
        datetime.fromisoformat(str(people.stored("verified_local"))).replace(tzinfo=BERLIN),
        datetime.fromisoformat(str(people.stored("verified_text"))),
    ]
    assert [before <= moment <= after for moment in moments] == [True] * 3


def test_time_that_is_there_stays(people: People) -> None:
    """What is true already is not written again, given as true or beside something else."""
    ada = people.made(millis=True)
    people.run("UPDATE people SET verified_ms = 1")

    again = people.changed(people.changed(ada, "millis", value=True), "name", "Ada")

    assert again.profile["millis"] is True
    assert people.stored("verified_ms") == 1


def test_nothing_given_is_false(people: People) -> None:
    """A new account without a time reads false; true taken away is false again."""
    ada = people.made()
    true = people.changed(ada, "local", value=True)

    false = people.changed(true, "local", None)

    read = [each.profile["local"] for each in (ada, true, false)]
    assert read == [False, True, False]
    assert people.stored("verified_local") is None


def test_boolean_that_says_nothing_of_writing_is_read_only(people: People) -> None:
    """Without `write` a `not_null` property can be read, and is described as read-only."""
    words = people.repository._words
    properties = words.properties | {
        "millis": words.properties["millis"].model_copy(update={"write": True})
    }
    repository = SqlAccountRepository(words.model_copy(update={"properties": properties}))
    try:
        with pytest.raises(InvalidArgument) as caught:
            repository.insert(Call(), AccountDraft({"millis": True}))
        described = {each.path: each.is_writable for each in repository.describe().properties}
    finally:
        repository.close()

    assert caught.value.violations[0].rule == "readOnly"
    assert not described["millis",]
