"""Holds a mapping against the live tables, finding every fault at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from sqlalchemy import Connection, func, select

from ownid_grpc.domain.account import CREATE_TIME, DISABLED, PROFILE, UPDATE_TIME, FieldPath
from ownid_grpc.domain.mapping import Join, Key, Property, SqlMapping
from ownid_grpc.domain.source import Kind, MappingFault
from ownid_grpc.repositories.sql.bound import (
    BoundField,
    BoundJoin,
    BoundMapping,
    Table,
    conditions_of,
)
from ownid_grpc.repositories.sql.codecs import CodecFault, build_codec
from ownid_grpc.repositories.sql.dialects import Dialect
from ownid_grpc.repositories.sql.fill import unfilled_columns
from ownid_grpc.repositories.sql.names import split_table_name
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage, TableShape, reflect_table


class MappingFaults(Exception):
    """A mapping that does not fit its database, with everything that is wrong with it."""

    def __init__(self, faults: Iterable[MappingFault]) -> None:
        super().__init__()
        self.faults = tuple(faults)


def bind(words: SqlMapping, connection: Connection, dialect: Dialect) -> BoundMapping:
    """Returns the mapping bound to the tables behind `connection`; raises `MappingFaults`."""
    binder = _Binder(words, connection, dialect)
    mapping = binder.bind()
    if binder.faults or mapping is None:
        raise MappingFaults(binder.faults)
    faults = [*unfilled_columns(mapping), *_names_in_rules(mapping)]
    if faults:
        raise MappingFaults(faults)
    return mapping


@dataclass
class _Binder:
    words: SqlMapping
    connection: Connection
    dialect: Dialect
    faults: list[MappingFault] = field(default_factory=list)

    def bind(self) -> BoundMapping | None:
        table = self._table(("table",), self.words.table, "")
        if table is None:
            return None
        self._columns(("where",), table, self.words.where)
        joins = self._joins(table)
        fields = self._fields(table, joins)
        return BoundMapping(self.words, self.dialect, table, self._key(table), joins, fields)

    def fault(self, location: tuple[str, ...], message: str) -> None:
        self.faults.append(MappingFault(location, message))

    def _table(self, location: tuple[str, ...], text: str, name: str) -> Table | None:
        schema, table_name = split_table_name(text)
        shape = reflect_table(self.connection, schema, table_name)
        if shape is None:
            self.fault(location, f"There is no table '{text}' that this user may read.")
            return None
        alias = f"j_{name}" if name else "account"
        return Table.of(name, shape, alias)

    def _columns(self, location: tuple[str, ...], table: Table, names: Iterable[str]) -> None:
        for name in names:
            self._column((*location, name), table, name)

    def _column(self, location: tuple[str, ...], table: Table, name: str) -> ColumnShape | None:
        shape = table.shape.columns.get(name)
        if shape is None:
            self.fault(location, _no_column(table.shape, name))
        return shape

    def _key(self, table: Table) -> tuple[BoundField, ...]:
        key = self.words.key
        parts = [self._key_part(table, name) for name in key.columns]
        if any(part is None for part in parts):
            return ()
        if not _is_unique(table.shape, key.columns, self.words.where):
            self.fault(
                ("key",),
                f"No unique index of '{table.shape.name}' is on just these columns: "
                "name the columns of its primary key.",
            )
        self._check_generation(table, key)
        return tuple(part for part in parts if part is not None)

    def _key_part(self, table: Table, name: str) -> BoundField | None:
        shape = self._column(("key", name), table, name)
        if shape is None:
            return None
        # A key of 16 bytes is shown as the UUID that it is.
        is_binary_uuid = shape.storage is Storage.BYTES and shape.max_length == 16  # noqa: PLR2004
        words = Property(column=name, encoding="uuid" if is_binary_uuid else None)
        if shape.storage is Storage.BOOLEAN:
            words = Property(column=name, type="integer")
        return self._field(("key", name), ("key", name), words, table, None)

    def _check_generation(self, table: Table, key: Key) -> None:
        if key.generate != "database" or len(key.columns) != 1:
            return
        shape = table.shape.columns[key.columns[0]]
        if not shape.is_filled:
            self.fault(
                ("key",),
                f"The database makes no value for '{shape.name}': say who does with "
                "'generate' (uuid4, uuid7, sequence, function, random or caller).",
            )

    def _joins(self, table: Table) -> dict[str, BoundJoin]:
        joins = {}
        for name, words in self.words.joins.items():
            bound = self._join(name, words, table)
            if bound is not None:
                joins[name] = bound
        return joins

    def _join(self, name: str, words: Join, table: Table) -> BoundJoin | None:
        location = ("joins", name)
        joined = self._table((*location, "table"), words.table, name)
        if joined is None:
            return None
        count = len(self.faults)
        self._columns((*location, "on"), joined, words.on.keys())
        self._columns((*location, "on"), table, words.on.values())
        self._columns((*location, "where"), joined, words.where)
        if words.lookup is not None:
            self._column((*location, "lookup"), joined, words.lookup)
        if len(self.faults) > count:
            return None
        bound = BoundJoin(words, joined, tuple(words.on.items()))
        self._check_single(location, bound)
        return bound

    def _check_single(self, location: tuple[str, ...], join: BoundJoin) -> None:
        for columns in _single_columns(join):
            if _is_unique(join.table.shape, columns, join.words.where):
                continue
            if self._has_duplicates(join, columns):
                self.fault(
                    (*location, "on"),
                    f"Several rows of '{join.table.shape.name}' share one value of "
                    f"{', '.join(columns)}: an account can have only one; narrow it by 'where'.",
                )

    def _has_duplicates(self, join: BoundJoin, columns: tuple[str, ...]) -> bool:
        shared = [join.table.read(name) for name in columns]
        conditions = [place.is_not(None) for place in shared]
        query = (
            select(func.count())
            .select_from(join.table.source)
            .where(*conditions, *conditions_of(join.table, join.words.where))
            .group_by(*shared)
            .having(func.count() > 1)
            .limit(1)
        )
        return self.connection.execute(query).first() is not None

    def _fields(self, table: Table, joins: Mapping[str, BoundJoin]) -> dict[FieldPath, BoundField]:
        fields: dict[FieldPath, BoundField] = {}
        places: list[tuple[FieldPath, tuple[str, ...], Property]] = [
            ((PROFILE, *name.split(".")), ("properties", name), words)
            for name, words in self.words.properties.items()
        ]
        places += [
            (path, (path[0],), words)
            for path, words in (
                (DISABLED, self.words.disabled),
                (CREATE_TIME, self.words.create_time),
                (UPDATE_TIME, self.words.update_time),
            )
            if words is not None
        ]
        for path, location, words in places:
            bound = self._place(path, location, words, table, joins)
            if bound is not None:
                fields[path] = bound
        self._check_kinds(fields)
        self._check_apart(fields)
        return fields

    def _place(
        self,
        path: FieldPath,
        location: tuple[str, ...],
        words: Property,
        table: Table,
        joins: Mapping[str, BoundJoin],
    ) -> BoundField | None:
        if words.join is None:
            return self._field(path, location, words, table, None)
        join = joins.get(words.join)
        if join is None:
            if words.join not in self.words.joins:
                self.fault((*location, "join"), f"There is no join '{words.join}'.")
            return None
        column = words.column or join.words.lookup
        if column is None:
            self.fault(location, "Name the column of the joined table.")
            return None
        named = words.model_copy(update={"column": column})
        return self._field(path, location, named, join.table, join)

    def _field(
        self,
        path: FieldPath,
        location: tuple[str, ...],
        words: Property,
        table: Table,
        join: BoundJoin | None,
    ) -> BoundField | None:
        name = words.column or ""
        shape = self._column((*location, "column"), table, name)
        if shape is None:
            return None
        try:
            codec = build_codec(words, shape, self.dialect)
        except CodecFault as fault:
            self.fault((*location, fault.word), fault.message)
            return None
        is_writable = words.write is not False and not shape.is_generated
        return BoundField(path, words, table, join, shape, codec, is_writable)

    def _check_kinds(self, fields: Mapping[FieldPath, BoundField]) -> None:
        for path, kind in (
            (DISABLED, Kind.BOOLEAN),
            (CREATE_TIME, Kind.TIMESTAMP),
            (UPDATE_TIME, Kind.TIMESTAMP),
        ):
            bound = fields.get(path)
            if bound is not None and bound.codec.kind is not kind:
                self.fault(
                    path,
                    f"This must be a {kind.value}, but '{bound.shape.name}' holds a "
                    f"{bound.codec.kind.value}: say how to read it by type, values or encoding.",
                )

    def _check_apart(self, fields: Mapping[FieldPath, BoundField]) -> None:
        writers: dict[tuple[str, str], BoundField] = {}
        for path, bound in fields.items():
            for length in range(2, len(path)):
                if path[:length] in fields:
                    name = ".".join(path[1:])
                    self.fault(
                        ("properties", name),
                        f"'{name}' lies within the property '{'.'.join(path[1:length])}', "
                        "which is mapped as a whole; map one or the other.",
                    )
            if not bound.is_writable or bound.codec.is_merging:
                continue
            other = writers.setdefault((bound.table.name, bound.shape.name), bound)
            if other is not bound and path[0] == PROFILE:
                self.fault(
                    ("properties", bound.name),
                    f"'{bound.name}' and '{other.name}' would both write the column "
                    f"'{bound.shape.name}'; give one of them 'write: false'.",
                )


def _single_columns(join: BoundJoin) -> list[tuple[str, ...]]:
    """Returns the sets of columns of which a joined table must have no two alike rows."""
    columns: list[tuple[str, ...]] = [tuple(join.words.on)]
    return columns if join.words.lookup is None else [*columns, (join.words.lookup,)]


def _no_column(shape: TableShape, name: str) -> str:
    near = get_close_matches(name, shape.columns, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else "."
    return f"The table '{shape.name}' has no column '{name}'{hint}"


def _is_unique(shape: TableShape, columns: Iterable[str], where: Iterable[str]) -> bool:
    """Whether a unique index lies on no more than `columns` and what `where` fixes."""
    fixed = {*columns, *where}
    return any(
        None not in index.columns and not index.is_partial and fixed.issuperset(index.columns)
        for index in shape.unique
    )


def _names_in_rules(mapping: BoundMapping) -> Iterable[MappingFault]:
    """Yields a fault for each rule that names a column, join or property that is not there."""
    words = mapping.words
    for rule, assignments in (
        ("on_create", words.on_create),
        ("on_write", words.on_write),
        ("delete", words.delete.set),
    ):
        for name, assignment in assignments.items():
            table, column = mapping.owner(name)
            if column not in table.shape.columns:
                yield MappingFault((rule, name), _no_column(table.shape, column))
            for source in assignment.sources:
                if (PROFILE, *source.split(".")) not in mapping.fields:
                    yield MappingFault((rule, name), f"There is no property '{source}' to take.")
    if words.version is not None and words.version.column not in mapping.table.shape.columns:
        yield MappingFault(("version",), _no_column(mapping.table.shape, words.version.column))
    for names in words.unique:
        for name in names:
            if (PROFILE, *name.split(".")) not in mapping.fields:
                yield MappingFault(("unique",), f"There is no property '{name}'.")
