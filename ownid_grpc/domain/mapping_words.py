"""The words that all parts of a mapping share: constants, conditions, keys."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from ownid_grpc.domain.written_forms import CONSTANT, TEXT, also, each_required

Constant: TypeAlias = Annotated[
    bool | int | float | str | datetime | date | None, WithJsonSchema(CONSTANT)
]
"""What a column can be set to or compared with, as YAML writes it."""


class Words(BaseModel):
    """A group of words of the mapping; an unknown word is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, use_attribute_docstrings=True
    )


class RandomText(Words):
    """Random letters and digits."""

    length: int = Field(default=32, ge=8, le=255)
    """How many characters."""


class Generated(Words):
    """A key that something other than a column default makes: exactly one word."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": each_required(("sequence", "function", "random"))}
    )

    sequence: str | None = None
    """The sequence whose next value it is."""
    function: str | None = None
    """The function of the database that returns it."""
    random: RandomText | None = None

    @model_validator(mode="after")
    def _has_one_word(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("name exactly one of sequence, function, random")
        return self


def _key_forms(schema: dict[str, Any]) -> None:
    schema["properties"]["column"] = TEXT | {"description": "The column, where it is one."}
    del schema["required"]
    columns = {"type": "array", "items": TEXT, "minItems": 1}
    also(TEXT, columns, oneOf=each_required(("column", "columns")))(schema)


class Key(Words):
    """The columns that identify an account, and who makes their values."""

    model_config = ConfigDict(json_schema_extra=_key_forms)

    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    """The columns; of several, the caller chooses the values unless `generate` says otherwise."""
    generate: Literal["database", "uuid4", "uuid7", "caller"] | Generated = "database"
    """Who makes the values: the database by a default of its own, this service, or the caller."""

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"columns": (value,)}
        if isinstance(value, list):
            return {"columns": value, "generate": "caller"}
        if isinstance(value, dict) and "column" in value:
            others = {word: said for word, said in value.items() if word != "column"}
            return {"columns": (value["column"],)} | others
        return value


class Condition(Words):
    """What a column must be for a row to count: exactly one word.

    Written plain (`tenant_id: 7`), a value means `is`.
    """

    model_config = ConfigDict(
        json_schema_extra=also(
            CONSTANT, oneOf=each_required(("is", "not", "in", "greater", "less"))
        )
    )

    equals: Constant = Field(default=None, alias="is")
    """What it is; written into every new row."""
    differs: Constant = Field(default=None, alias="not")
    """What it is not."""
    one_of: tuple[Constant, ...] = Field(default=(), alias="in")
    """What it is one of; a new row gets the first, unless `on_create` says another."""
    greater: Constant = None
    """What it is greater than; `on_create` must see to it."""
    less: Constant = None
    """What it is less than; `on_create` must see to it."""

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"is": value}

    @model_validator(mode="after")
    def _has_one_word(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("name exactly one of is, not, in, greater, less")
        return self


Conditions: TypeAlias = dict[str, Condition]
