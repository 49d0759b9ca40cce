"""A mapping bound to the live tables it names: what reading and writing work on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, TableClause, bindparam, column, table
from sqlalchemy.sql import quoted_name
from sqlalchemy.types import NullType

from ownid_grpc.domain.account import PROFILE, FieldPath
from ownid_grpc.domain.mapping import Condition, Conditions, Join, Property, SqlMapping
from ownid_grpc.repositories.sql.codecs import Codec
from ownid_grpc.repositories.sql.dialects import Dialect
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
    def is_always_there(self) -> bool:
        """Whether the column of an account's row is never NULL as stored."""
        return self.join is None and not self.shape.is_nullable

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
                _unmarked(self.table, name, assignment.constant, of_write=of_write)
                for name, assignment in self.words.delete.set.items()
                if is_mark(self.words, name)
            ]
        return conditions

    def owner(self, name: str) -> tuple[Table, str]:
        """Returns the table and column that `column` or `join.column` names."""
        join, dot, rest = name.partition(".")
        if dot and join in self.joins:
            return self.joins[join].table, rest
        return self.table, name


def is_mark(words: SqlMapping, name: str) -> bool:
    """Whether a column set by a soft delete tells deleted rows from others.

    The first column set does; those after it only go with it (who deleted, a
    cleared address).
    """
    return next(iter(words.delete.set), None) == name


def conditions_of(
    owner: Table, words: Conditions, *, of_write: bool = False
) -> list[ColumnElement[bool]]:
    """Returns what `where` words demand of the columns of a table."""
    place = owner.write if of_write else owner.read
    return [_condition(place(name), condition) for name, condition in words.items()]


def raw(value: object) -> ColumnElement[object]:
    """Returns a parameter that goes to the driver as it is."""
    return bindparam(None, value, type_=NullType(), unique=True)


def _condition(place: ColumnElement[object], words: Condition) -> ColumnElement[bool]:
    said = next(iter(words.model_fields_set))
    if said == "equals":
        return place.is_(None) if words.equals is None else place == raw(words.equals)
    if said == "differs":
        return place.is_not(None) if words.differs is None else place != raw(words.differs)
    if said == "one_of":
        return place.in_([raw(each) for each in words.one_of])
    return place > raw(words.greater) if said == "greater" else place < raw(words.less)


def _unmarked(owner: Table, name: str, mark: object, *, of_write: bool) -> ColumnElement[bool]:
    place = owner.write(name) if of_write else owner.read(name)
    if mark is None:
        return place.is_(None)
    return place.is_(None) | (place != raw(mark))


def fields_by_table(fields: Iterable[BoundField]) -> dict[str, list[BoundField]]:
    """Returns fields grouped by the name of the table they live in, the account's own being ''."""
    groups: dict[str, list[BoundField]] = {}
    for field in fields:
        groups.setdefault(field.table.name, []).append(field)
    return groups
