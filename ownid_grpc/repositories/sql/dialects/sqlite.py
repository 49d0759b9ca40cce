"""Expressions of SQLite."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Numeric,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.types import NullType

from ownid_grpc.domain.login_ids import fold_login_id
from ownid_grpc.repositories.sql.dialects.base import JsonPath, Place, Rows, among, raw
from ownid_grpc.repositories.sql.dialects.times import microseconds_of
from ownid_grpc.repositories.sql.names import mentioned
from ownid_grpc.repositories.sql.reflect import ColumnShape

FOLD = "ownid_fold"
"""The function that connections define: `fold_login_id`."""

BASE64 = "ownid_base64"
"""Another: bytes in base64."""

_READS_NAMES = (3, 45)
"""The version from which a step without quotes means a name, not how JSON writes it."""


@dataclass(frozen=True, slots=True)
class SqliteDialect:
    """SQLite 3.38 and newer."""

    name: str = "sqlite"
    compares_rows: bool = True

    def exact(self, place: Place) -> Place:
        """Compares byte by byte, which UTF-8 orders by code point."""
        return place.collate("BINARY")

    def like(self, place: Place, parts: Sequence[str]) -> ColumnElement[bool]:
        """Uses GLOB, since LIKE overlooks case here."""
        escaped = ["".join(f"[{c}]" if c in "*?[" else c for c in part) for part in parts]
        return place.op("GLOB", is_comparison=True)(raw("*".join(escaped)))

    def as_text(self, place: Place) -> Place:
        """Casts."""
        return cast(place, Text)

    def hex_of(self, place: Place) -> Place:
        """Uses hex(), for which NULL is empty."""
        return case((place.is_not(None), func.lower(func.hex(place))))

    def base64_of(self, place: Place) -> Place:
        """Uses our own function: SQLite has none."""
        encoded: Place = getattr(func, BASE64)(place)
        return encoded

    def number_of_text(self, place: Place) -> Place:
        """Takes digits, with a sign before and a point among them, for a number."""
        text = func.trim(place, " ")
        bare = case((func.substr(text, 1, 1).in_(["+", "-"]), func.substr(text, 2)), else_=text)
        looks = and_(
            _globs(bare, "*[0-9]*"),
            not_(_globs(bare, "*[^0-9.]*")),
            not_(_globs(bare, "*.*.*")),
        )
        # Without a type, since that of Numeric would turn the other side into a float.
        return case((looks, type_coerce(cast(text, Numeric), NullType())))

    def instant_of_text(self, place: Place) -> Place:
        """Counts microseconds since the epoch: strftime itself knows only thousandths."""
        whole = func.substr(place, 1, 19).op("||")(
            func.ltrim(func.substr(place, 20), ".0123456789")
        )
        fraction = cast(raw("0.").op("||")(func.substr(place, 21)), Float) * 1_000_000
        return cast(func.strftime("%s", whole), Integer) * 1_000_000 + case(
            (func.substr(place, 20, 1) == ".", cast(func.round(fraction), Integer)), else_=0
        )

    def instant(self, moment: datetime) -> Place:
        """Returns the same count."""
        return raw(microseconds_of(moment))

    def json_text(self, place: Place, path: JsonPath, *, is_text: bool) -> Place:
        """Asks for the type first: json_extract turns a string and a number alike into text."""
        return self._typed(place, path, ("text",))

    def json_number(self, place: Place, path: JsonPath, *, is_text: bool) -> Place:
        """Returns integers and reals."""
        return self._typed(place, path, ("integer", "real"))

    def json_boolean(self, place: Place, path: JsonPath, *, is_text: bool) -> Place:
        """Returns 1 or 0."""
        return self._typed(place, path, ("true", "false"))

    def json_present(self, place: Place, path: JsonPath, *, is_text: bool) -> ColumnElement[bool]:
        """Counts neither null nor an empty array or object."""
        where = _path(path)
        value = func.json_extract(place, where)
        kind = func.json_type(place, where)
        found = and_(kind != "null", value.not_in(["[]", "{}"]) | kind.not_in(["array", "object"]))
        return func.coalesce(case((func.json_valid(place) == 1, found)), false())

    def json_without(self, place: Place, paths: Sequence[JsonPath], *, is_text: bool) -> Place:
        """Uses json_remove(), which passes over what is not there."""
        document = case((func.json_valid(place) == 1, place))
        return func.json_remove(document, *map(_path, paths))

    def json_contains(
        self, place: Place, path: JsonPath, item: str, *, is_text: bool
    ) -> ColumnElement[bool]:
        """Looks through the elements, each as JSON text."""
        document = case((func.json_valid(place) == 1, place))
        each = func.json_each(document, _path(path)).table_valued("value", "type", "atom")
        wanted = func.json_extract(raw(f"[{item}]"), "$[0]")
        kinds = func.json_type(raw(f"[{item}]"), "$[0]")
        same_kind = or_(
            each.c.type == kinds,
            and_(each.c.type.in_(["integer", "real"]), kinds.in_(["integer", "real"])),
        )
        array: Place = func.json_type(document, _path(path)) == "array"
        found: Place = select(each.c.atom).where(each.c.atom == wanted, same_kind).exists()
        return and_(array, found)

    def text_array(self, rows: Rows, text: Place, order: Sequence[Place]) -> Place:
        """Sorts before it aggregates: what sorts within came with SQLite 3.44."""
        items = rows.with_only_columns(text.label("item")).order_by(*order).subquery()
        return select(func.json_group_array(items.c.item)).scalar_subquery()

    def boolean(self, *, value: bool) -> Place:
        """Returns 1 or 0."""
        return raw(int(value))

    def same_but_case(
        self,
        place: Place,
        values: Sequence[str],
        *,
        shape: ColumnShape,
        expressions: Sequence[str],
    ) -> ColumnElement[bool]:
        """Uses our own function for what lies beyond ASCII, which SQLite's lower() leaves alone."""
        odd = [fold_login_id(each) for each in values if not each.isascii()]
        plain = [each for each in values if each.isascii()]
        if shape.ignores_case:
            own = among(place, plain)
        elif any(
            "upper(" in text.lower() and mentioned(text, [shape.name]) for text in expressions
        ):
            own = among(func.upper(place), [each.upper() for each in plain])
        else:
            own = among(func.lower(place), [each.lower() for each in plain])
        folded_place: Place = getattr(func, FOLD)(place)
        return or_(own, among(folded_place, odd)) if odd else own

    def _typed(self, place: Place, path: JsonPath, kinds: Sequence[str]) -> Place:
        # Written out: SQLite takes no parameter for the constant of an index over an expression.
        where = _written(_path(path))
        kind = func.json_type(place, where).in_([_written(each) for each in kinds])
        of_kind = and_(func.json_valid(place) == literal_column("1"), kind)
        return case((of_kind, func.json_extract(place, where)))


def _written(text: str) -> Place:
    return literal_column("'" + text.replace("'", "''") + "'", Text)


def _globs(place: Place, pattern: str) -> ColumnElement[bool]:
    return place.op("GLOB", is_comparison=True)(pattern)


def _path(path: JsonPath) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else _member(step) for step in path)


def _member(name: str) -> str:
    """Returns a step to a member: in quotes, but for a name that they would end in.

    Without them, it is held against what is written up to SQLite 3.44, later against the name.
    """
    written = json.dumps(name, ensure_ascii=False)
    if '"' not in name:
        return f".{written}"
    return f".{written[1:-1] if sqlite3.sqlite_version_info < _READS_NAMES else name}"
