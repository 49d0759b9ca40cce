"""One table under guess: what it is made of, and what its rows are like."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ownid_grpc.inspection.catalogue import Reference
from ownid_grpc.inspection.draft import Guess
from ownid_grpc.inspection.samples import Sample
from ownid_grpc.repositories.sql.finder import is_unique
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage, TableShape

TIMES = {Storage.TIMESTAMP, Storage.TIMESTAMP_TZ}
NUMBERS = {Storage.INTEGER, Storage.DECIMAL, Storage.FLOAT}

Ask: TypeAlias = Callable[[str, Sequence[str]], str]
"""Asks which of some answers is right; the first is what is guessed."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A table, its references, a sample of its rows, and about how many there are.

    `ask` is for what neither the catalogue nor the rows tell; `documents` are
    texts that are held to being JSON.
    """

    label: str
    shape: TableShape
    sample: Sample
    rows: int
    references: Sequence[Reference]
    prefix: str
    dialect: str
    ask: Ask
    documents: frozenset[str] = frozenset()

    def is_unique(self, *columns: str) -> bool:
        """Whether a unique index is on no more than these columns."""
        return is_unique(self.shape, columns, {})

    def must_be_filled(self, column: ColumnShape) -> bool:
        """Whether a new row needs a value that the database does not give by itself."""
        return not (column.is_nullable or column.is_filled or column.is_generated)

    def reference_of(self, column: str) -> Reference | None:
        """Returns the reference that a column makes by itself."""
        found = [each for each in self.references if each.columns == (column,)]
        return found[0] if found else None

    def is_checked(self, column: str) -> bool:
        """Whether a rule of the database says which values a column may have."""
        return any(column in check.columns for check in self.shape.checks)

    def unique_expression(self, column: str) -> bool:
        """Whether a unique index is on an expression of the column, such as lower(email)."""
        for index in self.shape.unique:
            mentions = any(column in text for text in index.expressions)
            if mentions and not index.is_partial and set(index.columns) <= {None, column}:
                return True
        return False


@dataclass(frozen=True, slots=True)
class Finding:
    """What one column comes to.

    A `property`, or words of its `own` (disabled, create_time …), what is set
    on `created` and `written`, or why it is left out; secrets say so.
    """

    property: Guess | None = None
    own: tuple[str, Guess] | None = None
    created: Guess | None = None
    written: Guess | None = None
    left_out: str = ""
    is_secret: bool = False
