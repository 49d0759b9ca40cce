"""Every way to name a column wrongly: told in time, and no other app's harm."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import grpc
import pytest
from ownid.v1 import account_service_pb2
from typer.testing import CliRunner

from ownid_grpc.bootstrap import described_faults, open_repositories
from ownid_grpc.cli import app
from ownid_grpc.config import load_config
from tests.support.keys import bearer
from tests.support.service import (
    NOT_SERVING,
    SERVING,
    Client,
    Service,
    running_service,
    write_config,
)

TABLES = """
CREATE TABLE companies (id INTEGER PRIMARY KEY, title VARCHAR(20));
CREATE TABLE countries (id INTEGER PRIMARY KEY, code VARCHAR(2) UNIQUE);
CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(80) NOT NULL UNIQUE, name VARCHAR(20),
    age INTEGER, secret VARCHAR(9) NOT NULL, seen TIMESTAMP, label TEXT AS (upper(name)),
    settings TEXT, company_id INTEGER REFERENCES companies (id),
    country_id INTEGER REFERENCES countries (id));
CREATE TABLE profiles (person_id INTEGER PRIMARY KEY REFERENCES people (id), city VARCHAR(20),
    zip INTEGER);
CREATE TABLE names (id INTEGER PRIMARY KEY, name VARCHAR(20));
CREATE TABLE meta (id INTEGER PRIMARY KEY, person_id INTEGER, name_id INTEGER, content TEXT);
INSERT INTO names (name) VALUES ('phone'), ('birthday');
INSERT INTO profiles (person_id, zip) VALUES (1, 75), (2, 75);
"""

MAPPING = """\
      type: sql
      url: sqlite:///people.db
      table: people
      key: id
      where: {age: {greater: 0}}
      joins:
        profile:
          table: profiles
          "on": {person_id: id}
        company:
          table: companies
          "on": {id: company_id}
          parent: true
        country:
          table: countries
          "on": {id: country_id}
          lookup: code
        meta:
          table: meta
          "on": {person_id: id}
          name: {table: names, "on": {id: name_id}, lookup: name}
          value: content
      properties:
        email: mail
        name: name
        city: {join: profile, column: city}
        company: {join: company, column: title}
        country: {join: country}
        phone: {join: meta, name: phone}
      on_create: {secret: "!", age: 1}
"""


RIGHT = "apps/right"

SCHEMA = {"type": "object", "properties": {"email": {"type": "string"}}}


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line of the mapping and what stands there instead; `#!` ends the line that is wrong.

    `named` is what the fault names, `remedy` what it says to do.
    """

    right: str
    wrong: str
    named: str
    remedy: str


EMAIL = "        email: mail"
PROPERTIES = "      properties:"
PROFILE = "          table: profiles\n"
COMPANY = '          "on": {id: company_id}\n          parent: true'

