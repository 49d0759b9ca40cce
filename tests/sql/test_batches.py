"""Accounts made by the hundred, of tables of every shape: as if each had been made by itself."""

from collections.abc import Mapping, Sequence

import pytest

from ownid_grpc.domain.account import AccountDraft, JsonValue, Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.errors import AlreadyExists, FailedPrecondition, OwnIdError
from ownid_grpc.repositories.base import Outcome
from tests.sql.legacy import EMAIL, Accounts, Database, kinds

PEOPLE: list[Profile] = [
    {"email": "Ada@example.com", "name": '100% "Ada"; --', "city": "London"},
    {"email": "bob@example.com"},
    {"email": "eve@example.com", "name": "Eve", "country": "DE", "theme": "dark"},
    {"email": "Zoé@example.com", "city": "Köln", "country": "UK", "team": "red"},
]

TABLES = (
    "CREATE TABLE teams (id <automatic>, name VARCHAR(20) <exact>)",
    "CREATE TABLE countries (id <automatic>, code VARCHAR(2) <exact>)",
    "INSERT INTO countries (code) VALUES ('DE'), ('UK')",
    """CREATE TABLE people (
        id <automatic>, tenant INTEGER NOT NULL, email VARCHAR(60) NOT NULL,
        low VARCHAR(60), name VARCHAR(60) DEFAULT 'nobody', country_id INTEGER, settings <document>,
        version INTEGER NOT NULL, team_id BIGINT)""",
    """CREATE TABLE homes (
        person_id BIGINT PRIMARY KEY, city VARCHAR(30), kind VARCHAR(9), since VARCHAR(9))""",
)

MAPPING = """
table: people
key: id
where: {tenant: 7}
joins:
  home: {table: homes, "on": {person_id: id}, where: {kind: main}}
  country: {table: countries, "on": {id: country_id}, lookup: code}
properties:
  email: {column: email, normalize: [trim]}
  name: name
  city: {join: home, column: city}
  country: {join: country}
  theme: {column: settings, path: [ui, theme], type: text}
version: {column: version}
on_create: {home.since: long}
on_write: {low: {lower: email}}
"""

WITH_PARENT = MAPPING.replace(
    "properties:", "properties:\n  team: {join: team, column: name}"
).replace("joins:", 'joins:\n  team: {table: teams, "on": {id: team_id}, parent: true}')

UNIQUE = MAPPING + "unique: [[name]]\n"


def imported(accounts: Accounts, *profiles: Mapping[str, JsonValue]) -> list[Outcome]:
    """Returns what becomes of accounts made together."""
    drafts = [AccountDraft(dict(profile)) for profile in profiles]
    return accounts.repository.insert_many(Call(), drafts, login_ids=EMAIL)


def failed(outcomes: Sequence[Outcome]) -> list[int]:
    """Returns which accounts were not made."""
    return [number for number, each in enumerate(outcomes) if isinstance(each, OwnIdError)]


def without(profiles: Sequence[Profile], name: str) -> list[Profile]:
    """Returns profiles without a property."""
    return [{key: value for key, value in each.items() if key != name} for each in profiles]


@pytest.mark.parametrize("mapping", [MAPPING, WITH_PARENT, UNIQUE], ids=["plain", "parent", "own"])
def test_rows_are_as_if_made_singly(database: Database, mapping: str) -> None:
    """Every row of every table, keys included, is what making one after the other leaves."""
    profiles = PEOPLE if mapping == WITH_PARENT else without(PEOPLE, "team")
    database.execute(*TABLES)
    accounts = database.opened(mapping)
    tables = ("people", "homes", "teams")
    for profile in profiles:
        accounts.made(profile)
    singly = {name: database.rows(f"SELECT * FROM {name} ORDER BY 1") for name in tables}
    for name in tables:
        database.execute(f"DROP TABLE {name}")
    database.execute(*(each for each in TABLES if "countries" not in each))

    outcomes = imported(accounts, *profiles)

    assert outcomes == [("1",), ("2",), ("3",), ("4",)]
    together = {name: database.rows(f"SELECT * FROM {name} ORDER BY 1") for name in tables}
    assert together == singly


