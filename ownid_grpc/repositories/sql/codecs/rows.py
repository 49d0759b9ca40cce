"""Arrays whose items are rows: read by one sub-select each, and found by EXISTS."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, FromClause, and_, false, func, null, select

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.predicates import Literal, Operator
from ownid_grpc.domain.source import Kind
from ownid_grpc.repositories.sql.bound import BoundJoin, Table, conditions_of
from ownid_grpc.repositories.sql.codecs.base import Codec, CodecFault, Limits, Stored, Unstorable
from ownid_grpc.repositories.sql.dialects import Dialect
from ownid_grpc.repositories.sql.dialects.base import Place, Rows, raw
from ownid_grpc.repositories.sql.finder import is_unique
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_GIVEN: Mapping[Storage, Callable[[str], Stored]] = {
    Storage.INTEGER: int,
    Storage.DECIMAL: Decimal,
    Storage.FLOAT: float,
    Storage.BOOLEAN: lambda text: text in ("1", "t", "true"),
    Storage.BYTES: bytes.fromhex,
}
"""What the driver gives for texts in which a select has spelled what columns hold."""


@dataclass(frozen=True, slots=True)
class ListCodec:
    """An array of what `item` reads in the rows of a join, in the order of their key."""

    item: Codec
    join: BoundJoin
    account: Table
    shape: ColumnShape
    dialect: Dialect
    kind: Kind = Kind.ARRAY
    is_total: bool = False
    is_merging: bool = False

    @property
    def limits(self) -> Limits:
        """It holds items of one kind; no rows are no array."""
        return Limits(item_kind=self.item.kind, has_absence=True)

    def read(self, place: Place) -> Place:
        """Selects the items as a JSON array of texts."""
        text = self._text(self.item.read(place))
        order = [self.join.table.read(name) for name in row_key(self.join)]
        return self.dialect.text_array(self._rows().where(place.is_not(None)), text, order)

    def decode(self, stored: Stored) -> JsonValue:
        """Returns the items that can be read; none at all are no array."""
        texts = json.loads(stored) if stored else []
        items: list[JsonValue] = [item for each in texts if (item := self._item(each)) is not None]
        return items or None

    def encode(self, value: JsonValue) -> Stored:
        """Returns each item as its row holds it."""
        if value is None:
            return []
        if not isinstance(value, list):
            raise Unstorable("type", "Each item is a row; give an array.")
        if any(each is None for each in value):
            raise Unstorable("items", "Each item is a row, which holds a value; leave null out.")
        return [self.item.encode(each) for each in value]

    def merge(self, stored: Stored, value: JsonValue) -> Stored:
        """Returns the items: there is nothing beside them."""
        return self.encode(value)

    def present(self, place: Place) -> ColumnElement[bool]:
        """Returns whether there is a row with a value."""
        return self._any(self.item.present(place))

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Answers false: an array is no single value."""
        return false()

    def match(self, place: Place, parts: Sequence[str]) -> ColumnElement[bool]:
        """Answers false: an array is no text."""
        return false()

    def contains(self, place: Place, value: Literal) -> ColumnElement[bool]:
        """Returns whether there is a row with an equal value."""
        condition = self.item.compare(place, Operator.EQ, value)
        if len(self.join.on) > 1:
            return self._any(condition)
        # Said so, SQLite too begins with an index of the items, if there is one.
        ((theirs, ours),) = self.join.on
        rows = select(self.join.table.read(theirs)).select_from(rows_of(self.join))
        found = rows.where(condition, *conditions_of_rows(self.join))
        return self.account.read(ours).in_(found)

    def comparable(self, place: Place, kind: Kind) -> Place:
        """Returns NULL: arrays have no order."""
        return null()

    def sortable(self, place: Place, kind: Kind) -> Place:
        """Returns what is compared: no index has it."""
        return self.comparable(place, kind)

    def literal(self, value: Literal) -> Place:
        """Returns the value."""
        return raw(value)

    def _any(self, condition: ColumnElement[bool]) -> ColumnElement[bool]:
        return self._rows().where(condition).exists()

    def _rows(self) -> Rows:
        """Returns the rows of one account, without columns yet."""
        pairs = [
            self.join.table.read(theirs) == self.account.read(ours) for theirs, ours in self.join.on
        ]
        rows = select(self._anchor()).select_from(rows_of(self.join))
        return rows.where(*pairs, *conditions_of_rows(self.join)).correlate(self.account.source)

    def _anchor(self) -> Place:
        return self.join.table.read(self.join.on[0][0])

    def _text(self, read: Place) -> Place:
        if self.shape.storage is Storage.BYTES and not self._reads_text:
            return self.dialect.hex_of(read)
        if self.shape.storage is Storage.FLOAT and self.dialect.name == "sqlite":
            # A cast to text, as JSON has it too, rounds to 15 digits.
            return func.printf("%!.17g", read)
        return self.dialect.as_text(read)

    @property
    def _reads_text(self) -> bool:
        return bool(getattr(self.item, "reads_text", False))

    def _item(self, text: str | None) -> JsonValue:
        given = None if self._reads_text else _GIVEN.get(self.shape.storage)
        try:
            return self.item.decode(text if text is None or given is None else given(text))
        except (ValueError, ArithmeticError):
            return None


def list_codec(
    item: Codec, join: BoundJoin, account: Table, shape: ColumnShape, dialect: Dialect
) -> ListCodec:
    """Returns the codec of an array; raises `CodecFault` where its items cannot be told apart."""
    if shape.storage in {Storage.ARRAY, Storage.JSON, Storage.BIT}:
        raise CodecFault("many", f"A {shape.type_name} is no item of an array; leave 'many' out.")
    if not row_key(join):
        raise CodecFault(
            "many",
            f"Nothing tells the rows of '{join.table.shape.name}' apart: the table has no "
            "primary key.",
        )
    if is_unique(join.table.shape, (theirs for theirs, _ in join.on), join.words.where):
        raise CodecFault(
            "many",
            f"A unique index of '{join.table.shape.name}' lets an account have one such row at "
            "most; leave 'many' out.",
        )
    return ListCodec(item, join, account, shape, dialect)


def row_key(join: BoundJoin) -> tuple[str, ...]:
    """Returns the columns that tell one row of an array from another."""
    shape = join.table.shape
    pointing = () if join.target is None else tuple(theirs for theirs, _ in join.target.to)
    own = tuple(theirs for theirs, _ in join.on)
    if shape.primary_key or not is_unique(shape, (*own, *pointing), join.words.where):
        return shape.primary_key
    return (*own, *pointing)


def rows_of(join: BoundJoin) -> FromClause:
    """Returns the rows of an array, with what they point at."""
    target = join.target
    if target is None:
        return join.table.source
    pairs = [join.table.read(theirs) == target.table.read(its) for theirs, its in target.to]
    return join.table.source.join(target.table.source, and_(*pairs))


def conditions_of_rows(join: BoundJoin) -> list[ColumnElement[bool]]:
    """Returns what rows of an array must be, beside being the account's."""
    target = join.target
    pointed = [] if target is None else conditions_of(target.table, target.where)
    return [*join.conditions(), *pointed]
