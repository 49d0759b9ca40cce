"""Bytes and UUIDs: texts outside, whatever the column has inside."""

import base64
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, case, false, func

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.predicates import Literal, Operator
from ownid_grpc.domain.source import Kind
from ownid_grpc.repositories.sql.codecs.base import Stored, Unstorable
from ownid_grpc.repositories.sql.codecs.relations import relation
from ownid_grpc.repositories.sql.codecs.scalars import fitting
from ownid_grpc.repositories.sql.dialects.base import Dialect, Place, raw
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_DIGITS = 32
_UUID_BYTES = 16
_UUID = re.compile(
    "[0-9a-f]{32}|[0-9A-F]{32}"
    "|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"
)


@dataclass(frozen=True, slots=True)
class UuidValues:
    """UUIDs as lower-case text; `form` is how the column takes them.

    `is_padded` where the column fills up with spaces.
    """

    form: Callable[[uuid.UUID], Stored]
    is_padded: bool = False

    def decode(self, stored: Stored) -> JsonValue:
        """Returns the usual form, None for what is no UUID."""
        if isinstance(stored, uuid.UUID):
            return str(stored)
        if isinstance(stored, bytes):
            return str(uuid.UUID(bytes=stored)) if len(stored) == _UUID_BYTES else None
        if not isinstance(stored, str):
            return None
        text = stored.rstrip(" ") if self.is_padded else stored
        return str(uuid.UUID(text)) if _UUID.fullmatch(text) else None

    def encode(self, value: JsonValue) -> Stored:
        """Returns the UUID as the column takes it."""
        if not isinstance(value, str) or _UUID.fullmatch(value) is None:
            raise Unstorable("format", "The column holds UUIDs.")
        return self.form(uuid.UUID(value))


@dataclass(frozen=True, slots=True)
class BinaryValues:
    """Bytes as text in base64 or, with `is_hex`, as hexadecimal digits.

    `is_text` where the column itself is such text; `is_padded` where it fills
    up with zero bytes.
    """

    shape: ColumnShape
    is_hex: bool
    is_text: bool = False
    is_padded: bool = False

    def decode(self, stored: Stored) -> JsonValue:
        """Returns the text of the bytes."""
        if stored is None or (self.is_text and isinstance(stored, str)):
            return stored
        content = stored.encode() if isinstance(stored, str) else bytes(stored)
        return self.text(content)

    def encode(self, value: JsonValue) -> Stored:
        """Returns the bytes; refuses a text that is not written the usual way."""
        content = self.content(value) if isinstance(value, str) else None
        if content is None or not isinstance(value, str):
            form = "lower-case hexadecimal digits" if self.is_hex else "base64 with its padding"
            raise Unstorable("contentEncoding", f"The column holds bytes; give {form}.")
        if self.is_text:
            return fitting(value, self.shape)
        longest = self.shape.max_length
        if longest is not None and len(content) > longest:
            raise Unstorable("maxLength", f"The column holds at most {longest} bytes.")
        if self.is_padded and len(content) != longest:
            raise Unstorable("minLength", f"The column holds exactly {longest} bytes.")
        return content

    def text(self, content: bytes) -> str:
        """Returns the one text that means these bytes."""
        return content.hex() if self.is_hex else base64.b64encode(content).decode()

    def content(self, text: str) -> bytes | None:
        """Returns the bytes that a text means, None where `text` would write them otherwise."""
        try:
            content = bytes.fromhex(text) if self.is_hex else base64.b64decode(text, validate=True)
        except ValueError:
            return None
        return content if self.text(content) == text else None


@dataclass(frozen=True, slots=True)
class BytesForm:
    """Bytes, compared as the texts that they are shown as."""

    dialect: Dialect
    values: BinaryValues

    def value(self, place: Place, kind: Kind) -> Place:
        """Writes the bytes out in the database."""
        is_hex = self.values.is_hex
        text = self.dialect.hex_of(place) if is_hex else self.dialect.base64_of(place)
        return self.dialect.exact(text)

    def literal(self, value: Literal) -> Place:
        """Returns the text."""
        return raw(_text(value))

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Compares bytes for equality, texts for all else."""
        if operator is not Operator.EQ:
            return relation(self.value(place, Kind.TEXT), operator, self.literal(value))
        content = self.values.content(value) if isinstance(value, str) else None
        return false() if content is None else place == raw(content)


@dataclass(frozen=True, slots=True)
class UuidForm:
    """UUIDs in a type of their own, in 16 bytes, or as text with or without dashes."""

    dialect: Dialect
    values: UuidValues
    storage: Storage

    def value(self, place: Place, kind: Kind) -> Place:
        """Writes the UUID out in lower case, NULL for what is none."""
        if self.storage is Storage.UUID:
            return self.dialect.exact(self.dialect.as_text(place))
        if self.storage is Storage.BYTES:
            digits: Place = self.dialect.exact(self.dialect.hex_of(place))
            return case((func.length(digits) == _DIGITS, _dashed(digits)))
        text = self.dialect.exact(place)
        digits = func.lower(func.replace(text, "-", ""))
        canonical = self.dialect.exact(_dashed(digits))
        of_one_case = text.in_([func.lower(text), func.upper(text)])
        is_spelled = func.lower(text).in_([digits, canonical])
        is_uuid = and_(func.length(digits) == _DIGITS, of_one_case, is_spelled, _is_hex(digits))
        return case((is_uuid, canonical))

    def literal(self, value: Literal) -> Place:
        """Returns the text."""
        return raw(_text(value))

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Compares the column itself for equality, so that its index serves."""
        if operator is not Operator.EQ:
            return relation(self.value(place, Kind.TEXT), operator, self.literal(value))
        try:
            wanted = uuid.UUID(_text(value))
        except ValueError:
            return false()
        if str(wanted) != value:
            return false()
        if self.storage is not Storage.TEXT:
            return place == raw(self.values.form(wanted))
        spellings = (str(wanted), wanted.hex, str(wanted).upper(), wanted.hex.upper())
        own = place.in_([raw(each) for each in spellings])
        return and_(own, self.value(place, Kind.TEXT) == self.literal(value))


def _text(value: Literal) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _dashed(digits: Place) -> Place:
    start = 1
    whole: Place | None = None
    for length in (8, 4, 4, 4, 12):
        part: Place = func.substr(digits, start, length)
        whole = part if whole is None else whole.concat("-").concat(part)
        start += length
    return digits if whole is None else whole


def _is_hex(digits: Place) -> ColumnElement[bool]:
    """Whether nothing is left of a text once its hexadecimal digits are taken away."""
    rest = digits
    for digit in "0123456789abcdef":
        rest = func.replace(rest, digit, "")
    return rest == ""
