"""Holds the words of the mapping to saying one thing: unknown and contradictory ones are errors."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from ownid_grpc.config.document import read_document
from ownid_grpc.domain.mapping import SqlMapping
from tests.support.yaml_examples import mapping_examples

PLAIN = {"type": "sql", "url": "sqlite://", "table": "t", "key": "id"}


def mapping(**words: object) -> SqlMapping:
    """Reads a mapping of one property beside these words."""
    return SqlMapping.model_validate({**PLAIN, "properties": {"p": "c"}, **words})


def of_property(**words: object) -> SqlMapping:
    """Reads a mapping whose only property has these words."""
    return mapping(properties={"p": {"column": "c", **words}})


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"typ": "text"}, "typ"),
        ({"type": "string"}, "type"),
        ({"encoding": "base32"}, "encoding"),
        ({"encoding": {"scale": 2, "bit": 1}}, "encoding"),
        ({"encoding": {"separated": ""}}, "separated"),
        ({"encoding": {"scale": 0}}, "scale"),
        ({"encoding": {"bit": 63}}, "bit"),
        ({"values": {True: 1}, "type": "boolean"}, "'values' and 'type'"),
        ({"values": {True: 1}, "encoding": "hex"}, "'values' and 'encoding'"),
        ({"values": {True: 1}, "path": ["a"]}, "'values' and 'path'"),
        ({"values": {True: 1}, "null": 0}, "'values' and 'null'"),
        ({"values": {True: 1}, "not_null": True}, "'values' and 'not_null'"),
        ({"not_null": True, "type": "boolean"}, "'not_null' and 'type'"),
        ({"not_null": True, "path": ["a"]}, "'not_null' and 'path'"),
        ({"not_null": True, "encoding": "hex"}, "'not_null'"),
        ({"not_null": True, "write": True}, "'write'"),
        ({"not_null": True, "write": {True: "now"}}, "'write'"),
        ({"write": {True: "now", False: None}}, "'write'"),
        ({"path": ["a"], "encoding": "hex"}, "'path'"),
        ({"path": ["a"], "null": 0}, "'path' and 'null'"),
        ({"path": ["a"], "timezone": "Europe/Berlin"}, "'path' and 'timezone'"),
        ({"encoding": "epoch_millis", "type": "integer"}, "'epoch_millis'"),
        ({"encoding": "base64", "type": "number"}, "'base64'"),
        ({"encoding": {"scale": 2}, "type": "integer"}, "'scale'"),
        ({"encoding": {"bit": 2}, "type": "integer"}, "'bit'"),
        ({"encoding": {"separated": ","}, "type": "text"}, "'separated'"),
        ({"many": True}, "'many'"),
        ({"where": {"a": 1}}, "'where'"),
        ({"name": "a"}, "'name'"),
        ({"join": "j", "name": True}, "name"),
        ({"join": "j", "many": True, "path": ["a"]}, "'many' and 'path'"),
        ({"join": "j", "many": True, "encoding": {"separated": ","}}, "'many'"),
        ({"rest": True, "type": "text"}, "'rest' and 'type'"),
        ({"rest": True, "join": "j", "many": True}, "'rest' and 'many'"),
    ],
    ids=str,
)
def test_word_of_a_property_that_cannot_stand_is_named(words: dict[str, Any], named: str) -> None:
    """An unknown word, value or pair of words of a property is an error that names it."""
    with pytest.raises(ValidationError) as caught:
        of_property(**words)

    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"tabel": "t"}, "tabel"),
        ({"key": {"column": "id", "generate": "uuid5"}}, "generate"),
        ({"key": {"column": "id", "generate": {"sequence": "s", "function": "f"}}}, "sequence"),
        ({"where": {"a": {"not": 1, "is": 2}}}, "exactly one"),
        ({"joins": {"j": {"table": "t", "on": {}}}}, "on"),
        (
            {"joins": {"j": {"table": "t", "on": {"a": "b"}, "parent": True, "lookup": "c"}}},
            "a parent or a lookup",
        ),
        ({"joins": {"j": {"table": "t", "on": {"a": "b"}, "name": "c"}}}, "'name' and 'value'"),
        (
            {
                "joins": {
                    "j": {"table": "t", "on": {"a": "b"}, "name": "c", "value": "d", "parent": True}
                }
            },
            "a child",
        ),
        ({"joins": {"j": {"table": "t"}}}, "'through'"),
        (
            {"joins": {"j": {"table": "t", "through": {"table": "u", "on": {}, "to": {"a": "b"}}}}},
            "on",
        ),
        ({"joins": {"a.b": {"table": "t", "on": {"a": "b"}}}}, "joins"),
        ({"properties": {n: {"column": n, "rest": True} for n in "ab"}}, "only one"),
        ({"disabled": {"column": "c", "rest": True}}, "profile alone"),
        ({"delete": {"visible": True}}, "'visible'"),
        ({"on_create": {"a": {"now": True, "uuid4": True}}}, "exactly one"),
        ({"on_create": {"a": {"copy": "p", "with": "-"}}}, "'with'"),
    ],
    ids=str,
)
def test_word_of_a_mapping_that_cannot_stand_is_named(words: dict[str, Any], named: str) -> None:
    """An unknown or contradictory word anywhere else is an error that names it."""
    with pytest.raises(ValidationError) as caught:
        mapping(**words)

    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("words", "is_written"),
    [
        ({}, True),
        ({"write": False}, False),
        ({"not_null": True}, False),
        ({"not_null": True, "write": False}, False),
        ({"not_null": True, "write": {True: "now", False: None}}, True),
        ({"values": {True: 1, False: None}}, True),
    ],
    ids=str,
)
def test_words_say_whether_a_property_is_written(words: dict[str, Any], is_written: bool) -> None:  # noqa: FBT001 - a case
    """A property is written unless it says otherwise, or has nothing to write."""
    assert of_property(**words).properties["p"].is_written is is_written


def examples() -> Iterator[tuple[str, dict[str, object]]]:
    """Yields the name and the words of what the guide shows."""
    for name, text, is_property in mapping_examples():
        words = read_document(text, {"SHOP_DATABASE_URL": "sqlite://"}).values
        assert isinstance(words, dict)
        yield name, {"properties": words} if is_property else words


EXAMPLES = list(examples())


@pytest.mark.parametrize(
    "words", [words for _, words in EXAMPLES], ids=[name for name, _ in EXAMPLES]
)
def test_example_of_the_guide_is_read(words: dict[str, object]) -> None:
    """Every example of docs/mapping.md is made of words that stand."""
    read = mapping(**words)

    assert set(words) <= read.model_fields_set
