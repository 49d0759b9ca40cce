"""Expressions of MariaDB."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, false, func, literal_column
from sqlalchemy.dialects.mysql import CHAR, DATETIME, DECIMAL
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from ownid_grpc.domain.login_ids import fold_login_id
from ownid_grpc.repositories.sql.dialects.base import JsonPath, Place, Rows, among, raw
from ownid_grpc.repositories.sql.dialects.charsets import can_hold
from ownid_grpc.repositories.sql.reflect import ColumnShape

_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?"


@dataclass(frozen=True, slots=True)
class MariaDbDialect:
    """MariaDB 10.6 and newer."""

    name: str = "mariadb"
    compares_rows: bool = False

    def exact(self, place: Place) -> Place:
        """Converts first: the column's charset may have no collation by code point."""
        unicode = func.convert(place.op("USING")(literal_column("utf8mb4")))
        return unicode.collate("utf8mb4_nopad_bin")

    def like(self, place: Place, parts: Sequence[str]) -> ColumnElement[bool]:
        """Uses LIKE, which the collation makes exact."""
        escaped = ["".join(f"!{c}" if c in "%_!" else c for c in part) for part in parts]
        return place.like(raw("%".join(escaped)), escape="!")

    def as_text(self, place: Place) -> Place:
        """Casts."""
        return cast(place, CHAR)

    def hex_of(self, place: Place) -> Place:
        """Uses HEX."""
        return func.lower(func.hex(place))

    def base64_of(self, place: Place) -> Place:
        """Takes away the line breaks that TO_BASE64 makes."""
        return func.replace(func.to_base64(place), "\n", "")

    def number_of_text(self, place: Place) -> Place:
        """Casts what looks like a number."""
        looks = place.regexp_match(r"^ *[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+) *$")
        return case((looks, cast(place, DECIMAL(65, 20))))

    def instant_of_text(self, place: Place) -> Place:
        """Reads a time in UTC or with an offset; CONVERT_TZ takes offsets without zone tables."""
        ends_in_offset = place.regexp_match("[0-9][-+][0-9]{2}:[0-9]{2}$")
        naive = cast(func.replace(func.replace(place, "T", " "), "Z", ""), DATETIME(fsp=6))
        local = cast(
            func.replace(func.left(place, func.char_length(place) - 6), "T", " "), DATETIME(fsp=6)
        )
        shifted = func.convert_tz(local, func.right(place, 6), "+00:00")
        moment = case((ends_in_offset, shifted), else_=naive)
        return case((place.regexp_match(_TIME), moment))

    def instant(self, moment: datetime) -> Place:
        """Returns the naive datetime in UTC."""
        return raw(moment.astimezone(UTC).replace(tzinfo=None))

    def json_text(self, place: Place, path: JsonPath, *, is_text: bool) -> Place:
        """Returns strings only."""
        value = func.json_extract(place, _path(path))
        return self._typed(place, path, ("STRING",), func.json_unquote(value))

    def json_number(self, place: Place, path: JsonPath, *, is_text: bool) -> Place:
        """Returns numbers only, as decimals."""
        number = cast(func.json_value(place, _path(path)), DECIMAL(65, 20))
        return self._typed(place, path, ("INTEGER", "DOUBLE", "DECIMAL"), number)

    def json_boolean(self, place: Place, path: JsonPath, *, is_text: bool) -> Place:
        """Returns 1 or 0."""
        value = func.json_compact(func.json_extract(place, _path(path))) == "true"
        return self._typed(place, path, ("BOOLEAN",), value)

    def json_present(self, place: Place, path: JsonPath, *, is_text: bool) -> ColumnElement[bool]:
        """Counts neither null nor an empty array or object."""
        value = func.json_compact(func.json_extract(place, _path(path)))
        return func.coalesce(
            case((func.json_valid(place) == 1, value.not_in(["null", "[]", "{}"]))), false()
        )

    def json_without(self, place: Place, paths: Sequence[JsonPath], *, is_text: bool) -> Place:
        """Uses JSON_REMOVE, which passes over what is not there."""
        document = case((func.json_valid(place) == 1, place))
        return func.json_remove(document, *map(_path, paths))

    def json_contains(
        self, place: Place, path: JsonPath, item: str, *, is_text: bool
    ) -> ColumnElement[bool]:
        """Uses JSON_CONTAINS on an array of the one element."""
        where = _path(path)
        is_array = func.json_type(func.json_extract(place, where)) == "ARRAY"
        contains = func.json_contains(place, raw(item), where) == 1
        return case((and_(func.json_valid(place) == 1, is_array), contains), else_=false())

    def text_array(self, rows: Rows, text: Place, order: Sequence[Place]) -> Place:
        """Aggregates; the session's group_concat_max_len is room enough."""
        return rows.with_only_columns(_TextArray(text, *order)).scalar_subquery()

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
        """Trusts the column's own collation where it overlooks case, else lowers."""
        # To compare others would be an error: no collation has both.
        held = [each for each in values if can_hold(shape.charset, each)]
        if shape.ignores_case:
            return among(place, held)
        return among(func.lower(cast(place, CHAR)), [fold_login_id(each) for each in held])

    def _typed(self, place: Place, path: JsonPath, kinds: Sequence[str], value: Place) -> Place:
        kind = func.json_type(func.json_extract(place, _path(path)))
        return case((and_(func.json_valid(place) == 1, kind.in_(kinds)), value))


class _TextArray(FunctionElement[str]):
    """JSON_ARRAYAGG of the first clause, in the order of the others."""

    type = Text()
    inherit_cache = True


@compiles(_TextArray)
def _write_text_array(element: _TextArray, compiler: SQLCompiler, **words: Any) -> str:
    text, *order = (compiler.process(each, **words) for each in element.clauses)
    return f"JSON_ARRAYAGG({text} ORDER BY {', '.join(order)})"


def _path(path: JsonPath) -> str:
    steps = [
        f"[{step}]" if isinstance(step, int) else f".{json.dumps(step, ensure_ascii=False)}"
        for step in path
    ]
    return "$" + "".join(steps)
