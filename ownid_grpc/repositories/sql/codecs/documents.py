"""Values within a JSON document, and documents as a whole."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.predicates import Literal, Operator
from ownid_grpc.domain.source import Kind
from ownid_grpc.domain.texts import unstorable_at
from ownid_grpc.repositories.sql.codecs.base import Limits, Stored, Unstorable
from ownid_grpc.repositories.sql.codecs.relations import (
    float_relation,
    is_sqlite_integer,
    nearest_float,
    plain_number,
    relation,
)
from ownid_grpc.repositories.sql.dialects.base import Dialect, Place, raw


def parse_document(stored: Stored) -> JsonValue:
    """Returns the content of a document, None for one that is empty or broken."""
    if isinstance(stored, bytes):
        stored = stored.decode("utf-8", "replace")
    if not isinstance(stored, str):
        return stored if isinstance(stored, dict | list) else None
    try:
        content: JsonValue = json.loads(stored, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return content


def write_document(value: JsonValue) -> str:
    """Returns JSON text; decimals keep their digits, other characters stay as they are."""
    if isinstance(value, dict):
        members = (
            f"{json.dumps(k, ensure_ascii=False)}: {write_document(v)}" for k, v in value.items()
        )
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(write_document, value)) + "]"
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class DocumentCodec:
    """The value at `path` of the document in a column; with no path, the document itself.

    `elsewhere` are paths of the document that hold nothing of the account's, for
    they are mapped to other places.
    """

    kind: Kind
    path: tuple[str | int, ...]
    dialect: Dialect
    is_text: bool
    is_total: bool = False
    limits: Limits = Limits()  # noqa: RUF009 - frozen, so that it can be shared
    elsewhere: tuple[tuple[str | int, ...], ...] = ()

    @property
    def is_merging(self) -> bool:
        """Whether the document holds more than this value."""
        return bool(self.path)

    def within(self, steps: Sequence[str]) -> "DocumentCodec":
        """Returns the codec of what lies within the value, of any kind."""
        return replace(self, kind=Kind.ANY, path=(*self.path, *steps))

    def read(self, place: Place) -> Place:
        """Selects the document's text, which keeps the digits of its numbers."""
        return place if self.is_text else self.dialect.as_text(place)

    def decode(self, stored: Stored) -> JsonValue:
        """Returns the value at the path."""
        value = parse_document(stored)
        for step in self.path:
            value = _step(value, step)
        return value

    def encode(self, value: JsonValue) -> Stored:
        """Returns a document of nothing but this value."""
        return self.merge(None, value)

    def merge(self, stored: Stored, value: JsonValue) -> Stored:
        """Returns the document with the value in its place."""
        if not _is_storable(value):
            raise Unstorable("characters", "The text has characters that no column can hold.")
        if not self.path:
            return None if value is None else write_document(value)
        document = parse_document(stored)
        if stored not in (None, "") and document is None:
            raise Unstorable("document", "The column holds no JSON document to write into.")
        if value is None and document is None:
            return stored
        return write_document(_placed(document, self.path, value))

    def present(self, place: Place) -> ColumnElement[bool]:
        """Counts neither null nor an empty array or object."""
        if not self.elsewhere:
            return self.dialect.json_present(place, self.path, is_text=self.is_text)
        own = self.dialect.json_without(place, self.elsewhere, is_text=self.is_text)
        return self.dialect.json_present(own, self.path, is_text=False)

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Compares values of the literal's type only."""
        comparable = self.comparable(place, _kind_of(value))
        if isinstance(value, int | float | Decimal) and self._is_float(value):
            return float_relation(comparable, operator, value)
        return relation(comparable, operator, self.literal(value))

    def match(self, place: Place, parts: Sequence[str]) -> ColumnElement[bool]:
        """Matches strings."""
        return self.dialect.like(self.comparable(place, Kind.TEXT), parts)

    def contains(self, place: Place, value: Literal) -> ColumnElement[bool]:
        """Looks for an element of the array."""
        item = write_document(value if not isinstance(value, date) else value.isoformat())
        return self.dialect.json_contains(place, self.path, item, is_text=self.is_text)

    def comparable(self, place: Place, kind: Kind) -> Place:
        """Returns the value where it is of the kind asked for."""
        if kind in (Kind.INTEGER, Kind.NUMBER):
            return self.dialect.json_number(place, self.path, is_text=self.is_text)
        if kind is Kind.BOOLEAN:
            return self.dialect.json_boolean(place, self.path, is_text=self.is_text)
        text = self.dialect.json_text(place, self.path, is_text=self.is_text)
        if kind is Kind.TIMESTAMP:
            return self.dialect.instant_of_text(text)
        return self.dialect.exact(text)

    def sortable(self, place: Place, kind: Kind) -> Place:
        """Returns what is compared: no index has it."""
        return self.comparable(place, kind)

    def literal(self, value: Literal) -> Place:
        """Returns the literal as the value is taken out of the document."""
        if isinstance(value, bool):
            return self.dialect.boolean(value=value)
        if isinstance(value, datetime):
            return self.dialect.instant(value)
        if isinstance(value, date):
            return raw(value.isoformat())
        if isinstance(value, str):
            return raw(value)
        return raw(nearest_float(value) if self._is_float(value) else plain_number(value))

    def _is_float(self, value: float | Decimal) -> bool:
        """Whether SQLite knows such a number only as a float."""
        return self.dialect.name == "sqlite" and not is_sqlite_integer(value)


def _is_storable(value: JsonValue) -> bool:
    if isinstance(value, dict):
        return all(map(_is_storable, [*value, *value.values()]))
    if isinstance(value, list):
        return all(map(_is_storable, value))
    return not isinstance(value, str) or unstorable_at(value) is None


def _kind_of(value: Literal) -> Kind:
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, datetime):
        return Kind.TIMESTAMP
    return Kind.TEXT if isinstance(value, str | date) else Kind.NUMBER


def _step(value: JsonValue, step: str | int) -> JsonValue:
    if isinstance(step, int):
        is_there = isinstance(value, list) and step < len(value)
        return value[step] if is_there and isinstance(value, list) else None
    return value.get(step) if isinstance(value, dict) else None


def _placed(document: JsonValue, path: tuple[str | int, ...], value: JsonValue) -> JsonValue:
    if not path:
        return value
    step, rest = path[0], path[1:]
    inner = _placed(_step(document, step), rest, value)
    if isinstance(step, int):
        items = list(document) if isinstance(document, list) else []
        items += [None] * (step + 1 - len(items))
        items[step] = inner
        return items
    members = dict(document) if isinstance(document, dict) else {}
    if inner is None:
        members.pop(step, None)
    else:
        members[step] = inner
    return members
