"""Holds faults of the mapping to naming the line of ownid.yaml that is wrong."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ownid_grpc.config.document import read_document
from ownid_grpc.domain.mapping import SqlMapping
from ownid_grpc.repositories.sql.accounts import SqlAccountRepository

TABLES = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(20), age INTEGER, seen TIMESTAMP,
    photo BLOB, settings TEXT, flags SMALLINT, country_id INTEGER);
CREATE TABLE countries (id INTEGER PRIMARY KEY, code TEXT);
INSERT INTO countries (code) VALUES ('DE'), ('DE');
"""

MAPPING = """\
table: people
key:
  column: id
where:
  age: 1
joins:
  extra:
    table: countries
    on: {id: country_id}
properties:
  name: name
delete:
  set: {age: 2}
"""

WRONG = [
    ("table: people", "table: poeple #!"),
    ("  column: id", "  column: ident #!"),
    ("  age: 1", "  aeg: 1 #!"),
    ("    table: countries", "    table: contries #!"),
    ("    on: {id: country_id}", "    on: {ident: country_id} #!"),
    ("    on: {id: country_id}", "    on: {id: land} #!"),
    ("    on: {id: country_id}", "    on: {code: name} #!"),
    ("    on: {id: country_id}", "    on: {id: country_id}\n    where: {cod: DE} #!"),
    ("    on: {id: country_id}", "    on: {id: country_id}\n    lookup: cod #!"),
    ("  name: name", "  name: nmae #!"),
    ("  name: name", "  name: {join: extar, column: code} #!"),
    ("  name: name", "  name:\n    join: extra #!"),
    ("  name: name", "  name:\n    column: age\n    type: date #!"),
    ("  name: name", "  name:\n    column: age\n    encoding: hex #!"),
    ("  name: name", "  name:\n    column: age\n    encoding: {separated: ','} #!"),
    ("  name: name", "  name:\n    column: name\n    encoding: {scale: 2} #!"),
    ("  name: name", "  name:\n    column: name\n    encoding: {bit: 2} #!"),
    ("  name: name", "  name:\n    column: photo\n    path: [a] #!"),
    ("  name: name", "  name:\n    column: name\n    values: {true: 1} #!"),
    ("  name: name", "  name:\n    column: age\n    values: {true: 'A'} #!"),
    ("  name: name", "  name:\n    column: age\n    values: {true: 1, gold: 2} #!"),
    ("  name: name", "  name:\n    column: age\n    null: 'x' #!"),
    ("  name: name", "  name:\n    column: name\n    null: 0 #!"),
    ("  name: name", "  name:\n    column: age\n    normalize: [trim] #!"),
    ("  name: name", "  name:\n    column: seen\n    timezone: Europe/Nowhere #!"),
    ("  name: name", "  name:\n    column: name\n    timezone: Europe/Berlin #!"),
    (
        "  name: name",
        "  name:\n    column: seen\n    not_null: true\n    write: {true: null, false: now} #!",
    ),
    ("  name: name", "  name: name\n  again: name #!"),
    ("  name: name", "  name: name\n  name.first: settings #!"),
    ("  name: name", "  all: settings\n  one: {column: settings, path: [a]} #!"),
    ("delete:", "disabled: name #!\ndelete:"),
    ("delete:", "create_time: name #!\ndelete:"),
    ("delete:", "version: rev #!\ndelete:"),
    ("delete:", "on_create:\n  aeg: 1 #!\ndelete:"),
    ("delete:", "on_write:\n  age: {copy: nmae} #!\ndelete:"),
    ("delete:", "unique:\n  - [name]\n  - [nmae] #!\ndelete:"),
    ("  set: {age: 2}", "  set: {aeg: 2} #!"),
    ("  set: {age: 2}", "  tables: [extar] #!"),
]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Returns the URL of a database with the tables."""
    path = tmp_path / "people.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(TABLES)
    return f"sqlite:///{path}"


@pytest.mark.parametrize(("right", "wrong"), WRONG, ids=[wrong for _, wrong in WRONG])
def test_fault_names_the_line_that_is_wrong(url: str, right: str, wrong: str) -> None:
    """A word that does not fit the database is one fault, on its own line of the file."""
    assert right in MAPPING
    text = MAPPING.replace(right, wrong)
    document = read_document(text, {})
    assert isinstance(document.values, dict)
    repository = SqlAccountRepository(SqlMapping.model_validate({**document.values, "url": url}))

    faults = repository.verify()

    repository.close()
    line = 1 + next(at for at, each in enumerate(text.splitlines()) if each.endswith("#!"))
    assert [document.lines.line_of(fault.location) for fault in faults] == [line]
    assert faults[0].message.endswith((".", "?"))


def test_mapping_that_fits_has_no_fault(url: str) -> None:
    """The mapping that the others change is right."""
    document = read_document(MAPPING, {})
    assert isinstance(document.values, dict)
    repository = SqlAccountRepository(SqlMapping.model_validate({**document.values, "url": url}))

    assert repository.verify() == ()

    repository.close()
