"""The JSON Schema of ownid.yaml: it takes what the parser takes, and refuses what it refuses."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError
from typer.testing import CliRunner

from ownid_grpc.cli import app
from ownid_grpc.config import ConfigError, parse_config
from ownid_grpc.domain.mapping import SqlMapping
from tests.support.keys import KEY_ID
from tests.support.people import MAPPING
from tests.support.service import write_config
from tests.support.yaml_examples import DOCS, as_json, blocks, json_of, mapping_examples
from tools.config_schema import config_schema

SHIPPED = Path(__file__).parents[3] / "ownid_grpc" / "config" / "ownid.schema.json"
SCHEMA = json.loads(SHIPPED.read_text("utf-8"))

SQL: dict[str, Any] = {
    "type": "sql",
    "url": "sqlite://",
    "table": "t",
    "key": "id",
    "properties": {"p": "c"},
}
APPS: dict[str, Any] = {"apps": {"shop": {"repository": SQL}}}


def complaints(document: object) -> list[str]:
    """Returns what the schema has against a document."""
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(document)]


def with_mapping(words: object) -> dict[str, Any]:
    """Returns a document whose mapping has these words too."""
    assert isinstance(words, dict)
    return {"apps": {"shop": {"repository": SQL | words}}}


def with_property(**words: object) -> dict[str, Any]:
    """Returns a document with a property of these words."""
    return with_mapping({"properties": {"p": words}})


def test_shipped_schema_is_up_to_date() -> None:
    """The file in the package is what the models say; if it is not, run `make generate`."""
    made = json.dumps(config_schema(), indent=2, ensure_ascii=False)

    assert SHIPPED.read_text("utf-8") == f"{made}\n"


def test_schema_is_valid() -> None:
    """It is JSON Schema as the standard has it."""
    Draft202012Validator.check_schema(SCHEMA)


def words_of(schema: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields each word that a part of the schema has, by its path."""
    for form in (schema, *schema.get("anyOf", ())):
        for word, said in form.get("properties", {}).items():
            yield f"{name}.{word}", said


def test_every_word_is_described() -> None:
    """An editor can say of each word what it is for: the word itself does, or what it leads to."""
    parts = [words_of(SCHEMA, "")]
    parts += [words_of(part, name) for name, part in SCHEMA["$defs"].items()]
    words = [each for part in parts for each in part]

    silent = [name for name, said in words if not ("description" in said or "$ref" in str(said))]

    assert len(words) > 100
    assert silent == []


@pytest.mark.parametrize("guide", ["configuration.md", "repositories.md", "sessions.md"])
def test_examples_of_the_guides_hold(guide: str) -> None:
    """What the guides show of ownid.yaml has no fault but the mapping that some leave out."""
    shown = [as_json(block) for block in blocks(guide)]

    assert shown
    for document in shown:
        assert isinstance(document, dict)
        app = document["apps"]["shop"]
        app.setdefault("repository", SQL)
        assert complaints(document) == []


MAPPINGS = list(mapping_examples())


@pytest.mark.parametrize(
    ("text", "is_property"), [each[1:] for each in MAPPINGS], ids=[each[0] for each in MAPPINGS]
)
def test_examples_of_mappings_hold(text: str, is_property: bool) -> None:  # noqa: FBT001 - a case
    """Every example of docs/mapping.md holds."""
    words = as_json(text)

    assert complaints(with_mapping({"properties": words} if is_property else words)) == []


