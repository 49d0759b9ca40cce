"""Prints the JSON Schema of ownid.yaml, made from the models that read the file."""

import json
import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from ownid_grpc.config.models import Settings
from ownid_grpc.domain.mapping import SqlMapping
from ownid_grpc.domain.written_forms import VARIABLE

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TYPE = {
    "description": "The adapter: sql, or that of a package which is installed.",
    "anyOf": [{"const": "sql"}, {"type": "string"}],
}
_SENTENCE_END = re.compile(r"(?<=\.)\s+")


def main() -> None:
    """Prints the schema."""
    print(json.dumps(config_schema(), indent=2, ensure_ascii=False))  # noqa: T201 - what it is for


def config_schema() -> dict[str, Any]:
    """Returns the JSON Schema of ownid.yaml, that of mappings for databases within."""
    schema = Settings.model_json_schema(schema_generator=_Generator)
    mapping = SqlMapping.model_json_schema(schema_generator=_Generator)
    definitions = {**schema.pop("$defs"), **mapping.pop("$defs")}
    definitions |= {"SqlMapping": mapping}
    definitions["App"]["properties"]["repository"] = _repository(mapping)
    return {
        "$schema": DIALECT,
        "title": "ownid.yaml",
        **schema,
        "$defs": dict(sorted(definitions.items())),
    }


def _repository(mapping: dict[str, Any]) -> dict[str, Any]:
    """Returns what is said of a repository: all of one for databases, nothing of others."""
    del mapping["properties"]["type"]["default"]
    return {
        "description": "Where the app's accounts live.",
        "type": "object",
        "required": ["type"],
        "properties": {"type": _TYPE},
        "if": {"properties": {"type": {"const": "sql"}}},
        "then": {"$ref": "#/$defs/SqlMapping"},
    }


class _Generator(GenerateJsonSchema):
    """Pydantic's, with what an editor shows, and variables wherever a text is not free."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Returns the schema of a model, its fields described in the words of its docstring."""
        made = super().model_schema(schema)
        whole = next((form for form in made.get("anyOf", ()) if "properties" in form), made)
        for part in (made, whole):
            part.pop("title", None)
        for name, field in whole.get("properties", {}).items():
            said = " ".join(_sentences_on(name, schema["cls"]))
            if said and "description" not in field:
                field["description"] = said
        return made

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - as pydantic has it
        """Leaves out titles, which would say each word again with a capital."""
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Leaves out defaults that are groups of words, or say that a word is not said."""
        default = schema.get("default")
        if default in (None, (), {}) or isinstance(default, BaseModel):
            return self.generate_inner(schema["schema"])
        made = super().default_schema(schema)
        if isinstance(default, frozenset):
            made["default"] = sorted(made["default"])
        return made

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Returns the schema of a mapping; its keys are what the file says, and no others."""
        made = super().dict_schema(schema)
        for pattern, values in made.pop("patternProperties", {}).items():
            made |= {"propertyNames": {"pattern": pattern}, "additionalProperties": values}
        # Keys are not filled in from the environment, as values are.
        keys = self.generate_inner(schema["keys_schema"]) if "keys_schema" in schema else {}
        if "anyOf" in keys:
            made["propertyNames"] = keys["anyOf"][0]
        return made

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        """Returns the schema of a whole number, or a variable for it."""
        return _or_variable(super().int_schema(schema))

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        """Returns the schema of a number, or a variable for it."""
        return _or_variable(super().float_schema(schema))

    def bool_schema(self, schema: core_schema.BoolSchema) -> JsonSchemaValue:
        """Returns the schema of a flag, or a variable for it."""
        return _or_variable(super().bool_schema(schema))

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        """Returns the schema of a choice of words, or a variable for it."""
        return _or_variable(super().literal_schema(schema))

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        """Returns the schema of a text; where it has to look like something, or a variable."""
        made = super().str_schema(schema)
        return _or_variable(made) if len(made) > 1 else made


def _or_variable(schema: JsonSchemaValue) -> JsonSchemaValue:
    return {"anyOf": [schema, VARIABLE]}


def _sentences_on(word: str, model: type[BaseModel]) -> Iterator[str]:
    """Yields the sentences of a model's docstring that are about a word."""
    text = " ".join((model.__doc__ or "").split())
    for sentence in _SENTENCE_END.split(text):
        if f"`{word}`" in sentence:
            yield sentence


if __name__ == "__main__":
    main()
