"""Binds the fields of an account to their columns, each with its codec."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ownid_grpc.domain.account import CREATE_TIME, DISABLED, PROFILE, UPDATE_TIME, FieldPath
from ownid_grpc.domain.mapping_properties import Property
from ownid_grpc.domain.source import Kind
from ownid_grpc.repositories.sql.bound import REST, BoundField, BoundJoin, Table
from ownid_grpc.repositories.sql.codecs import Codec, CodecFault, build_codec
from ownid_grpc.repositories.sql.codecs.documents import DocumentCodec
from ownid_grpc.repositories.sql.codecs.rest import RestCodec
from ownid_grpc.repositories.sql.codecs.rows import list_codec
from ownid_grpc.repositories.sql.finder import Finder, Location, meant
from ownid_grpc.repositories.sql.reflect import ColumnShape

_KINDS = ((DISABLED, Kind.BOOLEAN), (CREATE_TIME, Kind.TIMESTAMP), (UPDATE_TIME, Kind.TIMESTAMP))
"""What the account's own fields must be."""


@dataclass(frozen=True, slots=True)
class Described:
    """A field as the mapping describes it, and where it does."""

    path: FieldPath
    location: Location
    words: Property


def bind_fields(
    finder: Finder, table: Table, joins: Mapping[str, BoundJoin]
) -> dict[FieldPath, BoundField]:
    """Returns the fields that found their columns; faults go to `finder`."""
    fields = {}
    for field in _described(finder):
        bound = _bind(finder, field, table, joins)
        if bound is not None:
            fields[field.path] = bound
    _check_kinds(finder, fields)
    _check_nested(finder, fields)
    _check_writers(finder, fields)
    return fields


def bind_field(
    finder: Finder, field: Described, table: Table, join: BoundJoin | None = None
) -> BoundField | None:
    """Returns one field in its column of `table`."""
    words = field.words
    shape = finder.column((*field.location, "column"), table, words.column or "")
    if shape is None:
        return None
    try:
        codec = _codec(finder, words, shape)
    except CodecFault as fault:
        finder.fault((*field.location, fault.word), fault.message)
        return None
    is_writable = words.is_written and not shape.is_generated
    return BoundField(field.path, words, table, join, shape, codec, is_writable)


def _codec(finder: Finder, words: Property, shape: ColumnShape) -> Codec:
    if not words.rest:
        return build_codec(words, shape, finder.dialect)
    try:
        document = build_codec(words.model_copy(update={"type": "json"}), shape, finder.dialect)
    except CodecFault as fault:
        raise CodecFault("rest", fault.message) from fault
    if not isinstance(document, DocumentCodec):
        raise CodecFault("rest", f"A column of type {shape.type_name} holds no JSON document.")
    others = finder.words.properties.items()
    mapped = frozenset(tuple(name.split(".")) for name, each in others if not each.rest)
    return RestCodec(document, mapped)


def _described(finder: Finder) -> list[Described]:
    words = finder.words
    # The rest comes first, so that what it shares with others is theirs.
    named = sorted(words.properties.items(), key=lambda each: not each[1].rest)
    fields = [
        Described(REST if each.rest else (PROFILE, *name.split(".")), ("properties", name), each)
        for name, each in named
    ]
    own = (
        (DISABLED, words.disabled),
        (CREATE_TIME, words.create_time),
        (UPDATE_TIME, words.update_time),
    )
    return fields + [Described(path, (path[0],), each) for path, each in own if each is not None]


def _bind(
    finder: Finder, field: Described, table: Table, joins: Mapping[str, BoundJoin]
) -> BoundField | None:
    name = field.words.join
    if name is None:
        return bind_field(finder, field, table)
    join = joins.get(name)
    if join is None:
        if name not in finder.words.joins:
            near = meant(name, finder.join_names, "name one of 'joins'")
            finder.fault((*field.location, "join"), f"There is no join '{name}'; {near}")
        return None
    column = field.words.column or join.words.lookup
    if column is None:
        finder.fault((*field.location, "join"), "Name the column of the joined table.")
        return None
    words = field.words.model_copy(update={"column": column})
    holder = join.table if join.target is None else join.target.table
    bound = bind_field(finder, Described(field.path, field.location, words), holder, join)
    return bound if bound is None or not words.many else _list(finder, field, bound, table)


def _list(finder: Finder, field: Described, item: BoundField, account: Table) -> BoundField | None:
    """Returns the field whose items are what `item` is in each row."""
    if item.join is None:
        return None
    try:
        codec = list_codec(item.codec, item.join, account, item.shape, finder.dialect)
    except CodecFault as fault:
        finder.fault((*field.location, fault.word), fault.message)
        return None
    return replace(item, codec=codec)


def _check_kinds(finder: Finder, fields: Mapping[FieldPath, BoundField]) -> None:
    for path, kind in _KINDS:
        bound = fields.get(path)
        if bound is not None and bound.codec.kind is not kind:
            finder.fault(
                path,
                f"This must be a {kind.value}, but '{bound.shape.name}' holds a "
                f"{bound.codec.kind.value}: say how to read it by type, values or encoding.",
            )


def _check_nested(finder: Finder, fields: Mapping[FieldPath, BoundField]) -> None:
    for path in fields:
        for length in range(2, len(path)):
            if path[:length] in fields:
                name = ".".join(path[1:])
                finder.fault(
                    ("properties", name),
                    f"'{name}' lies within the property '{'.'.join(path[1:length])}', "
                    "which is mapped as a whole; map one or the other.",
                )


def _check_writers(finder: Finder, fields: Mapping[FieldPath, BoundField]) -> None:
    """Notes a column that two properties would write, or one as a whole and one in part."""
    writers: dict[tuple[str, str], BoundField] = {}
    # What has a fault of its own may not have found its rows.
    faulty = {fault.location[:2] for fault in finder.faults}
    fields_written = [
        each
        for each in fields.values()
        if each.is_writable and ("properties", each.name) not in faulty
    ]
    for bound in sorted(fields_written, key=lambda each: each.codec.is_merging):
        place = (_rows_of(bound), bound.shape.name)
        other = writers.get(place)
        if not bound.codec.is_merging:
            writers.setdefault(place, bound)
        if other is not None and bound.path[0] == PROFILE:
            finder.fault(
                ("properties", bound.name),
                f"'{bound.name}' and '{other.name}' would both write the column "
                f"'{bound.shape.name}'; give one of them 'write: false'.",
            )


def _rows_of(bound: BoundField) -> str:
    """Returns what fields of the same rows have in common: an array has its rows to itself."""
    join = bound.join
    if join is None or not join.is_narrowed:
        return bound.table.name
    target = {} if join.target is None else join.target.where
    return repr((join.table.label, *(sorted(each.items()) for each in (join.words.where, target))))
