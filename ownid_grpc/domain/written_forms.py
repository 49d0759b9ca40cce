"""What a model's JSON Schema has to say beside its fields: forms that its validators take."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

Hint: TypeAlias = Callable[[dict[str, Any]], None]
"""Changes the JSON Schema that pydantic makes of a model: its `json_schema_extra`."""

TEXT = {"type": "string"}
VARIABLE = {"type": "string", "pattern": r"\$\{"}
"""A value that the environment fills in: `${NAME}` or `${NAME:-default}`."""

CONSTANT = {"type": ["boolean", "number", "string", "null"]}


def also(*forms: dict[str, Any], **keywords: Any) -> Hint:  # noqa: ANN401 - any keyword of JSON Schema
    """Says that a model can be written shorter too; `keywords` hold for its whole form."""

    def add(schema: dict[str, Any]) -> None:
        whole = {name: said for name, said in schema.items() if name != "description"} | keywords
        for name in whole.keys() & schema.keys():
            del schema[name]
        schema["anyOf"] = [*forms, whole]

    return add


def only(form: dict[str, Any]) -> Hint:
    """Says that a model is never written by its fields."""

    def replace(schema: dict[str, Any]) -> None:
        description = schema["description"]
        schema.clear()
        schema.update(form, description=description)

    return replace


def each_required(words: Iterable[str]) -> list[Any]:
    """Returns what `oneOf` or `anyOf` says of words of which one must be there."""
    return [{"required": [word]} for word in words]
