"""What codecs need a database to be able to say."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from sqlalchemy import ColumnElement, Select, bindparam, false
from sqlalchemy.types import NullType, TypeEngine

from ownid_grpc.repositories.sql.reflect import ColumnShape

Place: TypeAlias = ColumnElement[Any]
"""A column or an expression over one."""

Rows: TypeAlias = Select[*tuple[Any, ...]]
"""A select of rows, whose columns do not matter yet."""

JsonPath: TypeAlias = Sequence[str | int]


def raw(value: object) -> Place:
    """Returns a parameter that goes to the driver as it is."""
    return bindparam(None, value, type_=NullType(), unique=True)


def among(
    place: Place, values: Sequence[object], as_type: TypeEngine[Any] | None = None
) -> ColumnElement[bool]:
    """Returns whether a place has one of some values, which are `raw` unless a type is given."""
    if not values:
        return false()
    kind = as_type or NullType()
    if len(values) == 1:
        return place == bindparam(None, values[0], type_=kind, unique=True)
    # One parameter, whatever its length: the statement is compiled once.
    return place.in_(bindparam(None, list(values), type_=kind, unique=True, expanding=True))


class Dialect(Protocol):
    """Expressions of one database; an expression over odd stored text is NULL, never an error."""

    @property
    def name(self) -> str:
        """sqlite, postgresql or mariadb."""
        ...

    @property
    def compares_rows(self) -> bool:
        """Whether an index serves a comparison of several columns with as many values at once."""
        ...

    def exact(self, place: Place) -> Place:
        """Returns text that compares and sorts by code point."""
        ...

    def like(self, place: Place, parts: Sequence[str]) -> ColumnElement[bool]:
        """Returns whether exact text is `parts` with anything between."""
        ...

    def as_text(self, place: Place) -> Place:
        """Returns any value as text."""
        ...

    def hex_of(self, place: Place) -> Place:
        """Returns bytes as lower-case hexadecimal digits."""
        ...

    def base64_of(self, place: Place) -> Place:
        """Returns bytes in base64, in one line."""
        ...

    def number_of_text(self, place: Place) -> Place:
        """Returns the number that a text spells."""
        ...

    def instant_of_text(self, place: Place) -> Place:
        """Returns what `instant` literals compare with, for a time written as ISO 8601 text."""
        ...

    def instant(self, moment: datetime) -> Place:
        """Returns a literal to hold against `instant_of_text`."""
        ...

    def json_text(self, place: Place, path: JsonPath, *, is_text: bool) -> Place:
        """Returns the string at a path of a document; `is_text` for one kept as text."""
        ...

    def json_number(self, place: Place, path: JsonPath, *, is_text: bool) -> Place:
        """Returns the number at a path."""
        ...

    def json_boolean(self, place: Place, path: JsonPath, *, is_text: bool) -> Place:
        """Returns the boolean at a path, as `boolean` literals are."""
        ...

    def json_present(self, place: Place, path: JsonPath, *, is_text: bool) -> ColumnElement[bool]:
        """Returns whether a path holds anything but null and empty containers."""
        ...

    def json_without(self, place: Place, paths: Sequence[JsonPath], *, is_text: bool) -> Place:
        """Returns a document of objects without what lies at some paths, as a document column."""
        ...

    def json_contains(
        self, place: Place, path: JsonPath, item: str, *, is_text: bool
    ) -> ColumnElement[bool]:
        """Returns whether the array at a path has an element equal to the JSON text `item`."""
        ...

    def text_array(self, rows: Rows, text: Place, order: Sequence[Place]) -> Place:
        """Returns a text of each of some rows as one JSON array, in order; NULL or [] for none."""
        ...

    def boolean(self, *, value: bool) -> Place:
        """Returns a boolean literal as comparisons of booleans need it."""
        ...

    def same_but_case(
        self,
        place: Place,
        values: Sequence[str],
        *,
        shape: ColumnShape,
        expressions: Sequence[str],
    ) -> ColumnElement[bool]:
        """Returns a condition that every row meets whose text is one of `values` but for case.

        It may let more through. `shape` is the column's; `expressions` are the
        functional indexes of its table.
        """
        ...
