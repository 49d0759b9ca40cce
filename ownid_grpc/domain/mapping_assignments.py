"""The words of a mapping about columns that a write sets by itself."""

from typing import Any, Self, TypeAlias

from pydantic import ConfigDict, Field, model_validator

from ownid_grpc.domain.mapping_words import Constant, RandomText, Words
from ownid_grpc.domain.written_forms import CONSTANT, also, each_required

_ASSIGNMENTS = (
    "constant",
    "now",
    "uuid4",
    "uuid7",
    "random",
    "caller",
    "copy",
    "lower",
    "upper",
    "join",
)


class Assignment(Words):
    """What a column is set to on a write: exactly one word.

    Written plain, `now` is the time in the unit of its column and anything
    else is itself; `constant` takes even the word now as text.
    """

    model_config = ConfigDict(
        json_schema_extra=also(
            CONSTANT, oneOf=each_required(_ASSIGNMENTS), dependentRequired={"with": ["join"]}
        )
    )

    constant: Constant = None
    now: bool = False
    """The time, in the unit of its column."""
    uuid4: bool = False
    """A new random UUID."""
    uuid7: bool = False
    """A new UUID that begins with the time."""
    random: RandomText | None = None
    caller: bool = False
    """Who makes the call."""
    copy_of: str | None = Field(default=None, alias="copy")
    """A property, as it is."""
    lower: str | None = None
    """A property in lower case."""
    upper: str | None = None
    """A property in upper case."""
    join: tuple[str, ...] = ()
    """Properties, one after the other."""
    separator: str = Field(default=" ", alias="with")
    """What stands between two texts of `join`."""

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        return {"now": True} if value == "now" else {"constant": value}

    @model_validator(mode="after")
    def _has_one_word(self) -> Self:
        if len(self.model_fields_set - {"separator"}) != 1:
            raise ValueError(f"name exactly one of {', '.join(_ASSIGNMENTS)}")
        if "separator" in self.model_fields_set and not self.join:
            raise ValueError("'with' goes between the texts of 'join' alone")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """The properties that the value is made of."""
        single = self.copy_of or self.lower or self.upper
        return (single,) if single else self.join


Assignments: TypeAlias = dict[str, Assignment]
"""Columns to set, as `column` or `join.column`."""
