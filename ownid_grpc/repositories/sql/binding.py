"""Holds a mapping against the live tables, finding every fault at once."""

from collections.abc import Iterable

from sqlalchemy import Connection

from ownid_grpc.domain.account import PROFILE
from ownid_grpc.domain.mapping import SqlMapping
from ownid_grpc.domain.mapping_properties import Property
from ownid_grpc.domain.source import MappingFault
from ownid_grpc.repositories.sql.bound import BoundField, BoundMapping, Table
from ownid_grpc.repositories.sql.dialects import Dialect
from ownid_grpc.repositories.sql.directions import direction_faults
from ownid_grpc.repositories.sql.fields import Described, bind_field, bind_fields
from ownid_grpc.repositories.sql.fill import unfilled_columns
from ownid_grpc.repositories.sql.finder import Finder, is_unique, meant, no_column
from ownid_grpc.repositories.sql.joins import bind_joins
from ownid_grpc.repositories.sql.narrowing import narrow, origin_of
from ownid_grpc.repositories.sql.probe import unreadable_places
from ownid_grpc.repositories.sql.reflect import Storage
from ownid_grpc.repositories.sql.rules import rule_faults

_UUID_BYTES = 16


class MappingFaults(Exception):
    """A mapping that does not fit its database, with everything that is wrong with it."""

    def __init__(self, faults: Iterable[MappingFault]) -> None:
        super().__init__()
        self.faults = tuple(faults)


def bind(words: SqlMapping, connection: Connection, dialect: Dialect) -> BoundMapping:
    """Returns the mapping bound to the tables behind `connection`; raises `MappingFaults`."""
    finder = Finder(words, connection, dialect)
    try:
        return _bound(finder)
    except MappingFaults as error:
        origins = (
            MappingFault(origin_of(finder, each.location), each.message) for each in error.faults
        )
        raise MappingFaults(dict.fromkeys(origins)) from None


def _bound(finder: Finder) -> BoundMapping:
    table = finder.table(("table",), finder.words.table, "")
    if table is None:
        raise MappingFaults(finder.faults)
    said = finder.words.joins
    narrow(finder)
    words = finder.words
    finder.columns(("where",), table, words.where)
    bound = bind_joins(finder, table, said)
    fields = bind_fields(finder, table, bound)
    listed = [each.join for each in fields.values() if each.is_list and each.join is not None]
    lists = {join.table.name: bound.pop(join.table.name) for join in listed}
    key = _key(finder, table)
    mapping = BoundMapping(words, finder.dialect, table, key, bound, lists, fields)
    if finder.faults:
        raise MappingFaults(finder.faults)
    names = [*_names_in_rules(mapping)]
    faults = [*unfilled_columns(mapping), *names]
    if not names:
        faults += [*direction_faults(mapping), *rule_faults(mapping)]
        faults += [*unreadable_places(finder.connection, mapping)]
    if faults:
        raise MappingFaults(faults)
    return mapping


def _key(finder: Finder, table: Table) -> tuple[BoundField, ...]:
    key = finder.words.key
    found = [_key_part(finder, table, index) for index in range(len(key.columns))]
    parts = tuple(part for part in found if part is not None)
    if len(parts) < len(found):
        return ()
    # A view has no indexes of its own: what its key is must be believed.
    if not table.shape.is_view and not is_unique(table.shape, key.columns, finder.words.where):
        finder.fault(
            ("key",),
            f"No unique index of '{table.shape.name}' is on just these columns: "
            "name the columns of its primary key.",
        )
    else:
        _check_generation(finder, table)
    return parts


def _key_part(finder: Finder, table: Table, index: int) -> BoundField | None:
    columns = finder.words.key.columns
    name = columns[index]
    location = ("key", "column") if len(columns) == 1 else ("key", "columns", str(index))
    shape = finder.column(location, table, name)
    if shape is None:
        return None
    # A key of 16 bytes is shown as the UUID that it is.
    is_uuid = shape.storage is Storage.BYTES and shape.max_length == _UUID_BYTES
    words = Property(column=name, encoding="uuid" if is_uuid else None)
    if shape.storage is Storage.BOOLEAN:
        words = Property(column=name, type="integer")
    return bind_field(finder, Described(("key", name), ("key",), words), table)


def _check_generation(finder: Finder, table: Table) -> None:
    key = finder.words.key
    # What fills a column of a view, only its table knows; SQLite would not tell.
    is_unknown = table.shape.is_view and finder.dialect.name != "sqlite"
    if key.generate != "database" or len(key.columns) != 1 or is_unknown:
        return
    shape = table.shape.columns[key.columns[0]]
    if not shape.is_filled:
        finder.fault(
            ("key",),
            f"The database makes no value for '{shape.name}': say who does with "
            "'generate' (uuid4, uuid7, sequence, function, random or caller).",
        )


def _names_in_rules(mapping: BoundMapping) -> Iterable[MappingFault]:
    """Yields a fault for each rule that names a column, join or property that is not there."""
    words = mapping.words
    for rule, assignments in (
        (("on_create",), words.on_create),
        (("on_write",), words.on_write),
        (("delete", "set"), words.delete.set),
    ):
        for name, assignment in assignments.items():
            table, column = mapping.owner(name)
            if column not in table.shape.columns:
                yield MappingFault((*rule, name), no_column(table.shape, column))
            for source in assignment.sources:
                if (PROFILE, *source.split(".")) not in mapping.fields:
                    message = f"There is no property '{source}' to take; {_meant(words, source)}"
                    yield MappingFault((*rule, name), message)
    own, version = mapping.table.shape, words.version
    if version is not None and version.column not in own.columns:
        yield MappingFault(("version", "column"), no_column(own, version.column))
    for index, names in enumerate(words.unique):
        for name in names:
            if (PROFILE, *name.split(".")) not in mapping.fields:
                message = f"There is no property '{name}'; {_meant(words, name)}"
                yield MappingFault(("unique", str(index)), message)


def _meant(words: SqlMapping, name: str) -> str:
    return meant(name, words.properties, "name one of 'properties'")
