"""One spelling for expressions, so that those of indexes and our own can be told to be the same.

What is lost in it (parentheses, casts that change nothing) tells no two
expressions apart that anybody would compare texts, numbers or dates by.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import BindParameter, ColumnClause, ColumnElement, Dialect, column, literal_column
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, Grouping
from sqlalchemy.sql.visitors import replacement_traverse

from ownid_grpc.repositories.sql.dialects.base import Place

_DIALECTS: Mapping[str, Callable[..., Dialect]] = {
    "postgresql": postgresql.dialect,
    "mariadb": mysql.dialect,
    "sqlite": sqlite.dialect,
}

_TEXTS = re.compile(r"('(?:[^']|'')*')")
_IDLE_CASTS = re.compile(r"::(text\[\]|text|character varying|jsonb)")
_CAST = re.compile(r"cast\((.+?) as (text\[\]|text|jsonb|numeric)\)")
_NOISE = re.compile(r'[\s()"`]|else null')


def spelled(place: Place, dialect: str) -> str:
    """Returns an expression over a table's columns as an index of the table would have it."""
    bare: Any = replacement_traverse(place, {}, _bare)
    return str(bare.compile(dialect=dialect_of(dialect)))


def dialect_of(name: str) -> Dialect:
    """Returns what writes SQL for people to read: no driver doubles a percent sign in it."""
    return _DIALECTS[name](paramstyle="named")


def normal(text: str) -> str:
    """Returns an expression in the one spelling."""
    parts = _TEXTS.split(text)
    plain = [part if index % 2 else part.lower() for index, part in enumerate(parts)]
    held = {f"\x00{index}\x00": part for index, part in enumerate(plain) if index % 2}
    shown = "".join(f"\x00{i}\x00" if i % 2 else part for i, part in enumerate(plain))
    while (uncast := _CAST.sub(r"(\1)::\2", shown)) != shown:
        shown = uncast
    shown = _NOISE.sub("", _IDLE_CASTS.sub("", shown))
    for mark, part in held.items():
        shown = shown.replace(mark, part)
    return shown


def parted(place: Place) -> tuple[Place, str | None]:
    """Returns an expression without the collation that it ends in, and that."""
    own: Any = place
    while isinstance(own, Grouping):
        own = own.element
    if isinstance(own, BinaryExpression) and own.operator is operators.collate:
        return own.left, str(getattr(own.right, "collation", ""))
    return own, None


def _bare(element: Any, **_: Any) -> ColumnElement[Any] | None:
    if isinstance(element, BindParameter):
        write = _listed if element.expanding else _literal
        return literal_column(write(element.value))
    if isinstance(element, ColumnClause) and element.table is not None:
        return column(str(element.name))
    return None


def _literal(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case list():
            return _literal("{" + ",".join(_member(str(each)) for each in value) + "}")
        case _:
            return "'" + str(value).replace("'", "''") + "'"


def _listed(values: Any) -> str:
    return f"({', '.join(map(_literal, values))})"


def _member(text: str) -> str:
    """Returns an element of an array as PostgreSQL writes it: in quotes where it has to be."""
    is_plain = re.fullmatch(r"[^\s\"\\{},]+", text) and text.lower() != "null"
    return text if is_plain else '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
