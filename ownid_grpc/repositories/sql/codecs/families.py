"""The families of single values: for each, how they go in and out, and how they compare."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ownid_grpc.domain.mapping_properties import Property, Scaled
from ownid_grpc.domain.source import Kind
from ownid_grpc.repositories.sql.codecs.base import CodecFault, Limits, Stored
from ownid_grpc.repositories.sql.codecs.binary import BinaryValues, BytesForm, UuidForm, UuidValues
from ownid_grpc.repositories.sql.codecs.column import ColumnCodec, Values
from ownid_grpc.repositories.sql.codecs.forms import (
    BooleanForm,
    ChoiceForm,
    Form,
    NumberForm,
    TextForm,
    WholeForm,
)
from ownid_grpc.repositories.sql.codecs.moment_forms import DayForm, EpochForm, MomentForm
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
    ScaledValues,
    TextValues,
)
from ownid_grpc.repositories.sql.codecs.stored import stored_null
from ownid_grpc.repositories.sql.dialects import Dialect
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_TYPES = {
    Storage.INTEGER: "integer",
    Storage.DECIMAL: "number",
    Storage.FLOAT: "number",
    Storage.BOOLEAN: "boolean",
    Storage.TIMESTAMP: "timestamp",
    Storage.TIMESTAMP_TZ: "timestamp",
    Storage.DATE: "date",
    Storage.UUID: "uuid",
    Storage.BYTES: "binary",
}
_MOMENTS = {Storage.TIMESTAMP, Storage.TIMESTAMP_TZ}
_UNTYPED = "blob"  # a column of SQLite without a type, which may hold numbers beside texts
_YEARS = (1901, 2155)
_UUID_BYTES, _UUID_DIGITS = 16, 32


@dataclass(frozen=True, slots=True)
class Family:
    """What `column_codec` makes a codec of.

    `is_total` where the column has nothing but values of the family;
    `orders_itself` where it orders them as they are, whatever else it has.
    """

    kind: Kind
    values: Values
    form: Form
    limits: Limits = Limits()  # noqa: RUF009 - frozen, so that it can be shared
    is_total: bool = True
    reads_text: bool = False
    reads_form: bool = False
    orders_itself: bool = False


Choose = Callable[[Property, ColumnShape, Dialect], Family]


def column_codec(words: Property, column: ColumnShape, dialect: Dialect) -> ColumnCodec:
    """Returns the codec of a column with one value in it; raises `CodecFault`."""
    family = family_of(words, _within_type(column), dialect)
    null = tuple(stored_null(each, column, dialect) for each in words.null)
    if words.timezone != "UTC":
        _check_zoned(words, family, column)
    return ColumnCodec(
        family.kind,
        family.values,
        family.form,
        dialect,
        replace(family.limits, has_absence=bool(null)),
        null,
        is_text=column.storage is Storage.TEXT,
        reads_text=family.reads_text,
        reads_form=family.reads_form,
        is_total=family.is_total and not null,
        orders_itself=family.orders_itself,
        is_padded=column.is_padded,
    )


def demand(column: ColumnShape, storages: set[Storage], word: str) -> None:
    """Raises `CodecFault` for a column of none of these storages."""
    if column.storage not in storages:
        raise CodecFault(
            word,
            f"'{column.name}' is of type {column.type_name}, which cannot hold this; "
            f"say another {word}, or leave it out.",
        )


def family_of(words: Property, column: ColumnShape, dialect: Dialect) -> Family:
    """Returns the family of values in a column; raises `CodecFault`."""
    encoding = words.encoding
    if isinstance(encoding, Scaled):
        return _scaled(words, column, dialect)
    if encoding in UNITS:
        return _epoch(words, column, dialect)
    if encoding in {"base64", "hex"}:
        return _binary(words, column, dialect)
    if encoding == "uuid":
        return _uuid(words, column, dialect)
    type_name = words.type or _TYPES.get(column.storage, "text")
    if words.type is None and column.storage is Storage.BIT:
        is_one = (column.max_length or 1) == 1 and "varying" not in column.type_name
        several = "text" if dialect.name == "postgresql" else "integer"
        type_name = "boolean" if is_one else several
    return _FAMILIES[type_name](words, column, dialect)


def _within_type(column: ColumnShape) -> ColumnShape:
    """Returns the column with the limits of the types that say none of their own."""
    if column.type_name.startswith("year"):
        return replace(column, minimum=_YEARS[0], maximum=_YEARS[1])
    if column.storage is Storage.BIT:
        return replace(column, minimum=0, maximum=2 ** (column.max_length or 1) - 1)
    return column


def _text(_: Property, column: ColumnShape, dialect: Dialect) -> Family:
    is_number = column.storage is Storage.INTEGER
    is_opaque = column.storage is not Storage.TEXT or column.type_name == _UNTYPED
    values = TextValues(column, is_number=is_number)
    text = TextForm(dialect, is_opaque, column.folds, column.charset)
    is_enum = column.storage is Storage.ENUM and column.choices is not None
    form: Form = ChoiceForm(text, column.choices or ()) if is_enum else text
    length = column.max_length if column.storage is Storage.TEXT else None
    limits = Limits(max_length=length, choices=column.choices if is_enum else None)
    reads_text = is_opaque and column.storage is not Storage.ENUM
    return Family(Kind.TEXT, values, form, limits, reads_text=reads_text)


def _integer(_: Property, column: ColumnShape, dialect: Dialect) -> Family:
    is_text = column.storage is Storage.TEXT
    held = {Storage.INTEGER, Storage.DECIMAL, Storage.TEXT, Storage.BOOLEAN}
    demand(column, held | ({Storage.BIT} if dialect.name == "mariadb" else set()), "type")
    if column.storage is Storage.BOOLEAN and dialect.name == "postgresql":
        raise CodecFault("type", f"'{column.name}' holds true and false, which are no integers.")
    is_decimal = column.storage is Storage.DECIMAL
    if is_text or is_decimal:
        is_endless = is_decimal and dialect.name == "postgresql"
        form: Form = NumberForm(dialect, is_text=is_text, can_be_endless=is_endless, is_whole=True)
    else:
        form = WholeForm(dialect)
    limits = Limits() if is_text else Limits(minimum=column.minimum, maximum=column.maximum)
    values = IntegerValues(column, is_text)
    return Family(Kind.INTEGER, values, form, limits, is_total=not is_text and not is_decimal)


def _number(_: Property, column: ColumnShape, dialect: Dialect) -> Family:
    demand(column, {Storage.INTEGER, Storage.DECIMAL, Storage.FLOAT, Storage.TEXT}, "type")
    is_text, is_float = column.storage is Storage.TEXT, column.storage is Storage.FLOAT
    is_single = is_float and dialect.name != "sqlite" and _is_single(column)
    is_endless = column.storage in {Storage.DECIMAL, Storage.FLOAT}
    is_endless = is_endless and dialect.name == "postgresql"
    values = NumberValues(column, is_float, dialect.name == "sqlite", is_single, is_text)
    form = NumberForm(dialect, is_float, is_single, is_text, is_endless)
    is_total = not is_text and not is_endless
    limits, orders_itself = Limits(digits=column.digits), not is_text and not is_single
    return Family(Kind.NUMBER, values, form, limits, is_total=is_total, orders_itself=orders_itself)


def _scaled(words: Property, column: ColumnShape, dialect: Dialect) -> Family:
    demand(column, {Storage.INTEGER}, "encoding")
    scale = words.encoding.scale if isinstance(words.encoding, Scaled) else 0
    limits = Limits(
        minimum=_shifted(column.minimum, scale),
        maximum=_shifted(column.maximum, scale),
        digits=(len(str(column.maximum or 2**63)), scale),
    )
    values = ScaledValues(IntegerValues(column), scale)
    return Family(Kind.NUMBER, values, WholeForm(dialect, scale), limits)


def _boolean(_: Property, column: ColumnShape, dialect: Dialect) -> Family:
    demand(column, {Storage.BOOLEAN, Storage.INTEGER, Storage.BIT}, "type")
    form: Callable[[bool], Stored] = int
    if dialect.name == "postgresql" and column.storage is Storage.BOOLEAN:
        form = bool
    if dialect.name == "postgresql" and column.storage is Storage.BIT:
        form = _as_bit
    values = BooleanValues(form)
    return Family(Kind.BOOLEAN, values, BooleanForm(dialect, column.storage))


def _timestamp(words: Property, column: ColumnShape, dialect: Dialect) -> Family:
    demand(column, {*_MOMENTS, Storage.TEXT}, "type")
    is_sqlite = dialect.name == "sqlite"
    is_text = is_sqlite or column.storage is Storage.TEXT
    values = TimestampValues(column.storage, _zone(words), is_sqlite, column.fraction_digits)
    form = MomentForm(dialect, values, is_text)
    return Family(
        Kind.TIMESTAMP,
        values,
        form,
        is_total=False,
        reads_form=not is_text and dialect.name == "postgresql",
        orders_itself=not is_text,
    )


def _epoch(words: Property, column: ColumnShape, dialect: Dialect) -> Family:
    demand(column, {Storage.INTEGER, Storage.DECIMAL, Storage.TEXT}, "encoding")
    unit, is_text = UNITS[str(words.encoding)], column.storage is Storage.TEXT
    counts: Form = WholeForm(dialect)
    if column.storage is not Storage.INTEGER:
        counts = NumberForm(dialect, is_text=is_text)
    return Family(
        Kind.TIMESTAMP,
        EpochValues(unit, is_text),
        EpochForm(unit, counts),
        is_total=not is_text,
        orders_itself=column.storage is Storage.INTEGER,
    )


def _date(_: Property, column: ColumnShape, dialect: Dialect) -> Family:
    demand(column, {Storage.DATE, Storage.TEXT, Storage.TIMESTAMP}, "type")
    is_text = column.storage is Storage.TEXT or dialect.name == "sqlite"
    return Family(
        Kind.DATE,
        DateValues(is_text),
        DayForm(dialect, column),
        is_total=False,
        reads_form=not is_text and dialect.name == "postgresql",
        orders_itself=not is_text and column.storage is Storage.DATE,
    )


def _uuid(_: Property, column: ColumnShape, dialect: Dialect) -> Family:
    demand(column, {Storage.UUID, Storage.TEXT, Storage.BYTES}, "type")
    values = UuidValues(str, column.is_padded)
    if column.storage is Storage.BYTES:
        if column.max_length not in {None, _UUID_BYTES}:
            raise CodecFault("encoding", f"'{column.name}' has no room for the 16 bytes of a UUID.")
        values = UuidValues(lambda each: each.bytes)
    elif column.max_length == _UUID_DIGITS:
        values = UuidValues(lambda each: each.hex, column.is_padded)
    form = UuidForm(dialect, values, column.storage)
    is_total = column.storage is Storage.UUID
    return Family(Kind.TEXT, values, form, Limits(format="uuid"), is_total=is_total)


def _binary(words: Property, column: ColumnShape, dialect: Dialect) -> Family:
    demand(column, {Storage.BYTES, Storage.TEXT}, "encoding")
    is_hex, is_text = words.encoding == "hex", column.storage is Storage.TEXT
    is_fixed = dialect.name == "mariadb" and column.type_name.startswith("binary(")
    values = BinaryValues(column, is_hex, is_text, is_fixed)
    length = column.max_length
    if is_text:
        return Family(
            Kind.TEXT,
            values,
            TextForm(dialect, folds=column.folds, charset=column.charset),
            Limits(length),
        )
    if length is not None:
        length = length * 2 if is_hex else -(-length // 3) * 4
    return Family(Kind.TEXT, values, BytesForm(dialect, values), Limits(length))


_FAMILIES: Mapping[str, Choose] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "timestamp": _timestamp,
    "date": _date,
    "uuid": _uuid,
    "binary": _binary,
}


def _zone(words: Property) -> ZoneInfo:
    try:
        return ZoneInfo(words.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CodecFault(
            "timezone", "Name a zone of the IANA list, such as Europe/Berlin."
        ) from error


def _check_zoned(words: Property, family: Family, column: ColumnShape) -> None:
    keeps_instants = column.storage is Storage.TIMESTAMP_TZ
    if not isinstance(family.values, TimestampValues) or keeps_instants:
        raise CodecFault(
            "timezone",
            f"'{column.name}' has no local times, which alone need {words.timezone} to be read.",
        )


def _is_single(column: ColumnShape) -> bool:
    return column.type_name.startswith(("real", "float", "float4"))


def _as_bit(value: bool) -> str:  # noqa: FBT001 - as BooleanValues calls it
    return "1" if value else "0"


def _shifted(limit: int | None, scale: int) -> Decimal | None:
    return None if limit is None else Decimal(limit).scaleb(-scale)
