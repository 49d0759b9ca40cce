"""Chooses the codec of a property from its words and its column."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from ownid_grpc.domain.mapping_properties import Bit, Property, Scaled, Separated
from ownid_grpc.domain.source import Kind
from ownid_grpc.repositories.sql.codecs.base import Clock, Codec, CodecFault, Limits
from ownid_grpc.repositories.sql.codecs.codes import CodeCodec
from ownid_grpc.repositories.sql.codecs.documents import DocumentCodec
from ownid_grpc.repositories.sql.codecs.families import Family, column_codec, demand, family_of
from ownid_grpc.repositories.sql.codecs.flags import BitCodec, NotNullCodec
from ownid_grpc.repositories.sql.codecs.lists import ArrayCodec, SeparatedCodec
from ownid_grpc.repositories.sql.codecs.scalars import TextValues
from ownid_grpc.repositories.sql.codecs.stored import stored_code, stored_null
from ownid_grpc.repositories.sql.dialects import Dialect
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

Build = Callable[[Property, ColumnShape, Dialect], Codec]


def build_codec(words: Property, column: ColumnShape, dialect: Dialect) -> Codec:
    """Returns the codec of a property; raises `CodecFault` for words that do not fit."""
    codec = _builder(words, column)(words, column, dialect)
    if words.normalize and codec.kind is not Kind.TEXT:
        raise CodecFault("normalize", f"Only text is normalized, and this is {codec.kind.value}.")
    return codec


def _builder(words: Property, column: ColumnShape) -> Build:
    if words.values:
        return _codes
    if words.not_null:
        return _not_null
    for kind, build in _ENCODINGS.items():
        if isinstance(words.encoding, kind):
            return build
    if words.path or words.encoding == "json" or words.type == "json":
        return _document
    if column.storage is Storage.JSON and words.encoding is None:
        return _document
    if column.storage is Storage.ARRAY:
        return _array
    if words.type is None and words.encoding is None and _is_set(column):
        return _set
    return column_codec


def _codes(words: Property, column: ColumnShape, dialect: Dialect) -> Codec:
    values = [value for value, _ in words.values if value is not None]
    kind = Kind.TEXT
    if all(isinstance(each, bool) for each in values):
        kind = Kind.BOOLEAN
    elif all(isinstance(each, int) and not isinstance(each, bool) for each in values):
        kind = Kind.INTEGER
    elif not all(isinstance(each, str) for each in values):
        raise CodecFault("values", "The values are of different types; give them one.")
    codes = tuple((value, stored_code(code, column, dialect)) for value, code in words.values)
    return CodeCodec(
        kind,
        codes,
        dialect,
        folds=column.folds and column.storage in {Storage.TEXT, Storage.ENUM},
        is_padded=column.is_padded,
        is_bits=column.storage is Storage.BIT,
    )


def _not_null(words: Property, column: ColumnShape, dialect: Dialect) -> Codec:
    plain = words.model_copy(update={"not_null": False, "write": True})
    written = words.write if isinstance(words.write, dict) else {}
    writes = tuple(
        (value, Clock.NOW if said == "now" else stored_null(said, column, dialect, "write"))
        for value, said in written.items()
    )
    codec = NotNullCodec(column_codec(plain, column, dialect), writes, dialect)
    for value, stored in writes:
        if (stored is Clock.NOW or codec.decode(stored)) is not value:
            word = str(value).lower()
            raise CodecFault(
                "write",
                f"What {word} writes would not read back as {word}: true writes 'now' or another "
                "value, false writes null or a value listed by 'null'.",
            )
    if not column.is_nullable and None in dict(writes).values():
        raise CodecFault("write", f"'{column.name}' refuses NULL; write what 'null' lists.")
    return codec


def _separated(words: Property, column: ColumnShape, dialect: Dialect) -> Codec:
    demand(column, {Storage.TEXT}, "encoding")
    separator = words.encoding.separated if isinstance(words.encoding, Separated) else ","
    null = tuple(stored_null(each, column, dialect) for each in words.null)
    return SeparatedCodec(separator, TextValues(column), dialect, null=null)


def _set(words: Property, column: ColumnShape, dialect: Dialect) -> Codec:
    null = tuple(stored_null(each, column, dialect) for each in words.null)
    return SeparatedCodec(",", TextValues(column), dialect, _members(column), null)


def _is_set(column: ColumnShape) -> bool:
    return column.type_name.startswith("set(")


def _members(column: ColumnShape) -> tuple[str, ...]:
    return column.choices or ()


def _bit(words: Property, column: ColumnShape, dialect: Dialect) -> Codec:
    bit = words.encoding.bit if isinstance(words.encoding, Bit) else 0
    demand(column, {Storage.INTEGER}, "encoding")
    if column.maximum is not None and 1 << bit > column.maximum:
        raise CodecFault("encoding", f"'{column.name}' has no bit {bit} beside its sign.")
    return BitCodec(1 << bit, Limits(is_never_absent=not column.is_nullable), dialect)


def _document(words: Property, column: ColumnShape, dialect: Dialect) -> Codec:
    if column.storage not in (Storage.JSON, Storage.TEXT, Storage.OTHER):
        raise CodecFault("path", f"A column of type {column.type_name} holds no JSON document.")
    kind = _DOCUMENT_KINDS.get(words.type or "json", Kind.ANY)
    is_text = column.storage is not Storage.JSON or dialect.name != "postgresql"
    return DocumentCodec(kind, words.path, dialect, is_text)


def _array(words: Property, column: ColumnShape, dialect: Dialect) -> Codec:
    if words.type is not None or words.encoding is not None or words.null:
        word = next(word for word in ("type", "encoding", "null") if getattr(words, word))
        raise CodecFault(word, f"'{column.name}' is an array, whose items have their own type.")
    family = _items(column, dialect)
    return ArrayCodec(family.kind, family.values, dialect)


def _items(column: ColumnShape, dialect: Dialect) -> Family:
    """Returns the family of an array's items, which are read as texts."""
    storage = column.item or Storage.OTHER
    bits = _BITS.get(column.type_name.removesuffix("[]"), 64)
    limits = [int(each) for each in re.findall("[0-9]+", column.type_name)]
    item = replace(
        column,
        storage=storage,
        folds=False,
        minimum=-(2 ** (bits - 1)),
        maximum=2 ** (bits - 1) - 1,
        max_length=limits[0] if storage is Storage.TEXT and limits else None,
        digits=(limits[0], limits[1]) if len(limits) > 1 else None,
    )
    if storage is Storage.BYTES:
        raise CodecFault("column", f"'{column.name}' holds arrays of bytes, which nothing reads.")
    return family_of(Property(column=column.name), item, dialect)


_BITS = {"smallint": 16, "integer": 32}

_ENCODINGS: Mapping[type, Build] = {Separated: _separated, Bit: _bit, Scaled: column_codec}

_DOCUMENT_KINDS = {
    "text": Kind.TEXT,
    "integer": Kind.INTEGER,
    "number": Kind.NUMBER,
    "boolean": Kind.BOOLEAN,
    "timestamp": Kind.TIMESTAMP,
    "date": Kind.DATE,
    "uuid": Kind.TEXT,
    "json": Kind.ANY,
}
