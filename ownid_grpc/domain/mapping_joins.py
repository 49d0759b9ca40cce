"""The words of a mapping about tables beside the account's own."""

from typing import Annotated, Self, TypeAlias

from pydantic import ConfigDict, Field, model_validator

from ownid_grpc.domain.mapping_words import Conditions, Key, Words
from ownid_grpc.domain.written_forms import each_required


class Registry(Words):
    """A table of the names that a name-value table holds the ids of.

    `on` pairs its column with the one that holds the id; `lookup` is its
    column of names.
    """

    table: str
    """The table, as `schema.table` where it is not in the default schema."""
    on: Annotated[dict[str, str], Field(min_length=1, max_length=1)]
    lookup: str
    where: Conditions = {}
    """Which of its rows are names."""


class Through(Words):
    """A table between: `on` pairs its columns with the account's, `to` with the joined table's.

    Its rows are made and deleted; those of the joined table never are.
    """

    table: str
    """The table, as `schema.table` where it is not in the default schema."""
    on: Annotated[dict[str, str], Field(min_length=1)]
    to: Annotated[dict[str, str], Field(min_length=1)]
    where: Conditions = {}
    """Which of its rows count; constants go into rows made."""


class Join(Words):
    """Another table that holds a part of the account.

    `on` pairs its columns with columns of the account's own table. By itself a
    join is a child, at most one row; `parent` says that the account's row
    points at it; `lookup` that the account holds a key of it and shows the
    named column; `name` and `value` that each of its rows names what it holds;
    `through` that the rows which hang on the account are those of a table between.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": each_required(("on", "through")),
            "dependentRequired": {"name": ["value"], "value": ["name"]},
        }
    )

    table: str
    """The table, as `schema.table` where it is not in the default schema."""
    on: dict[str, str] = {}
    through: Through | None = None
    where: Conditions = {}
    """Which of its rows count; constants go into rows made."""
    parent: bool = False
    lookup: str | None = None
    key: Key | None = None
    """Who makes the key of a row where the database does not."""
    name: str | Registry | None = None
    value: str | None = None

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        if self.parent and self.lookup is not None:
            raise ValueError("a join is a parent or a lookup, not both")
        if self.lookup is not None and len(self.on) != 1:
            raise ValueError("a lookup joins on exactly one column")
        if (self.name is None) != (self.value is None):
            raise ValueError("'name' and 'value' go together: the columns of a name-value table")
        if self.name is not None and not self.is_child:
            raise ValueError("a name-value table is a child: leave 'parent' and 'lookup' out")
        return self

    @model_validator(mode="after")
    def _is_joined_once(self) -> Self:
        if bool(self.on) == (self.through is not None):
            raise ValueError("say how it is joined: by 'on', or by 'through'")
        if self.through is not None and (self.name is not None or not self.is_child):
            raise ValueError("'through' is a kind of its own: leave 'name', 'parent', 'lookup' out")
        return self

    @property
    def is_child(self) -> bool:
        """Whether its rows hang on the account's row, rather than the other way round."""
        return not self.parent and self.lookup is None

    @property
    def name_column(self) -> str | None:
        """The column of a name-value table that says what a row holds, or the id of that."""
        if isinstance(self.name, Registry):
            return next(iter(self.name.on.values()))
        return self.name


JoinName: TypeAlias = Annotated[str, Field(pattern="^[^.#]+$")]
"""Rules name `join.column`; what stands behind a # tells rows of one join apart."""
