"""Constants of the mapping in the form that their column takes."""

import uuid
from datetime import UTC, date, datetime

from ownid_grpc.domain.mapping_words import Constant
from ownid_grpc.repositories.sql.codecs import Stored
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_NUMBERS = {Storage.INTEGER, Storage.DECIMAL, Storage.FLOAT}
_TEXTS = {Storage.TEXT, Storage.ENUM}
_UUID_BYTES = 16


def stored_constant(shape: ColumnShape, constant: Constant) -> Stored:
    """Returns a constant as its column takes it: YAML's true is 1 where booleans are numbers.

    PostgreSQL compares no boolean with an integer and no integer with a text.
    """
    match constant:
        case bool() if shape.storage in _NUMBERS or shape.storage is Storage.BIT:
            return int(constant)
        case bool() if shape.storage in _TEXTS:
            return str(constant).lower()
        case int() if shape.storage is Storage.BOOLEAN and constant in (0, 1):
            return bool(constant)
        case bool():
            return constant
        case int() | float() if shape.storage in _TEXTS:
            return str(constant)
        case datetime():
            return _moment_text(shape, constant)
        case date():
            return constant.isoformat()
        case str() if shape.storage is Storage.BYTES:
            return _bytes(shape, constant)
        case _:
            return constant


def misfit(shape: ColumnShape, constant: Constant) -> str | None:
    """Returns why a column cannot hold a constant, None when it can."""
    if constant is None:
        return None if shape.is_nullable else "it refuses NULL"
    text = str(stored_constant(shape, constant))
    if shape.storage in _NUMBERS and not _is_number(text):
        return "it holds numbers"
    if shape.choices is not None and shape.storage is Storage.ENUM and text not in shape.choices:
        return f"it holds only {', '.join(shape.choices)}"
    is_text = shape.storage is Storage.TEXT and shape.max_length is not None
    if is_text and len(text) > (shape.max_length or 0):
        return f"it holds at most {shape.max_length} characters"
    return None


def _moment_text(shape: ColumnShape, moment: datetime) -> str:
    if moment.tzinfo is not None and shape.storage is not Storage.TIMESTAMP_TZ:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(" ")


def _bytes(shape: ColumnShape, text: str) -> bytes:
    if shape.max_length == _UUID_BYTES:
        try:
            return uuid.UUID(text).bytes
        except ValueError:
            pass
    return text.encode()


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
