"""A mapping bound to the live tables it names: what reading and writing work on."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, TableClause, column, or_, table
from sqlalchemy.sql import quoted_name
from sqlalchemy.types import NullType

from ownid_grpc.domain.account import DISABLED, PROFILE, FieldPath
from ownid_grpc.domain.mapping import (
    Assignment,
    Condition,
    Conditions,
    Join,
    Property,
    SqlMapping,
)
from ownid_grpc.repositories.sql.codecs import Codec, Stored
from ownid_grpc.repositories.sql.constants import stored_constant
from ownid_grpc.repositories.sql.dialects import Dialect
from ownid_grpc.repositories.sql.dialects.base import raw
from ownid_grpc.repositories.sql.reflect import ColumnShape, TableShape


@dataclass(frozen=True, slots=True)
class Table:
    """One table in the part it plays: `clause` for writes, `source` (an alias) for reads."""

    name: str
    shape: TableShape
    clause: TableClause
    source: FromClause

    @classmethod
    def of(cls, name: str, shape: TableShape, alias: str) -> "Table":
        """Returns the table under an alias of its own."""
        columns = [column(quoted_name(each, quote=True), NullType()) for each in shape.columns]
        schema = quoted_name(shape.schema, quote=True) if shape.schema else None
        clause = table(quoted_name(shape.name, quote=True), *columns, schema=schema)
        return cls(name, shape, clause, clause.alias(alias))

    def read(self, name: str) -> ColumnElement[object]:
        """Returns a column as a select names it."""
        return self.source.c[name]

    def write(self, name: str) -> ColumnElement[object]:
        """Returns a column as an insert, update or delete names it."""
        return self.clause.c[name]


@dataclass(frozen=True, slots=True)
class BoundJoin:
    """A join and its table; `on` pairs its columns with those of the account's own table."""

    words: Join
    table: Table
    on: tuple[tuple[str, str], ...]

    @property
    def is_child(self) -> bool:
        """Whether its row hangs on the account's row, rather than the other way round."""
        return not self.words.parent and self.words.lookup is None


@dataclass(frozen=True, slots=True)
class BoundField:
    """One field of an account in its column."""

    path: FieldPath
    words: Property
    table: Table
    join: BoundJoin | None
    shape: ColumnShape
    codec: Codec
    is_writable: bool

    @property
    def column(self) -> ColumnElement[object]:
        """The column as a select names it."""
        return self.table.read(self.shape.name)

    @property
    def is_lookup(self) -> bool:
        """Whether the account holds a key of the row that this field is read from."""
        return self.join is not None and self.join.words.lookup is not None

    @property
    def is_given(self) -> bool:
        """Whether a write takes its value from the account."""
        return self.is_writable and (self.path[0] == PROFILE or self.path == DISABLED)

    @property
    def is_always_there(self) -> bool:
        """Whether an account always has a value, as an order of the database sees it."""
        return self.codec.is_total and self.join is None and not self.shape.is_nullable

    @property
    def name(self) -> str:
        """The field as messages name it: within the profile without `profile.`."""
        return ".".join(self.path[1:] if self.path[0] == PROFILE else self.path)


@dataclass(frozen=True, slots=True)
class BoundMapping:
    """A mapping in which every word has found what it names."""

    words: SqlMapping
    dialect: Dialect
    table: Table
    key: tuple[BoundField, ...]
    joins: Mapping[str, BoundJoin]
    fields: Mapping[FieldPath, BoundField]

    def scope(self, *, of_write: bool = False) -> list[ColumnElement[bool]]:
        """Returns the conditions that make a row an account that can be seen."""
        conditions = conditions_of(self.table, self.words.where, of_write=of_write)
        if not self.words.delete.visible:
            conditions += [
                self._unmarked(name, assignment, of_write=of_write)
                for name, assignment in self.words.delete.set.items()
                if is_mark(self.words, name)
            ]
        return conditions

    def _unmarked(self, name: str, words: Assignment, *, of_write: bool) -> ColumnElement[bool]:
        place = self.table.write(name) if of_write else self.table.read(name)
        if "constant" not in words.model_fields_set:
            return or_(place.is_(None), *(place == raw(each) for each in self._absences(name)))
        if words.constant is None:
            return place.is_not(None)
        mark = stored_constant(self.table.shape.columns[name], words.constant)
        return place.is_(None) | (place != raw(mark))

    def _absences(self, name: str) -> list[Stored]:
        """Returns what a column holds, beside NULL, before a delete marks it."""
        meant = [
            each
            for field in self.fields.values()
            if not field.table.name and field.shape.name == name
            for each in field.words.null
        ]
        created = self.words.on_create.get(name)
        if created is not None:
            meant.append(created.constant)
        shape = self.table.shape.columns[name]
        return list(
            dict.fromkeys(stored_constant(shape, each) for each in meant if each is not None)
        )

    def owner(self, name: str) -> tuple[Table, str]:
        """Returns the table and column that `column` or `join.column` names."""
        join, dot, rest = name.partition(".")
        if dot and join in self.joins:
            return self.joins[join].table, rest
        return self.table, name


def is_mark(words: SqlMapping, name: str) -> bool:
    """Whether a column set by a soft delete tells deleted rows from others.

    The first column set does, unless `where` says of it which rows count;
    those after it only go with it (who deleted, a cleared address).
    """
    return next(iter(words.delete.set), None) == name and name not in words.where


def conditions_of(
    owner: Table, words: Conditions, *, of_write: bool = False
) -> list[ColumnElement[bool]]:
    """Returns what `where` words demand of the columns of a table."""
    place = owner.write if of_write else owner.read
    columns = owner.shape.columns
    return [_condition(place(name), columns[name], said) for name, said in words.items()]


def _condition(
    place: ColumnElement[object], shape: ColumnShape, words: Condition
) -> ColumnElement[bool]:
    said = next(iter(words.model_fields_set))
    if said == "one_of":
        return place.in_([raw(stored_constant(shape, each)) for each in words.one_of])
    constant = getattr(words, said)
    value = raw(stored_constant(shape, constant))
    match said:
        case "equals":
            return place.is_(None) if constant is None else place == value
        case "differs":
            return place.is_not(None) if constant is None else place != value
        case "greater":
            return place > value
        case _:
            return place < value
