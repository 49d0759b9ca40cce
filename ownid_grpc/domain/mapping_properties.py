"""The words of a mapping about one property.

They are three things kept apart: where it lives (column, join, path), how its
value is written there (type, values, encoding, null) and what else a write
does (normalize, write).
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, StrictInt, WithJsonSchema, model_validator

from ownid_grpc.domain.mapping_words import Conditions, Constant, Words
from ownid_grpc.domain.written_forms import CONSTANT, TEXT, VARIABLE, also, each_required


class Separated(Words):
    """A list in one text, its items between separators."""

    separated: Annotated[str, Field(min_length=1)]
    """What stands between two items."""


class Scaled(Words):
    """A decimal kept as a whole number: a scale of 2 keeps 19.99 as 1999."""

    scale: int = Field(ge=1, le=18)
    """How many digits of the whole number are behind the point."""


class Bit(Words):
    """One bit of an integer, counted from 0."""

    bit: int = Field(ge=0, le=62)
    """Which one."""


Encoding: TypeAlias = (
    Literal["epoch_seconds", "epoch_millis", "epoch_micros", "base64", "hex", "uuid", "json"]
    | Separated
    | Scaled
    | Bit
)

ValueType: TypeAlias = Literal[
    "text", "integer", "number", "boolean", "timestamp", "date", "uuid", "binary", "json"
]

Normalizer: TypeAlias = Literal["trim", "lower", "upper", "nfc"]


_TIME_ENCODINGS = ("epoch_seconds", "epoch_millis", "epoch_micros")

_ENCODED_TYPES: dict[str, tuple[ValueType, ...]] = {
    **dict.fromkeys(_TIME_ENCODINGS, ("timestamp",)),
    "base64": ("binary", "text"),
    "hex": ("binary", "text"),
    "uuid": ("uuid", "text"),
    "json": ("json",),
    "separated": (),
    "scale": ("number",),
    "bit": ("boolean",),
}

_APART = {
    "values": ("type", "encoding", "path", "null", "not_null", "timezone", "normalize"),
    "not_null": ("type", "path", "normalize"),
    "path": ("null", "timezone"),
    "many": ("path", "not_null"),
    "rest": ("values", "type", "encoding", "null", "not_null", "normalize", "many"),
}
"""Words of a property that say different things of one value."""


_OF_JOINS = ("name", "where", "many")
"""Words of a property that choose rows of a join."""

_ONE_OR_MORE = {"anyOf": [CONSTANT, {"type": "array", "items": CONSTANT}]}
_FLAG_CONSTANTS = {
    "type": "object",
    "required": ["true", "false"],
    # Editors do not find keys that are no text among `properties`.
    "maxProperties": 2,
    "additionalProperties": CONSTANT,
}
_WRITTEN = {"anyOf": [{"type": "boolean"}, VARIABLE, _FLAG_CONSTANTS]}

_UNSAID = (False, None, (), "UTC")
"""Values of a word that are the same as leaving it out."""


def _apart(word: str, others: Iterable[str]) -> dict[str, Any]:
    """Returns as JSON Schema: where `word` is said, none of the others is."""
    said = {"required": [word], "properties": {word: {"not": {"enum": _UNSAID}}}}
    return {"if": said, "then": {"properties": {other: {"enum": _UNSAID} for other in others}}}


def _value_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(value.items())
    return value


class Property(Words):
    """Where one property lives and how it is written there; plain text is its column."""

    model_config = ConfigDict(
        json_schema_extra=also(
            TEXT,
            anyOf=each_required(("column", "join")),
            dependentRequired={word: ["join"] for word in _OF_JOINS},
            allOf=[_apart(word, others) for word, others in _APART.items()],
        )
    )

    column: str | None = None
    """The column that holds it, of the account's table or of the `join`."""
    join: str | None = None
    """The join in which it lives."""
    name: str | StrictInt | None = None
    """The name of its row, in a join of names and values."""
    where: Conditions = {}
    """Which row of the join it is in, where several hang on an account."""
    many: bool = False
    """Whether it is an array of what all rows of the join hold."""
    rest: bool = False
    """Whether its document takes every property that is mapped nowhere else."""
    path: tuple[str | int, ...] = ()
    """The way into a JSON document: names, and indexes of arrays."""
    type: ValueType | None = None
    """What the column holds, where its own type does not say so."""
    values: Annotated[
        tuple[tuple[bool | int | str | None, Constant], ...],
        BeforeValidator(_value_keys, json_schema_input_type=dict[str, Constant]),
    ] = ()
    """Codes: each value that is shown, and what the column holds for it."""
    encoding: Encoding | None = None
    """How the value is written in the column."""
    null: Annotated[tuple[Constant, ...], WithJsonSchema(_ONE_OR_MORE)] = ()
    """Stored values that mean absence; the first is what absence is written as."""
    not_null: bool = False
    """Whether it is true where the column has a value, and false where it has none."""
    timezone: str = "UTC"
    """The zone of times that the database keeps without one, by its IANA name."""
    normalize: tuple[Normalizer, ...] = ()
    """What is done to a text before it is written and compared, in order."""
    write: Annotated[bool | dict[bool, Constant], WithJsonSchema(_WRITTEN)] = True
    """False where it is read only; beside `not_null`, what to write for true and for false."""

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"column": value}
        if not isinstance(value, dict):
            return value
        # YAML reads the word null, written as a key, as no value at all.
        words = {"null" if word is None else word: said for word, said in value.items()}
        if "null" in words and not isinstance(words["null"], list):
            words["null"] = (words["null"],)
        return words

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if self.column is None and self.join is None:
            raise ValueError("say where it lives: a column, or the join of a lookup")
        for word in _OF_JOINS:
            if word in self.model_fields_set and self.join is None:
                raise ValueError(f"'{word}' chooses rows of a join: say which 'join'")
        return self

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        for word, others in _APART.items():
            clash = next((other for other in others if self._says(other)), None)
            if self._says(word) and clash is not None:
                raise ValueError(f"'{word}' and '{clash}' contradict each other: leave one out")
        allowed = self._types_of_encoding()
        if allowed is not None and self.type not in {None, *allowed} and not self.path:
            raise ValueError(f"'{self._encoding_name()}' is not how a {self.type} is written")
        if self.many and isinstance(self.encoding, Separated | Bit):
            raise ValueError("'many' is one value a row: leave this encoding out")
        if self.path and self.encoding not in {None, "json"}:
            raise ValueError("'path' leads into a JSON document, which no other encoding makes")
        if self.not_null and self.encoding is not None and self.encoding not in _TIME_ENCODINGS:
            raise ValueError("'not_null' takes an encoding of times alone, for its 'now'")
        return self

    @model_validator(mode="after")
    def _writes_both_or_nothing(self) -> Self:
        if isinstance(self.write, dict) and not self.not_null:
            raise ValueError("'write' says values only beside 'not_null'; else it is true or false")
        if isinstance(self.write, dict) and set(self.write) != {True, False}:
            raise ValueError("'write' says what to write for true and for false")
        if self.not_null and self.write is True and "write" in self.model_fields_set:
            raise ValueError("'write' says what to write: {true: now, false: null}")
        return self

    @property
    def is_written(self) -> bool:
        """Whether the property can be written as far as its words say."""
        return isinstance(self.write, dict) if self.not_null else self.write is True

    def _says(self, word: str) -> bool:
        return getattr(self, word) not in _UNSAID

    def _encoding_name(self) -> str:
        if isinstance(self.encoding, Words):
            return next(iter(type(self.encoding).model_fields))
        return str(self.encoding)

    def _types_of_encoding(self) -> tuple[ValueType, ...] | None:
        return _ENCODED_TYPES.get(self._encoding_name())
