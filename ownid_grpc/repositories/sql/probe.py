"""Asks a database for the mapped columns, to learn whether it would give them."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, false, select
from sqlalchemy.exc import DBAPIError

from ownid_grpc.domain.account import PROFILE
from ownid_grpc.domain.source import MappingFault
from ownid_grpc.repositories.sql.bound import REST, BoundField, BoundMapping, Table, conditions_of
from ownid_grpc.repositories.sql.errors import Meaning, refusal_of
from ownid_grpc.repositories.sql.select import selection_of, statement

_FAULTY = {
    Meaning.FORBIDDEN: "The database user of this service may not read '{}'; grant it SELECT.",
    Meaning.SHAPE: "The database cannot compare or read '{}' like this; give a value of its type.",
    Meaning.VALUE: "The database cannot compare or read '{}' like this; give a value of its type.",
}


def unreadable_places(connection: Connection, mapping: BoundMapping) -> Iterator[MappingFault]:
    """Yields a fault for each place that the database refuses to read or to compare.

    Nothing is read: every question is for no row. When all is well it is one.
    """
    selection = selection_of(mapping, None)
    whole = statement(mapping, selection.columns, selection.fields).where(false())
    try:
        connection.execute(whole).all()
    except DBAPIError as error:
        if refusal_of(error).meaning not in _FAULTY:
            raise
        yield from _faults(connection, mapping)


def _faults(connection: Connection, mapping: BoundMapping) -> Iterator[MappingFault]:
    for location, name, place, source in _places(mapping):
        try:
            connection.execute(select(place).select_from(source).where(false())).all()
        except DBAPIError as error:
            meaning = refusal_of(error).meaning
            if meaning not in _FAULTY:
                raise
            yield MappingFault(location, _FAULTY[meaning].format(name))


def _places(
    mapping: BoundMapping,
) -> Iterator[tuple[tuple[str, ...], str, ColumnElement[Any], FromClause]]:
    own = mapping.table
    for part in mapping.key:
        yield ("key",), part.shape.name, part.column, own.source
    for name, condition in _conditions(own, mapping):
        yield ("where", name), name, condition, own.source
    for join_name, join in mapping.joins.items():
        columns = [(theirs, join.table) for theirs, _ in join.on]
        columns += [(ours, own) for _, ours in join.on]
        for column, table in columns:
            yield ("joins", join_name, "on"), column, table.read(column), table.source
        for name, said in join.words.where.items():
            (condition,) = conditions_of(join.table, {name: said})
            yield ("joins", join_name, "where", name), name, condition, join.table.source
    for field in mapping.fields.values():
        yield _location(field), field.shape.name, field.codec.read(field.column), field.table.source
    if mapping.words.version is not None:
        name = mapping.words.version.column
        yield ("version",), name, own.read(name), own.source


def _conditions(own: Table, mapping: BoundMapping) -> Iterator[tuple[str, ColumnElement[bool]]]:
    for name, said in mapping.words.where.items():
        (condition,) = conditions_of(own, {name: said})
        yield name, condition


def _location(field: BoundField) -> tuple[str, ...]:
    if field.path == REST:
        return ("properties",)
    return ("properties", field.name) if field.path[0] == PROFILE else field.path