WAYS = {
    "misspelt": Wrong(EMAIL, "        email: mial #!", "'mial'", "did you mean 'mail'?"),
    "missing": Wrong(EMAIL, "        email: qqq #!", "'qqq'", "name one of its columns."),
    "case": Wrong(EMAIL, "        email: MAIL #!", "'MAIL'", "did you mean 'mail'?"),
    "table misspelt": Wrong("table: people", "table: poeple #!", "'poeple'", "mean 'people'?"),
    "table missing": Wrong("table: people", "table: zzz #!", "'zzz'", "name one that is there"),
    "key": Wrong("key: id", "key: ident #!", "'ident'", "name one of its columns."),
    "key that is not unique": Wrong("key: id", "key: name #!", "'people'", "name the columns of"),
    "where": Wrong("where: {age:", "where: {agee:", "'agee'", "did you mean 'age'?"),
    "child table": Wrong("table: profiles", "table: profile #!", "'profile'", "mean 'profiles'?"),
    "child column": Wrong("column: city}", "column: ctiy} #!", "'ctiy'", "did you mean 'city'?"),
    "join misspelt": Wrong("join: profile,", "join: profil,", "'profil'", "mean 'profile'?"),
    "join on a column that is not there": Wrong(
        "{person_id: id}\n        company",
        "{persno_id: id} #!\n        company",
        "'persno_id'",
        "did you mean 'person_id'?",
    ),
    "join on a column that the account lacks": Wrong(
        "{id: company_id}", "{id: compny_id} #!", "'compny_id'", "did you mean 'company_id'?"
    ),
    "join on the wrong key": Wrong(
        "{person_id: id}\n        company",
        "{zip: id} #!\n        company",
        "one value of zip",
        "narrow it by 'where'.",
    ),
    "parent that is a child": Wrong(
        PROFILE + '          "on": {person_id: id}',
        PROFILE + '          "on": {person_id: id}\n          parent: true #!',
        "'person_id'",
        "leave 'parent' out.",
    ),
    "child that is a parent": Wrong(
        "        company:\n          table: companies\n" + COMPANY,
        '        company: #!\n          table: companies\n          "on": {id: company_id}',
        "'company_id'",
        "say 'parent: true'",
    ),
    "lookup": Wrong("lookup: code", "lookup: cdoe #!", "'cdoe'", "did you mean 'code'?"),
    "registry's table": Wrong("{table: names,", "{table: nmaes,", "'nmaes'", "mean 'names'?"),
    "registry's column": Wrong("lookup: name}", "lookup: nmae}", "'nmae'", "mean 'name'?"),
    "name that is not registered": Wrong(
        "name: phone}", "name: phnoe} #!", "'phnoe'", "did you mean 'phone'?"
    ),
    "value": Wrong("value: content", "value: contnet #!", "'contnet'", "mean 'content'?"),
    "NOT NULL without a default": Wrong(
        'on_create: {secret: "!", age: 1}',
        "on_create: {age: 1} #!",
        "'secret'",
        "set it by 'on_create: {secret: …}'.",
    ),
    "generated": Wrong(
        'on_create: {secret: "!", age: 1}',
        'on_create: {secret: "!", age: 1, label: x} #!',
        "'label'",
        "leave it out.",
    ),
    "rule": Wrong("age: 1}", "age: 1, secert: x} #!", "'secert'", "did you mean 'secret'?"),
    "two properties": Wrong(EMAIL, EMAIL + "\n        again: mail #!", "'mail'", "'write: false'."),
    "property within a property": Wrong(
        EMAIL, EMAIL + "\n        name.first: settings #!", "'name.first'", "map one or the other."
    ),
    "type that it is not": Wrong(
        EMAIL,
        EMAIL + "\n        old: {column: age, encoding: hex} #!",
        "'age'",
        "say another encoding",
    ),
    "time that is text": Wrong(
        PROPERTIES, "      create_time: name #!\n" + PROPERTIES, "'name'", "by type"
    ),
    "version": Wrong(
        PROPERTIES, "      version: rev #!\n" + PROPERTIES, "'rev'", "name one of its columns."
    ),
    "mark of a delete": Wrong(
        PROPERTIES,
        "      delete: {set: {seeen: now}} #!\n" + PROPERTIES,
        "'seeen'",
        "did you mean 'seen'?",
    ),
    "rows to delete": Wrong(
        PROPERTIES,
        "      delete: {tables: [profil]} #!\n" + PROPERTIES,
        "'profil'",
        "mean 'profile'?",
    ),
    "unique property": Wrong(
        PROPERTIES, "      unique: [[emial]] #!\n" + PROPERTIES, "'emial'", "did you mean 'email'?"
    ),
    "source of a rule": Wrong(
        PROPERTIES,
        "      on_write: {name: {copy: emial}} #!\n" + PROPERTIES,
        "'emial'",
        "mean 'email'?",
    ),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a file with an app for each way, and one that is right.

    `lines` are the lines that are wrong; `verified`, `checked` and `logged` the
    faults of each app by the repository, by the command and at a start.
    """

    lines: dict[str, int]
    verified: dict[str, list[str]]
    checked: dict[str, list[str]]
    logged: dict[str, list[str]]
    client: Client


def app_of(way: str) -> str:
    """Returns the app whose mapping is wrong like this."""
    return f"wrong-{[*WAYS].index(way)}"


def wrong_line(mapping: str) -> int:
    """Returns the number of the line that is marked, else of the first that is not as it was."""
    lines = mapping.splitlines()
    marked = [number for number, line in enumerate(lines) if line.endswith("#!")]
    changed = (
        number
        for number, (old, new) in enumerate(zip(MAPPING.splitlines(), lines, strict=False))
        if old != new
    )
    return marked[0] if marked else next(changed)


def written_apps() -> tuple[str, dict[str, int]]:
    """Returns the words of all apps, and which of these lines are wrong."""
    text, lines = f"  right:\n    repository:\n{MAPPING}", {}
    for way, each in WAYS.items():
        assert each.right in MAPPING, way
        mapping = MAPPING.replace(each.right, each.wrong, 1)
        text += f"  {app_of(way)}:\n    repository:\n"
        lines[way] = text.count("\n") + wrong_line(mapping)
        text += mapping
    return text, lines


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Asks the repositories, the command and a server once for all."""
    folder = tmp_path_factory.mktemp("wrong")
    with closing(sqlite3.connect(folder / "people.db")) as database:
        database.executescript(TABLES)
    words, lines = written_apps()
    path = write_config(folder, words)
    before = path.read_text("utf-8").partition(words)[0].count("\n")
    config = load_config(path)
    with open_repositories(config) as repositories:
        verified = {
            name: described_faults(config, name, each.verify())
            for name, each in repositories.items()
        }
    checked = CliRunner().invoke(app, ["check", "--config", str(path)])
    assert checked.exit_code == 1
    assert "right: the mapping fits the database" in checked.stdout
    said = checked.stdout.splitlines()
    with running_service(path) as service, service.client() as client:
        client.await_health(SERVING, "app/right")
        client.set_schema(SCHEMA, "right")
        yield Told(
            {way: before + line + 1 for way, line in lines.items()},
            verified,
            {name: [line for line in said if f": apps.{name}." in line] for name in config.apps},
            _logged(service, len(WAYS)),
            client,
        )


def _logged(service: Service, count: int) -> dict[str, list[str]]:
    """Returns the faults that a server has logged, once there are some of so many apps."""
    end = time.monotonic() + 30
    while len({each["app"] for each in service.events("mapping.fault")}) < count:
        assert time.monotonic() < end, "some fault is not logged"
        time.sleep(0.05)
    faults: dict[str, list[str]] = {}
    for each in service.events("mapping.fault"):
        faults.setdefault(each["app"], []).append(each["fault"])
    return faults


@pytest.mark.parametrize("way", WAYS)
def test_wrong_name_is_one_line_that_says_what_to_do(told: Told, way: str) -> None:
    """The repository, the command and a server that starts name file, line, word and remedy."""
    wrong, name = WAYS[way], app_of(way)

    (line,) = told.verified[name]

    assert f"ownid.yaml:{told.lines[way]}: apps.{name}.repository." in line
    assert wrong.named in line
    assert wrong.remedy in line
    assert told.checked[name] == [line]
    assert told.logged[name] == [line]


@pytest.mark.parametrize("way", WAYS)
def test_app_with_a_wrong_name_alone_is_not_served(told: Told, way: str) -> None:
    """Its calls are refused, and those of others are answered."""
    name, request = app_of(way), account_service_pb2.GetAccountRequest(name=f"{RIGHT}/accounts/1")

    with pytest.raises(grpc.RpcError) as faulty:
        told.client.set_schema(SCHEMA, name)
    with pytest.raises(grpc.RpcError) as answered:
        told.client.accounts.GetAccount(request, metadata=bearer(), timeout=20)

    assert told.client.health(f"app/{name}") == NOT_SERVING
    assert "the operator can run 'ownid-grpc check'" in str(faulty.value.details())
    assert told.client.health() == SERVING
    assert answered.value.code() is grpc.StatusCode.NOT_FOUND
