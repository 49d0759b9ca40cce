"""Reads off a live database what a table's columns hold and which of them are unique."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from sqlalchemy import Connection, types
from sqlalchemy.dialects import mysql, postgresql

from ownid_grpc.repositories.sql import catalogue
from ownid_grpc.repositories.sql.catalogue_sqlite import written_name
from ownid_grpc.repositories.sql.inspecting import Inspected, inspected
from ownid_grpc.repositories.sql.names import mentioned
from ownid_grpc.repositories.sql.traits import Traits, is_assigned


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
    """One column.

    `folds` says that its own `=` overlooks case, accents or padding, and
    `ignores_case` that it does overlook case. `is_padded`: spaces at the end
    of a text are lost. `lowers_ascii_only` where PostgreSQL lowers no other
    letters of it. `expression` is what a generated column is made of.
    """

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
    ignores_case: bool = False
    is_padded: bool = False
    lowers_ascii_only: bool = False
    expression: str | None = None
    domain: str | None = None


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
    target: str


@dataclass(frozen=True, slots=True)
class Check:
    """A rule of the database on some columns."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableShape:
    """One table or view; `leading` are the columns that an index begins with."""

    schema: str | None
    name: str
    columns: Mapping[str, ColumnShape]
    primary_key: tuple[str, ...] = ()
    unique: tuple[UniqueIndex, ...] = ()
    indexed_expressions: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    leading: frozenset[str] = frozenset()
    is_view: bool = False


def reflect_table(connection: Connection, schema: str | None, name: str) -> TableShape | None:
    """Returns the table or view as it is now, None when there is none."""
    if connection.dialect.name == "sqlite":
        name = written_name(connection, name)
    found = inspected(connection, schema, name)
    if found is None or not found.columns:
        return None
    traits = catalogue.traits_of(connection, schema, name)
    shapes = {each["name"]: _column(connection, each, found.key, traits) for each in found.columns}
    indexes = found.indexes if traits.indexes is None else traits.indexes
    unique = [UniqueIndex(each["name"], tuple(each["column_names"])) for each in found.constraints]
    unique += [_unique_index(each) for each in indexes if each["unique"]]
    if found.key:
        unique.insert(0, UniqueIndex(catalogue.primary_name(connection, name), found.key))
    expressions = [text for each in indexes for text in each.get("expressions", ()) if text]
    return TableShape(
        schema,
        name,
        shapes,
        found.key,
        tuple(unique),
        tuple(text for text in expressions if text not in shapes),
        _foreign_keys(found),
        tuple(Check(name, tuple(mentioned(text, shapes))) for name, text in traits.checks),
        _leading(*(each["column_names"] for each in indexes), *(each.columns for each in unique)),
        traits.is_view,
    )


def _leading(*indexes: Sequence[str | None]) -> frozenset[str]:
    return frozenset(names[0] for names in indexes if names and names[0] is not None)


def _foreign_keys(found: Inspected) -> tuple[ForeignKey, ...]:
    return tuple(
        ForeignKey(
            each["name"],
            tuple(each["constrained_columns"]),
            each["referred_table"],
        )
        for each in found.foreign_keys
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


def _column(connection: Connection, column: Any, key: Sequence[str], table: Traits) -> ColumnShape:
    name, traits = column["name"], table.columns.get(column["name"], {})
    kind, is_nullable = _plain_type(column)
    storage = traits.get("storage") or _storage(kind)
    identity, computed = column.get("identity"), column.get("computed")
    is_generated = bool(computed) or bool(identity and identity.get("always"))
    is_filled = (
        _has_default(column)
        or is_generated
        or bool(traits.get("is_filled", False))
        or is_assigned(name, table.triggers)
    )
    return ColumnShape(
        name=name,
        storage=Storage[storage] if isinstance(storage, str) else storage,
        type_name=str(traits.get("type_name") or kind).lower(),
        is_nullable=is_nullable and name not in key,
        is_filled=is_filled,
        is_generated=is_generated,
        max_length=_length(kind, traits),
        digits=_digits(kind),
        **_range(connection.dialect.name, kind),
        choices=tuple(getattr(kind, "enums", ()) or getattr(kind, "values", ()) or ()) or None,
        folds=bool(traits.get("folds", False)),
        fraction_digits=_fraction_digits(kind),
        item=_storage(kind.item_type) if isinstance(kind, types.ARRAY) else None,
        charset=traits.get("charset"),
        ignores_case=bool(traits.get("ignores_case", False)),
        is_padded=bool(traits.get("is_padded", False)),
        lowers_ascii_only=bool(traits.get("lowers_ascii_only", False)),
        expression=computed["sqltext"] if computed else None,
        domain=traits.get("domain"),
    )


def _plain_type(column: Any) -> tuple[object, bool]:
    """Returns the type below any domains, and whether they and the column accept NULL."""
    kind, is_nullable = column["type"], bool(column["nullable"])
    while isinstance(kind, postgresql.DOMAIN):
        is_nullable = is_nullable and not kind.not_null
        kind = kind.data_type
    return kind, is_nullable


def _has_default(column: Any) -> bool:
    has_own = column.get("default") is not None or bool(column.get("identity"))
    is_of_domain = getattr(column["type"], "default", None) is not None
    return has_own or is_of_domain or column.get("autoincrement") is True


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
