"""Columns that point at rows of other tables."""

from collections import Counter
from collections.abc import Sequence

from ownid_grpc.inspection import naming
from ownid_grpc.inspection.catalogue import Reference
from ownid_grpc.inspection.draft import Guess
from ownid_grpc.inspection.subject import Finding, Subject
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_FEW = 1000
_ALIKE = 3
_PART_NOUNS = naming.WEAK_NOUNS | {"detail", "info", "party", "person"}
_ID = ("id", "no", "nr", "key", "code", "uuid")


def guess(subject: Subject, column: ColumnShape) -> Finding | None:
    """Shows the key of the row pointed at, which must be one that is there."""
    reference = subject.reference_of(column.name)
    if reference is None:
        return None
    said = f"points at {reference.target}"
    said += "" if reference.is_declared else ", by its name"
    if not subject.must_be_filled(column):
        return Finding(property=Guess(column.name, said))
    values = subject.sample.values(column.name)
    usual = _usual(values)
    if usual is not None:
        created = Guess(usual, "refuses NULL; what most rows that were looked at have")
        return Finding(property=Guess(column.name, said), created=created)
    if not reference.is_declared and column.storage is Storage.INTEGER and 0 in values:
        return Finding(property=Guess(column.name, said), created=Guess(0, "refuses NULL"))
    return Finding(property=Guess(column.name, f"{said}; refuses NULL", is_required=True))


def _usual(values: Sequence[object]) -> int | None:
    """Returns the key that at least half of the rows have, where there are enough to tell."""
    counted = Counter(each for each in values if isinstance(each, int))
    found = counted.most_common(1)
    is_usual = bool(found) and len(values) >= _ALIKE and found[0][1] * 2 >= len(values)
    return found[0][0] if is_usual else None


def label_column(target: Subject) -> str | None:
    """Returns the column by whose unique texts people know the rows of a table."""
    known = {naming.snake_case(name): name for name in target.shape.columns}
    own = naming.head_of(target.shape.name)
    for wanted in naming.LABELS:
        for written in (wanted, f"{own}_{wanted}"):
            column = target.shape.columns.get(known.get(written, ""))
            if column is None or column.storage is not Storage.TEXT:
                continue
            if target.is_unique(column.name):
                return column.name
    return None


def lookup_of(subject: Subject, reference: Reference, target: Subject) -> str | None:
    """Returns the column to show instead of the key that a column holds, None for the key itself.

    Only of tables of few rows, none of which is an account.
    """
    is_few = 0 < target.rows <= _FEW
    is_user = naming.head_of(target.shape.name) in naming.STRONG_NOUNS
    is_keyed = target.is_unique(*reference.target_columns)
    is_itself = target.label == subject.label
    return label_column(target) if is_few and is_keyed and not (is_user or is_itself) else None


def is_parent(subject: Subject, reference: Reference, target: Subject) -> bool:
    """Whether a column points at a part of the account: a row that no other account shares."""
    column = reference.columns[0]
    if not reference.is_declared or target.label == subject.label:
        return False
    if not target.is_unique(*reference.target_columns):
        return False
    if subject.is_unique(column):
        return column not in subject.shape.primary_key
    is_part = naming.head_of(target.shape.name) in _PART_NOUNS
    is_shared = subject.sample.has_duplicates(column)
    return is_part and not is_shared and bool(subject.sample.values(column))


def name_of(column: str) -> str:
    """Returns what a pointer is called: `country_id` points at a country."""
    words = list(naming.words_of(column))
    if len(words) > 1 and words[-1] in _ID:
        words = words[:-1]
    return "_".join(words) or naming.snake_case(column)
