"""The words that describe where an account lives; reading them touches no database.

A property is three things kept apart: where it lives (column, join, path), how
its value is written there (type, values, encoding, null) and what else a write
does (normalize, write). docs/mapping.md has an example for each word.
"""

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, SecretStr, StrictInt, model_validator

from ownid_grpc.domain.mapping_joins import Join, JoinName
from ownid_grpc.domain.mapping_words import Conditions, Constant, Key, RandomText, Words


class Separated(Words):
    """A list in one text, its items between separators."""

    separated: Annotated[str, Field(min_length=1)]


class Scaled(Words):
    """A decimal kept as a whole number: a scale of 2 keeps 19.99 as 1999."""

    scale: int = Field(ge=1, le=18)


class Bit(Words):
    """One bit of an integer, counted from 0."""

    bit: int = Field(ge=0, le=62)


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


def _value_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(value.items())
    return value


class Property(Words):
    """Where one property lives and how it is written there; plain text is its column."""

    column: str | None = None
    join: str | None = None
    name: str | StrictInt | None = None
    where: Conditions = {}
    many: bool = False
    rest: bool = False
    path: tuple[str | int, ...] = ()
    type: ValueType | None = None
    values: Annotated[
        tuple[tuple[bool | int | str | None, Constant], ...], BeforeValidator(_value_keys)
    ] = ()
    encoding: Encoding | None = None
    null: tuple[Constant, ...] = ()
    not_null: bool = False
    timezone: str = "UTC"
    normalize: tuple[Normalizer, ...] = ()
    write: bool | dict[bool, Constant] = True

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
        for word in ("name", "where", "many"):
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
        said = getattr(self, word)
        return said is not False and said not in (None, (), "UTC")

    def _encoding_name(self) -> str:
        if isinstance(self.encoding, Words):
            return next(iter(type(self.encoding).model_fields))
        return str(self.encoding)

    def _types_of_encoding(self) -> tuple[ValueType, ...] | None:
        return _ENCODED_TYPES.get(self._encoding_name())


class Assignment(Words):
    """What a column is set to on a write: exactly one word.

    Written plain, `now` is the time in the unit of its column and anything
    else is itself; `constant` takes even the word now as text.
    """

    constant: Constant = None
    now: bool = False
    uuid4: bool = False
    uuid7: bool = False
    random: RandomText | None = None
    caller: bool = False
    copy_of: str | None = Field(default=None, alias="copy")
    lower: str | None = None
    upper: str | None = None
    join: tuple[str, ...] = ()
    separator: str = Field(default=" ", alias="with")

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        return {"now": True} if value == "now" else {"constant": value}

    @model_validator(mode="after")
    def _has_one_word(self) -> Self:
        if len(self.model_fields_set - {"separator"}) != 1:
            raise ValueError(
                "name exactly one of constant, now, uuid4, uuid7, random, caller, copy, "
                "lower, upper, join"
            )
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


class Version(Words):
    """A column that changes with every write; it is the etag."""

    column: str
    renew: Literal["increment", "uuid4", "now"] | None = None


class Delete(Words):
    """How an account is deleted; without any word, its row is.

    `tables` are emptied of its rows first, in order. `set` keeps the row and
    marks it; a marked row is hidden unless `visible`.
    """

    set: Assignments = {}
    visible: bool = False
    tables: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _hides_what_is_marked(self) -> Self:
        if self.visible and not self.set:
            raise ValueError("'visible' is about rows that 'set' marks; without it rows are gone")
        return self


class Pool(Words):
    """How many connections one server process may hold, and how long a call waits for one."""

    size: int = Field(default=16, ge=1, le=1000)
    wait_seconds: float = Field(default=5, gt=0, le=300)
    connect_seconds: float = Field(default=5, gt=0, le=300)
    statement_seconds: float = Field(default=30, gt=0, le=3600)


def _version_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class SqlMapping(Words):
    """One app's `repository` of type sql."""

    type: Literal["sql"] = "sql"
    url: SecretStr
    table: str
    key: Key
    where: Conditions = {}
    joins: dict[JoinName, Join] = {}
    properties: Annotated[dict[str, Property], Field(min_length=1)]
    disabled: Property | None = None
    create_time: Property | None = None
    update_time: Property | None = None
    version: Annotated[Version, BeforeValidator(_version_column)] | None = None
    delete: Delete = Delete()
    on_create: Assignments = {}
    on_write: Assignments = {}
    unique: tuple[tuple[str, ...], ...] = ()
    pool: Pool = Pool()

    @model_validator(mode="after")
    def _has_one_rest(self) -> Self:
        own = (self.disabled, self.create_time, self.update_time)
        if any(each is not None and (each.rest or each.many) for each in own):
            raise ValueError("'rest' and 'many' are for properties of the profile alone")
        if sum(each.rest for each in self.properties.values()) > 1:
            raise ValueError("only one property can take the 'rest'")
        return self
