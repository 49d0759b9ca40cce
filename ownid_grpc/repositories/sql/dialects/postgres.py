"""Expressions of PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Connection,
    DateTime,
    Numeric,
    Text,
    and_,
    case,
    cast,
    func,
    or_,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.types import NullType

from ownid_grpc.domain.login_ids import fold_login_id
from ownid_grpc.repositories.sql.dialects.base import JsonPath, Place, Rows, among, raw
from ownid_grpc.repositories.sql.names import mentioned
from ownid_grpc.repositories.sql.reflect import ColumnShape

_CHECKS_INPUT = 160000
"""The version from which pg_input_is_valid exists."""

_PROBE = text("""
    SELECT lower('É') = 'é', current_setting('server_version_num')::int,
           (SELECT min(collname) FROM pg_collation WHERE collname IN ('und-x-icu', 'pg_c_utf8'))
""")


@dataclass(frozen=True, slots=True)
class PostgresDialect:
    """PostgreSQL; `collation` lowers letters beyond ASCII where the database's own does not."""

    version: int
    lowers_all: bool
    collation: str | None
    name: str = "postgresql"
    compares_rows: bool = True

    @classmethod
    def of(cls, connection: Connection) -> "PostgresDialect":
        """Returns the dialect as the server behind `connection` speaks it."""
        lowers_all, version, collation = connection.execute(_PROBE).one()
        return cls(version, lowers_all, collation)

    def exact(self, place: Place) -> Place:
        """Casts away citext and padding; collation C orders UTF-8 by code point."""
        return cast(place, Text).collate("C")

    def like(self, place: Place, parts: Sequence[str]) -> ColumnElement[bool]:
        """Uses LIKE, which the C collation makes exact."""
        return place.like(raw(_pattern(parts)), escape="!")

    def as_text(self, place: Place) -> Place:
        """Casts."""
        return cast(place, Text)

    def hex_of(self, place: Place) -> Place:
        """Encodes."""
        return func.encode(place, "hex")

    def base64_of(self, place: Place) -> Place:
        """Takes away the line breaks that encode makes."""
        return func.replace(func.encode(place, "base64"), "\n", "")

    def number_of_text(self, place: Place) -> Place:
        """Casts what looks like a number."""
        looks = place.regexp_match(r"^ *[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+) *$")
        return case((looks, cast(place, Numeric)))

    def instant_of_text(self, place: Place) -> Place:
        """Casts what is a time; the session's zone is UTC."""
        looks = place.regexp_match(r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?")
        if self.version >= _CHECKS_INPUT:
            looks = and_(looks, func.pg_input_is_valid(place, "timestamptz"))
        return case((looks, cast(place, DateTime(timezone=True))))

    def instant(self, moment: datetime) -> Place:
        """Returns the aware datetime."""
        return raw(moment)

    def json_text(self, place: Place, path: JsonPath, *, is_text: bool) -> Place:
        """Returns strings only."""
        return self._typed(place, path, "string", is_text=is_text)

    def json_number(self, place: Place, path: JsonPath, *, is_text: bool) -> Place:
        """Returns numbers only, as numeric."""
        return cast(self._typed(place, path, "number", is_text=is_text), Numeric)

    def json_boolean(self, place: Place, path: JsonPath, *, is_text: bool) -> Place:
        """Returns booleans only."""
        return self._typed(place, path, "boolean", is_text=is_text) == "true"

    def json_present(self, place: Place, path: JsonPath, *, is_text: bool) -> ColumnElement[bool]:
        """Counts neither null nor an empty array or object."""
        value = cast(self._at(place, path, is_text=is_text), Text)
        return func.coalesce(value.not_in(["null", "[]", "{}"]), False)

    def json_without(self, place: Place, paths: Sequence[JsonPath], *, is_text: bool) -> Place:
        """Takes out path by path; a scalar, of which nothing can be taken, is no object."""
        document = self._at(place, (), is_text=is_text)
        rest = document
        for path in paths:
            rest = rest.op("#-")(cast(raw([str(step) for step in path]), ARRAY(Text)))
        return case((func.jsonb_typeof(document) == "object", rest))

    def json_contains(
        self, place: Place, path: JsonPath, item: str, *, is_text: bool
    ) -> ColumnElement[bool]:
        """Uses containment, which on an array of one scalar is membership."""
        value = self._at(place, path, is_text=is_text)
        is_array = func.jsonb_typeof(value) == "array"
        wanted = cast(raw(f"[{item}]"), JSONB)
        return case((is_array, value.op("@>", is_comparison=True)(wanted)), else_=False)

    def text_array(self, rows: Rows, text: Place, order: Sequence[Place]) -> Place:
        """Aggregates, as text that the driver leaves alone."""
        items = func.json_agg(aggregate_order_by(text, *order))
        return rows.with_only_columns(cast(items, Text)).scalar_subquery()

    def boolean(self, *, value: bool) -> Place:
        """Returns true or false."""
        return raw(value)

    def same_but_case(
        self,
        place: Place,
        values: Sequence[str],
        *,
        shape: ColumnShape,
        expressions: Sequence[str],
    ) -> ColumnElement[bool]:
        """Lowers in the database, in a second collation where its own knows only ASCII."""
        uses_upper = any(
            "upper(" in text.lower() and mentioned(text, [shape.name]) for text in expressions
        )
        if shape.ignores_case:
            own = among(place, values)
        elif uses_upper:
            own = among(func.upper(place), values, _Upper())
        else:
            own = among(func.lower(place), values, _Lower())
        lowers_all = self.lowers_all and not shape.lowers_ascii_only
        odd = [] if lowers_all else [each for each in values if not each.isascii()]
        if not odd:
            return own
        folded = [fold_login_id(each) for each in odd]
        if self.collation is None:
            spelled = [*odd, *folded, *(each.upper() for each in odd)]
            return or_(own, among(cast(place, Text), spelled))
        return or_(own, among(func.lower(cast(place, Text).collate(self.collation)), folded))

    def _typed(self, place: Place, path: JsonPath, kind: str, *, is_text: bool) -> Place:
        value = self._at(place, path, is_text=is_text)
        empty = cast(raw([]), ARRAY(Text))
        return case((func.jsonb_typeof(value) == kind, value.op("#>>")(empty)))

    def _at(self, place: Place, path: JsonPath, *, is_text: bool) -> Place:
        document: Place = cast(place, JSONB)
        if is_text and self.version >= _CHECKS_INPUT:
            document = case((func.pg_input_is_valid(place, "jsonb"), document))
        elif is_text:
            document = cast(func.nullif(place, ""), JSONB)
        if not path:
            return document
        return document.op("#>")(cast(raw([str(step) for step in path]), ARRAY(Text)))


class _Lower(NullType):
    """A raw text that the database lowers, as it does what the text is held against."""

    cache_ok = True

    def bind_expression(self, bindvalue: BindParameter[Any]) -> ColumnElement[Any]:
        """Lowers."""
        return func.lower(cast(bindvalue, Text))


class _Upper(NullType):
    """The same in capitals."""

    cache_ok = True

    def bind_expression(self, bindvalue: BindParameter[Any]) -> ColumnElement[Any]:
        """Makes capitals."""
        return func.upper(cast(bindvalue, Text))


def _pattern(parts: Sequence[str]) -> str:
    escaped = ["".join(f"!{c}" if c in "%_!" else c for c in part) for part in parts]
    return "%".join(escaped)
