"""A mapping bound to the live tables it names: what reading and writing work on."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    TableClause,
    and_,
    column,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy.sql import quoted_name
from sqlalchemy.types import NullType

from ownid_grpc.domain.account import DISABLED, PROFILE, FieldPath
from ownid_grpc.domain.mapping import SqlMapping
from ownid_grpc.domain.mapping_assignments import Assignment
from ownid_grpc.domain.mapping_joins import Join
from ownid_grpc.domain.mapping_properties import Property
from ownid_grpc.domain.mapping_words import Condition, Conditions
from ownid_grpc.repositories.sql.codecs import Codec, Stored
from ownid_grpc.repositories.sql.codecs.documents import DocumentCodec
from ownid_grpc.repositories.sql.codecs.rest import RestCodec
from ownid_grpc.repositories.sql.constants import stored_constant
from ownid_grpc.repositories.sql.dialects import Dialect
from ownid_grpc.repositories.sql.dialects.base import Rows, raw
from ownid_grpc.repositories.sql.reflect import ColumnShape, TableShape
from ownid_grpc.repositories.sql.shapes import CompiledShapes, Shapes

REST: FieldPath = (PROFILE,)
"""The path of the field that takes every property without a place of its own."""

ROW_MARK = "#"
"""Follows the name of a join in those of joins that are one row among its many."""

_LONGEST = 40
"""The bytes of a name that leave room for what is put before it."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table in the part it plays: `clause` for writes, `source` (an alias) for reads."""

    name: str
    shape: TableShape
    clause: TableClause
    source: FromClause

    @classmethod
    def of(cls, name: str, shape: TableShape) -> "Table":
        """Returns the table under an alias of its own; without a name it is the accounts'."""
        columns = [column(quoted_name(each, quote=True), NullType()) for each in shape.columns]
        schema = quoted_name(shape.schema, quote=True) if shape.schema else None
        clause = table(quoted_name(shape.name, quote=True), *columns, schema=schema)
        return cls(name, shape, clause, clause.alias(_alias(name)))

    @property
    def label(self) -> str:
        """The join as the mapping names it."""
        return self.name.partition(ROW_MARK)[0]

    def read(self, name: str) -> ColumnElement[object]:
        """Returns a column as a select names it."""
        return self.source.c[name]

    def write(self, name: str) -> ColumnElement[object]:
        """Returns a column as an insert, update or delete names it."""
        return self.clause.c[name]


def _alias(name: str) -> str:
    """Returns what statements call the table of a join.

    Of a long name PostgreSQL would keep 63 bytes, which others may have too.
    """
    if not name:
        return "account"
    written = name.encode()
    if len(written) > _LONGEST:
        return f"j_{hashlib.sha256(written).hexdigest()[:_LONGEST]}"
    return f"j_{name}"


@dataclass(frozen=True, slots=True)
class Target:
    """A table that rows between it and the account point at; `to` pairs theirs with its columns."""

    table: Table
    to: tuple[tuple[str, str], ...]
    where: Conditions


