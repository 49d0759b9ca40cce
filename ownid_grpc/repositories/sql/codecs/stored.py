"""Constants of the mapping in the form in which their column gives and takes them."""

import uuid
from datetime import UTC, date, datetime, time

from ownid_grpc.domain.mapping_words import Constant
from ownid_grpc.repositories.sql.codecs.base import CodecFault, Stored
from ownid_grpc.repositories.sql.dialects import Dialect
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_NUMBERS = {Storage.INTEGER, Storage.DECIMAL, Storage.FLOAT}
_MOMENTS = {Storage.TIMESTAMP, Storage.TIMESTAMP_TZ, Storage.DATE}


def stored_code(code: Constant, column: ColumnShape, dialect: Dialect) -> Stored:
    """Returns what stands for a value of `values`; raises `CodecFault`."""
    is_enum = column.storage is Storage.ENUM and column.choices is not None
    if is_enum and code is not None and code not in column.choices:  # type: ignore[operator] # as is_enum says
        raise CodecFault("values", f"The type of '{column.name}' does not list all these codes.")
    if column.storage is Storage.BIT and code is not None:
        return _bits(code, column, dialect)
    return stored_null(code, column, dialect, "values")


def stored_null(
    constant: Constant, column: ColumnShape, dialect: Dialect, word: str = "null"
) -> Stored:
    """Returns a constant that `word` says of a column; raises `CodecFault`."""
    if constant is None:
        return None
    storage, is_number = column.storage, isinstance(constant, int | float)
    if storage in {Storage.TEXT, Storage.ENUM, Storage.OTHER, Storage.TIME} and is_number:
        raise CodecFault(word, f"'{column.name}' holds text: put quotes around what it holds.")
    if storage in _NUMBERS and not is_number:
        raise CodecFault(word, f"'{column.name}' holds numbers: write them without quotes.")
    if storage is Storage.BOOLEAN:
        return _boolean(constant, column, dialect, word)
    if storage in _MOMENTS:
        return _moment(constant, column, dialect, word)
    match constant:
        case bool():
            return int(constant)
        case str() if storage is Storage.BYTES:
            return constant.encode()
        case str() if storage is Storage.UUID and dialect.name == "postgresql":
            return _uuid(constant, column, word)
        case date():
            return constant.isoformat()
        case _:
            return constant


def _boolean(constant: Constant, column: ColumnShape, dialect: Dialect, word: str) -> Stored:
    if dialect.name != "postgresql" and isinstance(constant, int):
        return int(constant)
    if constant in (0, 1):
        return bool(constant)
    raise CodecFault(word, f"'{column.name}' holds true and false; write one of them.")


def _moment(constant: Constant, column: ColumnShape, dialect: Dialect, word: str) -> Stored:
    if isinstance(constant, int | float):
        raise CodecFault(word, f"'{column.name}' holds times; write one of them.")
    if isinstance(constant, str) or not isinstance(constant, date):
        return constant
    if column.storage is Storage.DATE:
        return constant.isoformat() if dialect.name == "sqlite" else constant
    moment = constant if isinstance(constant, datetime) else datetime.combine(constant, time())
    if column.storage is Storage.TIMESTAMP_TZ:
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    moment = moment.replace(tzinfo=None)
    return moment.isoformat(" ") if dialect.name == "sqlite" else moment


def _bits(code: Constant, column: ColumnShape, dialect: Dialect) -> Stored:
    if not isinstance(code, int):
        raise CodecFault("values", f"'{column.name}' holds bits: write them as a number.")
    width = column.max_length or 1
    return f"{int(code):0{width}b}" if dialect.name == "postgresql" else int(code)


def _uuid(constant: str, column: ColumnShape, word: str) -> uuid.UUID:
    try:
        return uuid.UUID(constant)
    except ValueError as error:
        raise CodecFault(word, f"'{column.name}' holds UUIDs; write one of them.") from error