def test_hundred_accounts_take_a_few_statements(database: Database) -> None:
    """What is asked of a database does not grow with the accounts of a batch."""
    database.execute(*TABLES)
    accounts = database.opened(MAPPING)
    accounts.made({"email": "first@example.com"})
    database.statements.clear()

    outcomes = imported(
        accounts, *({"email": f"p{n}@example.com", "city": "Rome"} for n in range(100))
    )

    assert failed(outcomes) == []
    assert len(database.statements) <= 6


@pytest.mark.parametrize("mapping", [MAPPING, UNIQUE], ids=["plain", "own"])
def test_account_out_of_scope_fails_alone(database: Database, mapping: str) -> None:
    """An account that the mapping would not find again is refused, and leaves nothing."""
    database.execute(*TABLES)
    accounts = database.opened(mapping.replace("{tenant: 7}", "{tenant: 7, name: {not: gone}}"))

    outcomes = imported(
        accounts,
        {"email": "a@example.com", "name": "a"},
        {"email": "b@example.com", "name": "gone"},
        {"email": "c@example.com", "name": "c"},
    )

    assert failed(outcomes) == [1]
    assert isinstance(outcomes[1], FailedPrecondition)
    assert database.rows("SELECT name FROM people ORDER BY id") == [("a",), ("c",)]


def test_values_declared_unique_are_taken_once(database: Database) -> None:
    """What the mapping alone says is unique is held to it, within a batch too."""
    database.execute(*TABLES)
    accounts = database.opened(UNIQUE)
    accounts.made({"email": "a@example.com", "name": "Ada"})

    outcomes = imported(
        accounts,
        {"email": "b@example.com", "name": "Ada"},
        {"email": "c@example.com", "name": "Eve"},
        {"email": "d@example.com", "name": "Eve"},
    )

    assert failed(outcomes) == [0, 2]
    assert isinstance(outcomes[0], AlreadyExists)


def test_account_that_the_database_refuses_fails_alone(database: Database) -> None:
    """Checks and references of the database refuse one account, by its property, and no other."""
    database.execute(
        "CREATE TABLE ranks (id INTEGER PRIMARY KEY)",
        "INSERT INTO ranks VALUES (1)",
        """CREATE TABLE people (
            id <automatic>, email VARCHAR(60), age INTEGER, rank_id INTEGER,
            CONSTRAINT grown CHECK (age >= 0),
            CONSTRAINT ranked FOREIGN KEY (rank_id) REFERENCES ranks (id))""",
    )
    accounts = database.opened(
        "{table: people, key: id, properties: {email: email, age: age, rank: rank_id}}"
    )
    profiles: list[Profile] = [{"email": f"p{number}@example.com"} for number in range(20)]
    profiles[3] |= {"age": -1}
    profiles[11] |= {"rank": 9}
    profiles[12] |= {"rank": 1, "age": 5}

    outcomes = imported(accounts, *profiles)

    assert failed(outcomes) == [3, 11]
    properties = [e.metadata["property"] for e in outcomes if isinstance(e, OwnIdError)]
    assert properties == ["age", "rank"]
    assert database.rows("SELECT count(*) FROM people") == [(18,)]


@pytest.mark.parametrize("database", kinds("sqlite", "postgresql"), indirect=True)
def test_refusal_at_the_commit_fails_alone(database: Database) -> None:
    """A constraint that is checked at the commit only costs the one account that breaks it."""
    database.execute(
        "CREATE TABLE ranks (id INTEGER PRIMARY KEY)",
        """CREATE TABLE people (
            id <automatic>, email VARCHAR(60),
            rank_id INTEGER REFERENCES ranks (id) DEFERRABLE INITIALLY DEFERRED)""",
    )
    accounts = database.opened(
        "{table: people, key: id, properties: {email: email, rank: rank_id}}"
    )

    outcomes = imported(
        accounts,
        {"email": "a@example.com"},
        {"email": "b@example.com", "rank": 9},
        {"email": "c@example.com"},
    )

    assert failed(outcomes) == [1]
    assert database.rows("SELECT count(*) FROM people") == [(2,)]