@dataclass(frozen=True, slots=True)
class BoundJoin:
    """A join and its table; `on` pairs its columns with those of the account's own table.

    `first_by` tells the first of its rows. `target` is what they point at.
    `scope` is what the mapping says of all rows of the join, be they properties or not.
    """

    words: Join
    table: Table
    on: tuple[tuple[str, str], ...]
    dialect: Dialect
    first_by: tuple[str, ...] = ()
    target: Target | None = None
    scope: Conditions = field(default_factory=dict)

    @property
    def is_child(self) -> bool:
        """Whether its row hangs on the account's row, rather than the other way round."""
        return self.words.is_child

    @property
    def is_narrowed(self) -> bool:
        """Whether its row is one among several, and is there only while it holds something."""
        return ROW_MARK in self.table.name

    def conditions(self, *, of_write: bool = False) -> list[ColumnElement[bool]]:
        """Returns what a row must be, beside being the account's.

        Of several such rows, as a select sees them, only the first is.
        """
        conditions = self._row_conditions(self.table, of_write=of_write)
        if self.first_by and not of_write:
            conditions.append(~self._earlier().exists())
        return conditions

    def _earlier(self) -> Rows:
        """Returns the rows that come before one in the order of `first_by`."""
        table = self.table
        other = replace(table, source=table.clause.alias(f"first_{_alias(table.name)}"))
        same = [other.read(theirs) == table.read(theirs) for theirs, _ in self.on]
        before: list[ColumnElement[bool]] = []
        ties: list[ColumnElement[bool]] = []
        for name in self.first_by:
            before.append(and_(*ties, other.read(name) < table.read(name)))
            ties.append(other.read(name) == table.read(name))
        found = select(literal_column("1", Integer)).select_from(other.source)
        rows = found.where(*same, *self._row_conditions(other), or_(*before))
        return rows.correlate(table.source)

    def _row_conditions(self, table: Table, *, of_write: bool = False) -> list[ColumnElement[bool]]:
        conditions = conditions_of(table, self.words.where, of_write=of_write)
        if not self.is_narrowed:
            return conditions
        # Another name, which a collation takes for this one, is another row.
        return conditions + [
            self.dialect.exact(table.write(name) if of_write else table.read(name))
            == raw(said.equals)
            for name, said in self.words.where.items()
            if table.shape.columns[name].folds and isinstance(said.equals, str)
        ]


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
    sub_select: ColumnElement[object] | None = None

    @property
    def is_list(self) -> bool:
        """Whether it is made of several rows, each of them an item."""
        return self.words.many

    @property
    def column(self) -> ColumnElement[object]:
        """The column as a select names it, or what looks it up where its table is not joined."""
        return self.table.read(self.shape.name) if self.sub_select is None else self.sub_select

    @property
    def is_lookup(self) -> bool:
        """Whether the account holds a key of the row that this field is read from."""
        return self.join is not None and self.join.words.lookup is not None

    @property
    def is_document(self) -> bool:
        """Whether it may hold further properties within."""
        return isinstance(self.codec, DocumentCodec | RestCodec)

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
        is_property = self.path[0] == PROFILE and self.path != REST
        return ".".join(self.path[1:] if is_property else self.path)


@dataclass(frozen=True, slots=True)
class BoundMapping:
    """A mapping in which every word has found what it names.

    `joins` have one row at most; the rows of `lists` are items of arrays.
    `shapes` run statements over its tables, which are told apart by names.
    """

    words: SqlMapping
    dialect: Dialect
    table: Table
    key: tuple[BoundField, ...]
    joins: Mapping[str, BoundJoin]
    lists: Mapping[str, BoundJoin]
    fields: Mapping[FieldPath, BoundField]
    shapes: Shapes = field(default_factory=CompiledShapes, compare=False, repr=False)

    @property
    def all_joins(self) -> tuple[BoundJoin, ...]:
        """The joins of one row, and those of lists."""
        return (*self.joins.values(), *self.lists.values())

    @property
    def children(self) -> list[BoundJoin]:
        """The joins whose rows hang on the account's row."""
        return [join for join in self.all_joins if join.is_child]

    @property
    def tables(self) -> list[Table]:
        """Every table, the account's own first, in each part that it plays."""
        return [self.table, *(join.table for join in self.all_joins)]

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

    @property
    def sorts_keys_alone(self) -> bool:
        """Whether to sort accounts is better done without what sub-selects read of them.

        MariaDB works those out for every row that it sorts, others for those of the page.
        """
        has_rows = bool(self.lists) or any(join.is_narrowed for join in self.joins.values())
        return has_rows and self.dialect.name == "mariadb"

    def field_at(self, path: FieldPath) -> BoundField | None:
        """Returns the field of a path, be it a part of what is kept as a whole; None for none."""
        if path in self.fields:
            return self.fields[path]
        around = (path[:length] for length in range(len(path) - 1, 0, -1))
        field = next((self.fields[each] for each in around if each in self.fields), None)
        if field is None or not isinstance(field.codec, DocumentCodec | RestCodec):
            return None
        return replace(field, path=path, codec=field.codec.within(path[len(field.path) :]))

    def owner(self, name: str) -> tuple[Table, str]:
        """Returns the table and column that `column` or `join.column` names."""
        join, dot, rest = name.partition(".")
        bound = self.join_of(join) if dot else None
        return (self.table, name) if bound is None else (bound.table, rest)

    def join_of(self, name: str) -> BoundJoin | None:
        """Returns the join of a table by its name, be it one of one row or one of a list."""
        return self.joins.get(name) or self.lists.get(name)


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
