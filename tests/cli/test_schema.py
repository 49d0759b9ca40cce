"""`ownid-grpc schema`, a command at a time, against a real service."""

import json
from pathlib import Path

from tests.cli.running import Commands


def test_inferred_schema_can_be_edited_and_set(commands: Commands, tmp_path: Path) -> None:
    """What infer prints is set as it is from a file, and then what get prints."""
    inferred = commands.printed("schema", "infer")
    file = tmp_path / "schema.json"
    edited = json.loads(inferred)
    edited["properties"]["given_name"]["maxLength"] = 7
    file.write_text(json.dumps(edited), encoding="utf-8")

    revision = commands.json("schema", "set", str(file))

    assert revision["revisionId"]
    assert commands.json("schema", "get") == edited


def test_schema_is_taken_from_stdin(commands: Commands) -> None:
    """What infer prints is set as it is from stdin."""
    inferred = commands.printed("schema", "infer")

    commands.printed("schema", "set", "-", text=inferred)

    assert commands.printed("schema", "get") == inferred


def test_rehearsed_schema_is_not_set(commands: Commands) -> None:
    """With --validate-only a good schema is said to be good, and not set."""
    before = commands.printed("schema", "get")

    result = commands.run(
        "schema", "set", "-", "--validate-only", text=commands.printed("schema", "infer")
    )

    assert (result.exit_code, result.stdout) == (0, "")
    assert "was not set" in result.stderr
    assert commands.printed("schema", "get") == before


def test_faulty_schema_is_refused_fault_by_fault(commands: Commands) -> None:
    """Every fault of a schema stands on a line of its own."""
    schema = {"type": "object", "properties": {"nope": {"type": "string"}, "email": {"type": 3}}}

    result = commands.run("schema", "set", "-", text=json.dumps(schema))

    assert result.exit_code == 1
    assert "ACCOUNT_SCHEMA_INVALID" in result.stderr
    assert "/properties/email/type" in result.stderr


def test_resource_that_get_printed_guards_itself(commands: Commands) -> None:
    """What get --full printed is set only while nobody else has set another."""
    full = commands.printed("schema", "get", "--full")
    commands.printed("schema", "set", "-", text=full)
    commands.printed("schema", "set", "-", text=commands.printed("schema", "infer"))

    result = commands.run("schema", "set", "-", text=full)

    assert result.exit_code == 1
    assert "ETAG_MISMATCH" in result.stderr


def test_etag_guards_a_schema(commands: Commands) -> None:
    """A schema is not set over one that came in between."""
    text = commands.printed("schema", "infer")

    result = commands.run("schema", "set", "-", "--etag", '"old"', text=text)

    assert result.exit_code == 1
    assert "current etag:" in result.stderr


def test_older_revision_comes_back(commands: Commands) -> None:
    """Revisions are listed newest first, shown by id and by name, and rolled back to."""
    first = commands.printed("schema", "get")
    commands.printed("schema", "set", "-", text=commands.printed("schema", "infer"))

    newest, oldest = commands.lines("schema", "revisions")
    assert commands.printed("schema", "get", oldest["revisionId"]) == first
    assert commands.printed("schema", "get", oldest["name"]) == first
    assert newest["revisionId"] != oldest["revisionId"]

    made = commands.json("schema", "rollback", oldest["name"])

    assert commands.printed("schema", "get") == first
    assert made["revisionId"] not in {newest["revisionId"], oldest["revisionId"]}


def test_whole_number_that_a_double_bends_is_refused(commands: Commands) -> None:
    """A limit that the service would get as another number is not sent."""
    text = '{"type": "object", "maxProperties": 9007199254740993}'

    result = commands.run("schema", "set", "-", text=text)

    assert result.exit_code == 2
    assert "2^53" in result.stderr