@pytest.mark.parametrize("database", kinds("postgresql"), indirect=True)
@pytest.mark.parametrize("table", ["people", "homes"])
def test_row_that_a_trigger_swallows_fails_alone(database: Database, table: str) -> None:
    """An account of which a trigger makes nothing is refused, and no other gets its key."""
    database.execute(
        *TABLES,
        """CREATE FUNCTION swallow() RETURNS trigger AS
        'BEGIN IF NEW::text LIKE ''%swallow%'' THEN RETURN NULL; END IF; RETURN NEW; END'
        LANGUAGE plpgsql""",
        f"CREATE TRIGGER t BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION swallow()",
    )
    accounts = database.opened(MAPPING)

    outcomes = imported(
        accounts,
        {"email": "a@example.com", "city": "A"},
        {"email": "b@example.com", "city": "swallow", "name": "swallow"},
        {"email": "c@example.com", "city": "C"},
    )

    assert failed(outcomes) == [1]
    for number, letter in ((0, "a"), (2, "c")):
        key = outcomes[number]
        assert isinstance(key, tuple)
        assert accounts.got(key).profile["email"] == f"{letter}@example.com"


@pytest.mark.parametrize("generate", ["uuid4", "uuid7", "{random: {length: 12}}"])
def test_keys_that_are_made_here(database: Database, generate: str) -> None:
    """Keys that the database does not give are each account's own."""
    database.execute("CREATE TABLE people (id VARCHAR(36) PRIMARY KEY, email VARCHAR(60))")
    accounts = database.opened(
        f"table: people\nkey: {{column: id, generate: {generate}}}\nproperties: {{email: email}}"
    )

    outcomes = imported(accounts, *({"email": f"p{n}@example.com"} for n in range(10)))

    assert failed(outcomes) == []
    for number, key in enumerate(outcomes):
        assert isinstance(key, tuple)
        assert accounts.got(key).profile == {"email": f"p{number}@example.com"}


def test_account_of_defaults_only_is_made(database: Database) -> None:
    """An account that gives no value at all is a row of what the database fills in."""
    database.execute("CREATE TABLE people (id <automatic>, name VARCHAR(9) DEFAULT 'new')")
    accounts = database.opened("{table: people, key: id, properties: {name: name}}")

    outcomes = imported(accounts, {}, {"name": "x"})

    assert failed(outcomes) == []
    assert database.rows("SELECT name FROM people ORDER BY id") == [("new",), ("x",)]


def test_many_columns_are_written_in_several_statements(database: Database) -> None:
    """A table of many columns is written whole, whatever one statement can take."""
    names = [f"c{number}" for number in range(150)]
    columns = ", ".join(f"{name} INTEGER" for name in names)
    database.execute(f"CREATE TABLE people (id <automatic>, email VARCHAR(60), {columns})")
    properties = ", ".join(f"{name}: {name}" for name in ("email", *names))
    accounts = database.opened(f"{{table: people, key: id, properties: {{{properties}}}}}")
    values: Profile = dict.fromkeys(names, 5)

    outcomes = imported(
        accounts, *({"email": f"p{number}@example.com", **values} for number in range(250))
    )

    assert failed(outcomes) == []
    assert database.rows("SELECT count(*), min(c149), max(id) FROM people") == [(250, 5, 250)]


def test_login_id_in_an_indexed_column_of_one_case_is_found(database: Database) -> None:
    """Login ids that a derived column holds in one case are looked for in it, all at once."""
    database.execute(*TABLES, "CREATE UNIQUE INDEX by_low ON people (tenant, low)")
    accounts = database.opened(MAPPING)
    made = accounts.made({"email": "Ada@Example.com"})

    outcomes = imported(accounts, {"email": "ADA@example.com"}, {"email": "b@example.com"})
    holders = accounts.repository.find_holders(
        Call(), EMAIL, [{"email": " ada@example.com "}, {"email": "x@example.com"}]
    )

    assert failed(outcomes) == [0]
    assert holders == [{made.key}, set()]


@pytest.mark.parametrize("database", kinds("sqlite", "postgresql"), indirect=True)
def test_names_of_any_spelling_are_quoted(database: Database) -> None:
    """Tables and columns are written as they are called, percent signs included."""
    database.execute('CREATE TABLE "Od%d one" (id <automatic>, "Ma%s il" VARCHAR(60))')
    accounts = database.opened("table: Od%d one\nkey: id\nproperties: {email: Ma%s il}")

    outcomes = imported(accounts, {"email": "a%s@example.com"}, {"email": "b@example.com"})

    assert [accounts.got(key).profile for key in outcomes if isinstance(key, tuple)] == [
        {"email": "a%s@example.com"},
        {"email": "b@example.com"},
    ]
