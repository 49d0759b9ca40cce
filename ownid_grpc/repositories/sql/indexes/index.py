"""What the catalogue says of the indexes of a table, as far as searches can use them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IndexPart:
    """One column or expression of an index, in normal spelling.

    `collation` is the one that it is sorted by, `is_own` that this is the one
    that a comparison uses which names none. `is_cut` where only the beginnings
    of texts are in it; `compares_bytes` where it serves equality and
    beginnings, but no order.
    """

    text: str
    collation: str | None = None
    is_own: bool = True
    is_descending: bool = False
    is_cut: bool = False
    compares_bytes: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """A sorted index; `condition` says in normal spelling which rows are in it, all if None."""

    name: str
    parts: tuple[IndexPart, ...]
    is_unique: bool = False
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Indexed:
    """A table's indexes and about how many rows it has, None where nobody knows."""

    indexes: tuple[Index, ...]
    rows: int | None

    def with_indexes(self, more: Sequence[Index]) -> "Indexed":
        """Returns the table as it would be with some more indexes."""
        return Indexed((*self.indexes, *more), self.rows)
