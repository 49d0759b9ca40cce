"""Text from outside is text to every database: it is found as such, and changes nothing else."""

import dataclasses
from collections.abc import Collection, Sequence

import yaml

from ownid_grpc.domain.account import (
    PROFILE,
    AccountDraft,
    AccountKey,
    LoginId,
    Profile,
)
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.predicates import (
    Compare,
    Contains,
    Match,
    Not,
    Operator,
    OrderTerm,
    Present,
    Query,
)
from ownid_grpc.domain.source import Kind, PropertyDescription
from ownid_grpc.repositories.base import AccountRepository
from ownid_grpc.repositories.memory import MemoryAccountRepository
from tests.sql.legacy import Database
from tests.support.payloads import PAYLOADS

LOGIN = (LoginId(("login",), is_exact=True),)
PEOPLE = """CREATE TABLE people (code VARCHAR(200) <exact> PRIMARY KEY,
    login VARCHAR(200) <exact> UNIQUE, name VARCHAR(200) <exact>, ui <document>, more <document>)"""
OTHERS = (
    "CREATE TABLE others (id INTEGER PRIMARY KEY, said VARCHAR(40))",
    "INSERT INTO others VALUES (1, 'as it was')",
)
UNSAYABLE = {"sqlite": {'"].x'}, "postgresql": set[str](), "mariadb": {"--+", "->>", "-0"}}
"""Names of members that the database's own paths cannot say, as docs/mapping.md has it."""

MAPPING = """
table: people
key: {column: code, generate: caller}
properties:
  login: login
  name: name
  theme: {column: ui, path: [theme], type: text}
  tags: {column: more, path: [tags], type: json}
  extra: {column: more, rest: true}
"""


def profile_of(text: str) -> Profile:
    """Returns the profile of an account that has a text in every place, the name of one too."""
    return {"login": text, "name": text, "theme": text, "tags": [text], text: text}


def test_text_is_nothing_but_text(database: Database) -> None:
    """A payload is key, login id, value, item and name, and each answer is that of the memory."""
    database.execute(PEOPLE, *OTHERS)
    real = database.opened(MAPPING).repository
    reference, unsayable = reference_of(real), UNSAYABLE[database.kind]
    for text in PAYLOADS:
        draft = AccountDraft(profile_of(text), key=(text,))
        reference.insert(Call(), draft, login_ids=LOGIN)
        assert real.insert(Call(), draft, login_ids=LOGIN).profile == draft.profile
    before = contents(database, "people", "others")

    for text in PAYLOADS:
        assert answers(real, text, unsayable) == answers(reference, text, unsayable), text

    assert contents(database, "people", "others") == before


def test_change_by_a_payload_changes_one_account(database: Database) -> None:
    """What is changed and deleted by a payload for a key is that account alone."""
    database.execute(PEOPLE, *OTHERS)
    accounts = database.opened(MAPPING)
    for text in PAYLOADS:
        accounts.made(profile_of(text), (text,), login_ids=LOGIN)
    left = {text: profile_of(text) for text in PAYLOADS}

    for text, other in zip(PAYLOADS[::3], PAYLOADS[1::3], strict=False):
        updated = accounts.changed((text,), name=other)
        left[text] = updated.profile
        accounts.delete((other,))
        del left[other]
        assert updated.profile == profile_of(text) | {"name": other}

    assert {text: accounts.got((text,)).profile for text in left} == left
    assert database.rows("SELECT count(*) FROM people") == [(len(left),)]
    assert database.rows("SELECT * FROM others") == [(1, "as it was")]


def test_names_of_a_mapping_are_nothing_but_names(database: Database) -> None:
    """Tables, columns, members and constants of a mapping may be called anything."""
    odd = "x'; DROP TABLE others; -- \\ %s :a {0} `"
    # SQLAlchemy does not read back a column of MariaDB with a backtick in its name.
    odd_column = odd.rstrip(" `") + '"'
    table, column = quoted(database, odd), quoted(database, odd_column)
    database.execute(
        *OTHERS,
        f"CREATE TABLE {table} (id <automatic>, {column} VARCHAR(200), kind VARCHAR(200),"
        " more <document>)",
    )
    accounts = database.opened(
        yaml.safe_dump(
            {
                "table": odd,
                "key": "id",
                "where": {"kind": odd},
                "properties": {
                    "email": odd_column,
                    odd: {"column": "more", "path": [odd, f'"{odd}'], "type": "text"},
                },
            }
        )
    )
    profile: Profile = {"email": odd, odd: odd}
    assert accounts.faults() == {}

    made = accounts.made(profile)

    assert accounts.got(made.key).profile == profile
    assert accounts.searched(Compare((PROFILE, odd), Operator.EQ, odd)) == [made.key[0]]
    assert database.rows("SELECT * FROM others") == [(1, "as it was")]


def quoted(database: Database, name: str) -> str:
    """Returns a name as the database takes it, whatever is in it."""
    mark = "`" if database.kind == "mariadb" else '"'
    return mark + name.replace(mark, mark * 2) + mark


def reference_of(real: AccountRepository) -> MemoryAccountRepository:
    """Returns a memory that holds the same, the members of the rest too."""
    described = real.describe()
    rest = tuple(PropertyDescription((text,), Kind.TEXT) for text in PAYLOADS)
    return MemoryAccountRepository(
        dataclasses.replace(described, properties=(*described.properties, *rest))
    )


def contents(database: Database, *tables: str) -> list[str]:
    """Returns every byte of some tables."""
    return sorted(repr(row) for table in tables for row in database.rows(f"SELECT * FROM {table}"))


def answers(
    repository: AccountRepository, text: str, unsayable: Collection[str]
) -> list[Sequence[AccountKey]]:
    """Returns which accounts are found by a text, wherever it stands in a question."""
    member, call = (PROFILE, "name" if text in unsayable else text), Call()
    predicates = (
        Compare((PROFILE, "name"), Operator.EQ, text),
        Match((PROFILE, "login"), ("", text, "")),
        Compare((PROFILE, "theme"), Operator.EQ, text),
        Contains((PROFILE, "tags"), text),
        Present(member),
    )
    queries = [Query(each) for each in predicates]
    not_it = Not(Compare(member, Operator.EQ, text))
    queries.append(Query(not_it, (OrderTerm(member, is_descending=True),)))
    found = [
        [each.key for each in repository.search(call, query, after=None, limit=1000).accounts]
        for query in queries
    ]
    named = repository.get_many(call, [(text,), (f"{text}'",)])
    return [
        *(sorted(keys) for keys in found),
        [repository.find(call, LOGIN, text).key, repository.get(call, (text,)).key],
        sorted(each.key for each in named),
    ]
