"""Arrays in one column: texts with separators between, and the database's own arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Numeric,
    Text,
    and_,
    cast,
    false,
    func,
    null,
)
from sqlalchemy.types import TypeEngine

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.predicates import Literal, Operator
from ownid_grpc.domain.source import Kind
from ownid_grpc.repositories.sql.codecs.base import Limits, Stored, Unstorable
from ownid_grpc.repositories.sql.codecs.column import Values
from ownid_grpc.repositories.sql.codecs.scalars import TextValues
from ownid_grpc.repositories.sql.dialects.base import Dialect, Place, raw

_UNIT_SEPARATOR = "\x1f"
"""Stands for a separator of several characters, which might overlap with items."""


@dataclass(frozen=True, slots=True)
class SeparatedCodec:
    """A list in a text; empty text is the empty list.

    `choices` are the members of a MariaDB SET, which knows no order of its own.
    `null` lists the texts that mean absence.
    """

    separator: str
    text: TextValues
    dialect: Dialect
    choices: tuple[str, ...] | None = None
    null: tuple[Stored, ...] = ()
    kind: Kind = Kind.ARRAY
    is_total: bool = False
    is_merging: bool = False

    @property
    def limits(self) -> Limits:
        """It holds texts."""
        return Limits(item_kind=Kind.TEXT, has_absence=bool(self.null))

    def read(self, place: Place) -> Place:
        """Selects the text."""
        return place

    def decode(self, stored: Stored) -> JsonValue:
        """Returns the items."""
        text = self.text.decode(stored)
        if not isinstance(text, str) or text in self.null:
            return None
        return list(text.split(self.separator)) if text else []

    def encode(self, value: JsonValue) -> Stored:
        """Returns the text; refuses items that would not be told apart."""
        if value is None:
            return self.null[0] if self.null else None
        if not isinstance(value, list):
            raise Unstorable("type", "The column holds a list; give an array of strings.")
        items = [item for item in value if isinstance(item, str)]
        if len(items) < len(value):
            raise Unstorable("items", "The column holds a list of texts; give strings.")
        if self.choices is not None:
            return self._chosen(items)
        text = self.separator.join(items)
        is_apart = (text.split(self.separator) if text else []) == items
        if not is_apart or (len(self.separator) > 1 and _UNIT_SEPARATOR in text):
            raise Unstorable("items", "An item has the separator of the column in it, or is empty.")
        if text in self.null:
            raise Unstorable("null", "The column keeps this text to say that there is no list.")
        return self.text.encode(text)

    def merge(self, stored: Stored, value: JsonValue) -> Stored:
        """Replaces the column, which holds nothing else."""
        return self.encode(value)

    def present(self, place: Place) -> ColumnElement[bool]:
        """Counts neither NULL nor an empty list."""
        exact = self.dialect.exact(place)
        return and_(place.is_not(None), exact.not_in([raw(each) for each in ("", *self.null)]))

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Answers false: a list is no single value."""
        return false()

    def match(self, place: Place, parts: Sequence[str]) -> ColumnElement[bool]:
        """Answers false: a list is no text."""
        return false()

    def contains(self, place: Place, value: Literal) -> ColumnElement[bool]:
        """Looks for the item between separators, at either end too."""
        if not isinstance(value, str) or self.separator in value:
            return false()
        text, mark = self.dialect.exact(place), self.separator
        if len(mark) > 1:
            text, mark = func.replace(text, raw(mark), raw(_UNIT_SEPARATOR)), _UNIT_SEPARATOR
        if mark in value:
            return false()
        whole = raw(mark).concat(text).concat(raw(mark))
        found = self.dialect.like(self.dialect.exact(whole), ("", f"{mark}{value}{mark}", ""))
        return and_(self.present(place), found)

    def comparable(self, place: Place, kind: Kind) -> Place:
        """Returns NULL: lists have no order."""
        return null()

    def sortable(self, place: Place, kind: Kind) -> Place:
        """Returns what is compared: no index has it."""
        return self.comparable(place, kind)

    def literal(self, value: Literal) -> Place:
        """Returns the value."""
        return raw(value)

    def _chosen(self, items: Sequence[str]) -> Stored:
        choices = self.choices or ()
        if len(set(items)) < len(items) or not set(choices).issuperset(items):
            raise Unstorable("items", "The column holds each of the items of its type once.")
        return self.separator.join(each for each in choices if each in items)


@dataclass(frozen=True, slots=True)
class ArrayCodec:
    """An array of PostgreSQL, read and written as text so that items of any type pass."""

    item_kind: Kind
    items: Values
    dialect: Dialect
    kind: Kind = Kind.ARRAY
    is_total: bool = False
    is_merging: bool = False

    @property
    def limits(self) -> Limits:
        """It holds items of one kind."""
        return Limits(item_kind=self.item_kind)

    def read(self, place: Place) -> Place:
        """Selects the items as texts."""
        return cast(place, ARRAY(Text))

    def decode(self, stored: Stored) -> JsonValue:
        """Returns the items, None for one that is NULL."""
        return [self._item(each) for each in stored] if isinstance(stored, list) else None

    def encode(self, value: JsonValue) -> Stored:
        """Returns the array as PostgreSQL writes it."""
        if value is None:
            return None
        if not isinstance(value, list):
            raise Unstorable("type", "The column holds an array.")
        if any(each is None or isinstance(each, list | dict) for each in value):
            raise Unstorable("items", "The column holds an array of single values.")
        return _array_text([_text(self.items.encode(each)) for each in value])

    def merge(self, stored: Stored, value: JsonValue) -> Stored:
        """Replaces the column, which holds nothing else."""
        return self.encode(value)

    def present(self, place: Place) -> ColumnElement[bool]:
        """Counts neither NULL nor an empty array."""
        return func.cardinality(place) > 0

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Answers false: an array is no single value."""
        return false()

    def match(self, place: Place, parts: Sequence[str]) -> ColumnElement[bool]:
        """Answers false: an array is no text."""
        return false()

    def contains(self, place: Place, value: Literal) -> ColumnElement[bool]:
        """Looks among the items, in a type that holds any literal of their kind."""
        wanted = cast(raw(_array_text([_text(value)])), ARRAY(_WIDE[self.item_kind]))
        texts: Place = cast(place, ARRAY(Text))
        items = cast(texts, ARRAY(_WIDE[self.item_kind])) if self._is_cast else texts
        found: Place = items.op("@>", is_comparison=True)(wanted)
        return and_(func.array_ndims(place) == 1, found)

    def comparable(self, place: Place, kind: Kind) -> Place:
        """Returns NULL: arrays have no order."""
        return null()

    def sortable(self, place: Place, kind: Kind) -> Place:
        """Returns what is compared: no index has it."""
        return self.comparable(place, kind)

    def literal(self, value: Literal) -> Place:
        """Returns the value."""
        return raw(value)

    @property
    def _is_cast(self) -> bool:
        return self.item_kind is not Kind.TEXT

    def _item(self, stored: Stored) -> JsonValue:
        if isinstance(stored, list):
            return [self._item(each) for each in stored]
        return None if stored is None else self.items.decode(stored)


_WIDE: dict[Kind, TypeEngine[Any]] = {
    Kind.TEXT: Text(),
    Kind.INTEGER: Numeric(),
    Kind.NUMBER: Numeric(),
    Kind.BOOLEAN: Boolean(),
    Kind.TIMESTAMP: DateTime(timezone=True),
    Kind.DATE: Date(),
}


def _text(value: Stored) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _array_text(items: Sequence[str]) -> str:
    escaped = (item.replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return "{" + ",".join(f'"{item}"' for item in escaped) + "}"
