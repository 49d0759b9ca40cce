"""Chooses the codec of a property from its words and its column."""

import uuid
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ownid_grpc.domain.mapping import Property
from ownid_grpc.domain.source import Kind
from ownid_grpc.repositories.sql.codecs.base import Codec, CodecFault
from ownid_grpc.repositories.sql.codecs.column import CodeCodec, ColumnCodec, Values
from ownid_grpc.repositories.sql.codecs.documents import DocumentCodec
from ownid_grpc.repositories.sql.codecs.moments import (
    UNITS,
    DateValues,
    EpochValues,
    TimestampValues,
)
from ownid_grpc.repositories.sql.codecs.scalars import (
    BooleanValues,
    IntegerValues,
    NumberValues,
    TextValues,
    UuidValues,
)
from ownid_grpc.repositories.sql.dialects import Dialect
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_KINDS = {
    "text": Kind.TEXT,
    "integer": Kind.INTEGER,
    "number": Kind.NUMBER,
    "boolean": Kind.BOOLEAN,
    "timestamp": Kind.TIMESTAMP,
    "date": Kind.DATE,
    "uuid": Kind.TEXT,
    "json": Kind.ANY,
}

_TYPES = {
    Storage.INTEGER: "integer",
    Storage.DECIMAL: "number",
    Storage.FLOAT: "number",
    Storage.BOOLEAN: "boolean",
    Storage.TIMESTAMP: "timestamp",
    Storage.TIMESTAMP_TZ: "timestamp",
    Storage.DATE: "date",
    Storage.UUID: "uuid",
    Storage.BIT: "boolean",
}


def build_codec(words: Property, column: ColumnShape, dialect: Dialect) -> Codec:
    """Returns the codec of a property; raises `CodecFault` for words that do not fit."""
    if words.values:
        return _codes(words, column, dialect)
    if words.path or words.encoding == "json" or words.type == "json" or _is_document(column):
        return _document(words, column, dialect)
    said = "timestamp" if words.encoding in UNITS else words.type
    type_name = "uuid" if words.encoding == "uuid" else said or _TYPES.get(column.storage, "text")
    if type_name not in _KINDS or words.not_null or not isinstance(words.encoding, str | None):
        raise CodecFault("encoding", "This version cannot read a column so; leave the word out.")
    values = _values(type_name, words, column, dialect)
    is_moment_text = (
        type_name == "timestamp"
        and words.encoding is None
        and (dialect.name == "sqlite" or column.storage is Storage.TEXT)
    )
    return ColumnCodec(
        _KINDS[type_name], values, column, dialect, is_moment_text, tuple(words.null)
    )


def _is_document(column: ColumnShape) -> bool:
    return column.storage is Storage.JSON


def _document(words: Property, column: ColumnShape, dialect: Dialect) -> Codec:
    if column.storage not in (Storage.JSON, Storage.TEXT, Storage.OTHER):
        raise CodecFault("path", f"A column of type {column.type_name} holds no JSON document.")
    kind = _KINDS.get(words.type or "json", Kind.ANY)
    is_text = column.storage is not Storage.JSON or dialect.name != "postgresql"
    return DocumentCodec(kind, words.path, dialect, is_text)


def _codes(words: Property, column: ColumnShape, dialect: Dialect) -> Codec:
    values = [value for value, _ in words.values if value is not None]
    kind = Kind.TEXT
    if all(isinstance(each, bool) for each in values):
        kind = Kind.BOOLEAN
    elif all(isinstance(each, int) for each in values):
        kind = Kind.INTEGER
    elif not all(isinstance(each, str) for each in values):
        raise CodecFault("values", "The values are of different types; give them one.")
    is_text = column.storage in (Storage.TEXT, Storage.ENUM)
    if is_text and any(isinstance(code, int) for _, code in words.values):
        raise CodecFault("values", f"'{column.name}' holds text: put its codes in quotes.")
    return CodeCodec(kind, words.values, dialect, is_text, column.folds and is_text)


def _values(type_name: str, words: Property, column: ColumnShape, dialect: Dialect) -> Values:
    is_text = column.storage is Storage.TEXT
    if words.encoding in UNITS:
        _demand(column, {Storage.INTEGER, Storage.DECIMAL, Storage.TEXT}, "encoding")
        return EpochValues(UNITS[str(words.encoding)], is_text)
    match type_name:
        case "integer":
            _demand(column, {Storage.INTEGER, Storage.DECIMAL, Storage.TEXT, Storage.BOOLEAN})
            return IntegerValues(column, is_text)
        case "number":
            _demand(column, {Storage.INTEGER, Storage.DECIMAL, Storage.FLOAT, Storage.TEXT})
            is_float = column.storage is Storage.FLOAT
            return NumberValues(column, is_float, dialect.name == "sqlite")
        case "boolean":
            _demand(column, {Storage.BOOLEAN, Storage.INTEGER, Storage.BIT})
            is_native = column.storage is Storage.BOOLEAN and dialect.name == "postgresql"
            return BooleanValues(is_native, column.storage is Storage.BIT)
        case "timestamp":
            _demand(column, {Storage.TIMESTAMP, Storage.TIMESTAMP_TZ, Storage.TEXT})
            is_sqlite = dialect.name == "sqlite"
            return TimestampValues(column.storage, _zone(words), is_sqlite, column.fraction_digits)
        case "date":
            _demand(column, {Storage.DATE, Storage.TEXT, Storage.TIMESTAMP})
            return DateValues(is_text or dialect.name == "sqlite")
        case "uuid":
            return _uuid(column)
        case _:
            return TextValues(column)


def _uuid(column: ColumnShape) -> Values:
    _demand(column, {Storage.UUID, Storage.TEXT, Storage.BYTES})
    if column.storage is Storage.BYTES:
        return UuidValues(lambda each: each.bytes)
    if column.max_length == len(uuid.UUID(int=0).hex):
        return UuidValues(lambda each: each.hex)
    return UuidValues(str)


def _zone(words: Property) -> ZoneInfo:
    try:
        return ZoneInfo(words.timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise CodecFault(
            "timezone", "Name a zone of the IANA list, such as Europe/Berlin."
        ) from error


def _demand(column: ColumnShape, storages: set[Storage], word: str = "type") -> None:
    if column.storage not in storages:
        raise CodecFault(
            word, f"'{column.name}' is of type {column.type_name}, which cannot hold this."
        )
