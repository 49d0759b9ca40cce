"""Reads off a live database what a table's columns hold and which of them are unique."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from sqlalchemy import Connection, inspect, types
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.exc import NoSuchTableError

from ownid_grpc.repositories.sql import catalogue


class Storage(Enum):
    """What the driver gives for a column and takes for it."""

    TEXT = auto()
    INTEGER = auto()
    DECIMAL = auto()
    FLOAT = auto()
    BOOLEAN = auto()
    TIMESTAMP_TZ = auto()
    TIMESTAMP = auto()
    DATE = auto()
    TIME = auto()
    UUID = auto()
    BYTES = auto()
    JSON = auto()
    ARRAY = auto()
    ENUM = auto()
    BIT = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """One column. `folds` says that its own `=` overlooks case, accents or padding."""

    name: str
    storage: Storage
    type_name: str
    is_nullable: bool = True
    is_filled: bool = False
    is_generated: bool = False
    max_length: int | None = None
    digits: tuple[int, int] | None = None
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] | None = None
    folds: bool = False
    fraction_digits: int = 6
    item: Storage | None = None
    charset: str | None = None


@dataclass(frozen=True, slots=True)
class UniqueIndex:
    """A unique index; an expression stands as None among its columns."""

    name: str | None
    columns: tuple[str | None, ...]
    expressions: tuple[str, ...] = ()
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A reference to another table."""

    name: str | None
    columns: tuple[str, ...]
    table: tuple[str | None, str]
    referred: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableShape:
    """One table or view."""

    schema: str | None
    name: str
    columns: Mapping[str, ColumnShape]
    primary_key: tuple[str, ...] = ()
    unique: tuple[UniqueIndex, ...] = ()
    indexed_expressions: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = field(default=())


def reflect_table(connection: Connection, schema: str | None, name: str) -> TableShape | None:
    """Returns the table or view as it is now, None when there is none."""
    inspector = inspect(connection)
    try:
        columns = inspector.get_columns(name, schema)
    except NoSuchTableError:
        return None
    if not columns:
        return None
    key = tuple(inspector.get_pk_constraint(name, schema)["constrained_columns"] or ())
    traits = catalogue.traits_of(connection, schema, name)
    shapes = {
        each["name"]: _column(connection, each, key, traits.columns.get(each["name"], {}))
        for each in columns
    }
    # SQLite: of `email VARCHAR(80) UNIQUE`, SQLAlchemy sees no constraint, only the index it made.
    indexes = inspector.get_indexes(name, schema, include_auto_indexes=True)
    constraints = inspector.get_unique_constraints(name, schema)
    unique = [UniqueIndex(catalogue.primary_name(connection, name), key)] if key else []
    unique += [UniqueIndex(each["name"], tuple(each["column_names"])) for each in constraints]
    unique += [_unique_index(each) for each in indexes if each["unique"]]
    expressions = [text for each in indexes for text in each.get("expressions", ()) if text]
    foreign_keys = tuple(
        ForeignKey(
            each["name"],
            tuple(each["constrained_columns"]),
            (each["referred_schema"], each["referred_table"]),
            tuple(each["referred_columns"]),
        )
        for each in inspector.get_foreign_keys(name, schema)
    )
    return TableShape(
        schema, name, shapes, key, tuple(unique), (*expressions, *traits.expressions), foreign_keys
    )


def _unique_index(index: Any) -> UniqueIndex:
    options = index.get("dialect_options", {})
    is_partial = any(name.endswith("_where") and value for name, value in options.items())
    return UniqueIndex(
        index["name"],
        tuple(index["column_names"]),
        tuple(index.get("expressions", ())),
        is_partial,
    )


