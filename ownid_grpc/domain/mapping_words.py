"""The words that all parts of a mapping share: constants, conditions, keys."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

Constant: TypeAlias = bool | int | float | str | datetime | date | None
"""What a column can be set to or compared with, as YAML writes it."""


class Words(BaseModel):
    """A group of words of the mapping; an unknown word is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class RandomText(Words):
    """Random letters and digits."""

    length: int = Field(default=32, ge=8, le=255)


class Generated(Words):
    """A key that something other than a column default makes: exactly one word."""

    sequence: str | None = None
    function: str | None = None
    random: RandomText | None = None

    @model_validator(mode="after")
    def _has_one_word(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("name exactly one of sequence, function, random")
        return self


class Key(Words):
    """The columns that identify an account, and who makes their values."""

    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    generate: Literal["database", "uuid4", "uuid7", "caller"] | Generated = "database"

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

    equals: Constant = Field(default=None, alias="is")
    differs: Constant = Field(default=None, alias="not")
    one_of: tuple[Constant, ...] = Field(default=(), alias="in")
    greater: Constant = None
    less: Constant = None

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