def test_files_of_tests_hold(tmp_path: Path) -> None:
    """The ownid.yaml that the tests of whole services run with holds."""
    path = write_config(tmp_path, MAPPING.format(url="sqlite://", more=""), state="sqlite://")

    assert KEY_ID in path.read_text("utf-8")
    assert complaints(as_json(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "words",
    [
        {"key": ["tenant", "number"]},
        {"key": {"column": "id", "generate": {"random": {"length": 32}}}},
        {"where": {"a": 7, "b": None, "c": {"in": [1, "x"]}, "d": {"not": None}}},
        {"version": "row_version"},
        {"on_create": {"a": "now", "b": 0, "c": None, "d": {"join": ["p"], "with": "-"}}},
        {"properties": {"p": {"column": "c", "null": None, "values": {}}}},
        {"properties": {"p": {"column": "c", "not_null": False, "type": "text"}}},
        {"properties": {"p": {"column": "c", "not_null": True, "write": {"true": 1, "false": 0}}}},
        {"pool": {"size": "${POOL_SIZE:-16}"}},
        {"properties": {"p": {"column": "c", "write": "${WRITABLE}"}}},
    ],
    ids=str,
)
def test_short_forms_and_variables_hold(words: dict[str, Any]) -> None:
    """Whatever may be written shorter, or comes from the environment, is no fault."""
    assert complaints(with_mapping(words)) == []


def test_repository_of_another_kind_has_words_of_its_own() -> None:
    """The words of a repository that a package brings are not judged."""
    assert complaints({"apps": {"shop": {"repository": {"type": "ldap", "base": "dc=x"}}}}) == []


CALLER: dict[str, Any] = {"name": "b", "certificates": ["b.internal"], "apps": ["*"]}


@pytest.mark.parametrize(
    "words",
    [
        {"apps": {}},
        {"apps": {"a b": APPS["apps"]["shop"]}},
        {"apps": {"shop": {}}},
        {"apps": {"shop": {"repository": {}}}},
        {"sever": {}},
        {"server": []},
        {"server": {"threads": "many"}},
        {"server": {"listen": "localhost"}},
        {"server": {"listen": 50051}},
        {"server": {"lissen": "a"}},
        {"server": {"workers": 0}},
        {"gateway": {"timeout_seconds": 0}},
        {"gateway": {"access_log": "perhaps"}},
        {"callers": [CALLER]},
        {"callers": [{**CALLER, "scopes": ["accounts"]}]},
        {"callers": [{"name": "b", "apps": ["*"], "scopes": ["*"]}]},
        {"callers": [{**CALLER, "scopes": ["*"], "isuer": "b"}]},
        {"callers": [{**CALLER, "scopes": ["*"], "algorithms": ["HS256"]}]},
        {"apps": {"shop": {"repository": SQL, "sessions": {"same_site": "some"}}}},
        {"apps": {"shop": {"repository": SQL, "sessions": {"origins": ["https://x/y"]}}}},
        {"apps": {"shop": {"repository": SQL, "sessions": {"issuers": [{"issuer": "i"}]}}}},
    ],
    ids=str,
)
def test_fault_of_a_file_is_found_by_both(words: dict[str, Any], tmp_path: Path) -> None:
    """What the parser refuses the schema refuses too."""
    document = APPS | words

    with pytest.raises(ConfigError):
        parse_config(json.dumps(document), {}, folder=tmp_path)
    assert complaints(document)


@pytest.mark.parametrize(
    "words",
    [
        {"tabel": "t"},
        {"table": 7},
        {"url": None},
        {"properties": {}},
        {"properties": {"p": 7}},
        {"key": []},
        {"key": {"column": "id", "generate": "uuid5"}},
        {"key": {"column": "id", "generate": {"sequence": "s", "function": "f"}}},
        {"key": {"generate": "uuid4"}},
        {"where": {"a": {"not": 1, "is": 2}}},
        {"where": {"a": {}}},
        {"joins": {"j": {"table": "t"}}},
        {"joins": {"j": {"table": "t", "on": {"a": "b"}, "name": "c"}}},
        {"joins": {"j": {"table": "t", "through": {"table": "u", "on": {}, "to": {"a": "b"}}}}},
        {"joins": {"a.b": {"table": "t", "on": {"a": "b"}}}},
        {"version": {"column": "v", "renew": "never"}},
        {"delete": {"visible": True}},
        {"on_create": {"a": {"now": True, "uuid4": True}}},
        {"on_create": {"a": {"copy": "p", "with": "-"}}},
        {"pool": {"size": 0}},
    ],
    ids=str,
)
def test_fault_of_a_mapping_is_found_by_both(words: dict[str, Any]) -> None:
    """What the reader of mappings refuses the schema refuses too."""
    with pytest.raises(ValidationError):
        SqlMapping.model_validate(SQL | words)
    assert complaints(with_mapping(words))


@pytest.mark.parametrize(
    "words",
    [
        {"typ": "text"},
        {"type": "string"},
        {"encoding": "base32"},
        {"encoding": {"scale": 2, "bit": 1}},
        {"encoding": {"separated": ""}},
        {"encoding": {"bit": 63}},
        {"values": {True: 1}, "type": "boolean"},
        {"values": {True: 1}, "null": 0},
        {"not_null": True, "type": "boolean"},
        {"not_null": True, "write": {True: "now"}},
        {"path": ["a"], "timezone": "Europe/Berlin"},
        {"many": True},
        {"where": {"a": 1}},
        {"join": "j", "name": True},
        {"join": "j", "many": True, "path": ["a"]},
        {"rest": True, "type": "text"},
        {"normalize": ["upper", "tidy"]},
    ],
    ids=str,
)
def test_fault_of_a_property_is_found_by_both(words: dict[str, Any]) -> None:
    """What cannot stand in a property stands in neither."""
    words = {"column": "c"} | words

    with pytest.raises(ValidationError):
        SqlMapping.model_validate(SQL | {"properties": {"p": words}})
    assert complaints(json_of(with_property(**words)))


def test_guide_says_how_editors_find_it(tmp_path: Path) -> None:
    """The command of the guide writes the file that the first line of its example names."""
    guide = (DOCS / "configuration.md").read_text("utf-8")
    (command,) = re.findall(r"^ownid-grpc (config .*) > (.*)$", guide, re.MULTILINE)
    (named,) = re.findall(r"^# yaml-language-server: \$schema=(.*)$", guide, re.MULTILINE)

    printed = CliRunner().invoke(app, shlex.split(command[0]))

    assert command[1] == named
    assert json.loads(printed.stdout) == SCHEMA
    document = next(block for block in blocks("configuration.md") if named in block)
    parse_config(document, {}, folder=tmp_path)