def _column(
    connection: Connection, column: Any, key: Sequence[str], traits: Mapping[str, Any]
) -> ColumnShape:
    dialect = connection.dialect.name
    kind = column["type"]
    storage = traits.get("storage") or _storage(kind)
    is_rowid = (
        dialect == "sqlite" and tuple(key) == (column["name"],) and (str(kind).upper() == "INTEGER")
    )
    identity = column.get("identity")
    is_generated = bool(column.get("computed")) or bool(identity and identity.get("always"))
    has_default = column.get("default") is not None or bool(identity) or is_rowid
    if dialect in ("mysql", "mariadb"):
        has_default = has_default or column.get("autoincrement") is True
    storage_kind = Storage[storage] if isinstance(storage, str) else storage
    return ColumnShape(
        name=column["name"],
        storage=storage_kind,
        type_name=str(traits.get("type_name") or kind).lower(),
        is_nullable=bool(column["nullable"]) and column["name"] not in key,
        is_filled=has_default or is_generated,
        is_generated=is_generated,
        max_length=_length(kind, traits),
        digits=_digits(kind),
        **_range(dialect, kind),
        choices=tuple(getattr(kind, "enums", ()) or ()) or None,
        folds=bool(traits.get("folds", False)),
        fraction_digits=_fraction_digits(kind),
        item=_storage(kind.item_type) if isinstance(kind, types.ARRAY) else None,
        charset=traits.get("charset"),
    )


def _length(kind: object, traits: Mapping[str, Any]) -> int | None:
    if isinstance(kind, types.Enum):
        return None
    length = traits.get("max_length") or getattr(kind, "length", None)
    return length if isinstance(length, int) else None


def _digits(kind: object) -> tuple[int, int] | None:
    if not isinstance(kind, types.Numeric) or isinstance(kind, types.Float):
        return None
    return (kind.precision, kind.scale or 0) if kind.precision is not None else None


_BITS: tuple[tuple[type, int], ...] = (
    (mysql.TINYINT, 8),
    (mysql.MEDIUMINT, 24),
    (types.BigInteger, 64),
    (types.SmallInteger, 16),
    (types.Integer, 32),
)


def _range(dialect: str, kind: object) -> dict[str, int]:
    if not isinstance(kind, types.Integer):
        return {}
    bits = 64 if dialect == "sqlite" else next(n for each, n in _BITS if isinstance(kind, each))
    if getattr(kind, "unsigned", False):
        return {"minimum": 0, "maximum": 2**bits - 1}
    return {"minimum": -(2 ** (bits - 1)), "maximum": 2 ** (bits - 1) - 1}


def _fraction_digits(kind: object) -> int:
    if isinstance(kind, mysql.DATETIME | mysql.TIMESTAMP):
        return int(kind.fsp or 0)
    if isinstance(kind, postgresql.TIMESTAMP) and kind.precision is not None:
        return int(kind.precision)
    return 6


def _storage(kind: object) -> Storage:
    for each, storage in _STORAGES:
        if isinstance(kind, each):
            if storage is Storage.TIMESTAMP and getattr(kind, "timezone", False):
                return Storage.TIMESTAMP_TZ
            return storage
    return Storage.OTHER


_STORAGES: tuple[tuple[type | tuple[type, ...], Storage], ...] = (
    (types.ARRAY, Storage.ARRAY),
    (types.Boolean, Storage.BOOLEAN),
    ((types.Enum, mysql.SET), Storage.ENUM),
    ((mysql.BIT, postgresql.BIT), Storage.BIT),
    (mysql.YEAR, Storage.INTEGER),
    (types.Integer, Storage.INTEGER),
    (types.Float, Storage.FLOAT),
    (types.Numeric, Storage.DECIMAL),
    (types.DateTime, Storage.TIMESTAMP),
    (types.Date, Storage.DATE),
    (types.Time, Storage.TIME),
    (types.Uuid, Storage.UUID),
    (types.JSON, Storage.JSON),
    ((types.LargeBinary, types._Binary), Storage.BYTES),  # noqa: SLF001 - base of BINARY, VARBINARY
    (types.String, Storage.TEXT),
)
