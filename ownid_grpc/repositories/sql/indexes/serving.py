"""Whether an index serves a condition or an order, judged by what the statement says.

It says "served" only where the database can begin with an index and look at
what that finds: for all of AND one part is enough, for OR every part must be,
and of a negation nothing is. What it calls unserved, a database may still
find a way for; nothing is asked of it here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BooleanClauseList, False_

from ownid_grpc.domain.serving import Use
from ownid_grpc.repositories.sql.bound import BoundJoin, BoundMapping, Table
from ownid_grpc.repositories.sql.dialects.base import Place
from ownid_grpc.repositories.sql.indexes.index import Index, Indexed, IndexPart
from ownid_grpc.repositories.sql.indexes.sought import (
    Sought,
    membership,
    opened,
    sought_at,
    sought_by,
)
from ownid_grpc.repositories.sql.indexes.spelling import normal, spelled


@dataclass(frozen=True, slots=True)
class Known:
    """A mapping and the indexes of its tables, by the names of the parts that they play."""

    mapping: BoundMapping
    tables: Mapping[str, Indexed]

    @property
    def dialect(self) -> str:
        """The kind of database."""
        return self.mapping.dialect.name

    def serving(self, condition: ColumnElement[bool]) -> frozenset[str] | None:
        """Returns the tables whose indexes serve a condition, None where it is not served."""
        condition = opened(condition)
        if isinstance(condition, False_):
            return frozenset()
        if isinstance(condition, BooleanClauseList):
            parts = [self.serving(each) for each in condition.clauses]
            if condition.operator is operators.and_:
                return next((each for each in parts if each is not None), None)
            return self.united(parts)
        if (inner := membership(condition)) is not None:
            return self._serving_members(*inner)
        sought = sought_by(self.mapping, condition)
        if sought is None or not self._finds(sought):
            return None
        return frozenset((sought.table.name,))

    def united(self, parts: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
        """Returns the tables that serve an OR of parts, which must be the account's own alone."""
        found: set[str] = set()
        for each in parts:
            if each is None:
                return None
            found |= each
        # Of two tables that are joined, no database begins with both.
        return frozenset(found) if found <= {""} else None

    def orders(self, places: Sequence[tuple[Place, bool]]) -> bool:
        """Whether an index has all accounts in the order of some places, true for descending."""
        own = self.tables[""]
        wanted = [
            (Sought(self.mapping.table, place, Use.ORDER).part(self.dialect), is_descending)
            for place, is_descending in places
        ]
        keys = [normal(field.shape.name) for field in self.mapping.key]
        return any(self._is_sorted(index, wanted, keys) for index in own.indexes)

    def _is_sorted(
        self, index: Index, wanted: Sequence[tuple[IndexPart, bool]], keys: Sequence[str]
    ) -> bool:
        fixed = self._fixed(self.mapping.table)
        parts = [part for part in index.parts if part.text not in fixed or not part.is_own]
        directions = _directions(parts, wanted)
        if len(directions) != 1 or not self._has_all(index, self.mapping.table, ()):
            return False
        rest, is_reversed = parts[len(wanted) :], directions == {True}
        # Where no two rows are alike in it, the key has nothing to settle.
        if not rest and (index.is_unique or (not is_reversed and self._keeps_key(keys))):
            return True
        tail = [part.text for part in rest if part.is_descending == is_reversed]
        return tail[: len(keys)] == [*keys]

    def _keeps_key(self, keys: Sequence[str]) -> bool:
        """Whether every index ends in the key by itself, sorted upwards."""
        shape = self.mapping.table.shape
        if tuple(keys) != tuple(map(normal, shape.primary_key)):
            return False
        has_rowid = len(keys) == 1 and shape.columns[shape.primary_key[0]].type_name == "integer"
        return self.dialect == "mariadb" or (self.dialect == "sqlite" and has_rowid)

    def _serving_members(self, place: Place, rows: Select[Any]) -> frozenset[str] | None:
        """Returns what serves a search for accounts that some rows point at."""
        condition = rows.whereclause
        if condition is None or not self._finds(sought_at(self.mapping, place, Use.EQUALITY)):
            return None
        return self.serving(condition)

    def _finds(self, sought: Sought | None) -> bool:
        if sought is None or sought.table.name not in self.tables:
            return False
        if self.dialect == "sqlite" and _is_passed_by(sought):
            return False
        part = sought.part(self.dialect)
        indexes = self.tables[sought.table.name].indexes
        if not any(self._leads_to(index, sought, part) for index in indexes):
            return False
        join = self.mapping.joins.get(sought.table.name)
        return join is None or self._is_reached(join)

    def _leads_to(self, index: Index, sought: Sought, wanted: IndexPart) -> bool:
        there = () if sought.is_null else (wanted.text,)
        if not self._has_all(index, sought.table, there):
            return False
        fixed = self._fixed(sought.table)
        for part in index.parts:
            if _serves(part, wanted, sought.use):
                return True
            if part.text not in fixed or not part.is_own:
                return False
        return False

    def _is_reached(self, join: BoundJoin) -> bool:
        """Whether an index finds the account that a joined row belongs to."""
        own = self.mapping.table
        return any(self._finds(Sought(own, own.read(ours), Use.EQUALITY)) for _, ours in join.on)

    def _has_all(self, index: Index, table: Table, there: Sequence[str]) -> bool:
        """Whether an index has every row that is asked for, `there` being what they all have."""
        if index.condition is None:
            return True
        said = {f"{text}isnotnull" for text in there}
        if not table.name:
            said |= {normal(spelled(each, self.dialect)) for each in self.mapping.scope()}
        # SQLite does not know yet what it will be given for a constant.
        is_sure = self.dialect != "sqlite" or index.condition.endswith("null")
        return is_sure and index.condition in said

    def _fixed(self, table: Table) -> set[str]:
        """Returns the columns of a table that the mapping itself demands one value of."""
        join = self.mapping.join_of(table.name) if table.name else None
        where = self.mapping.words.where if join is None else join.words.where
        return {normal(name) for name, said in where.items() if "equals" in said.model_fields_set}


def _is_passed_by(sought: Sought) -> bool:
    """Whether SQLite has no use for an index.

    It takes a range for much, and would rather read all accounts in order than
    sort what it finds; and that GLOB is never true of NULL, which would make
    an inner join of an outer one, it does not know.
    """
    is_joined = bool(sought.table.name)
    return sought.use is Use.RANGE or (sought.use is Use.PREFIX and is_joined)


def _is_same(part: IndexPart, wanted: IndexPart) -> bool:
    is_sorted_so = part.is_own if wanted.collation is None else part.collation == wanted.collation
    return part.text == wanted.text and is_sorted_so


def _serves(part: IndexPart, wanted: IndexPart, use: Use) -> bool:
    if part.compares_bytes and use is Use.PREFIX:
        return part.text == wanted.text
    if part.compares_bytes and use is not Use.EQUALITY:
        return False
    return _is_same(part, wanted)


def _directions(parts: Sequence[IndexPart], wanted: Sequence[tuple[IndexPart, bool]]) -> set[bool]:
    """Returns whether an index is read backwards for each part; nothing where it has not all."""
    if len(parts) < len(wanted):
        return set()
    pairs = [*zip(parts, wanted, strict=False)]
    if any(
        not _is_same(part, own) or part.is_cut or part.compares_bytes for part, (own, _) in pairs
    ):
        return set()
    return {part.is_descending != is_descending for part, (_, is_descending) in pairs}
