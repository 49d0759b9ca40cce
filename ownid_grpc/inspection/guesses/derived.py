"""Columns that hold another one in one case, so that an index finds it however it is written."""

from ownid_grpc.inspection import naming
from ownid_grpc.inspection.draft import Guess
from ownid_grpc.inspection.subject import Finding, Subject
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_UPPER = {"normalized", "normalised", "upper"}
_LOWER = {"canonical", "lower", "lc", "lowercase", "folded", "clean"}


def guess(subject: Subject, column: ColumnShape) -> Finding | None:
    """Keeps such a column in step with the property that it is made of."""
    source = source_of(subject, column)
    if source is None:
        return None
    texts = subject.sample.texts(column.name)
    is_upper = not _LOWER.intersection(naming.words_of(column.name))
    if texts:
        is_upper = all(each == each.upper() for each in texts)
    how = "upper" if is_upper else "lower"
    name = naming.property_name(source.name, subject.prefix)
    said = f"{source.name} in one case, by its name"
    return Finding(written=Guess({how: name}, said))


def source_of(subject: Subject, column: ColumnShape) -> ColumnShape | None:
    """Returns the column that another one is made of, None where it is not."""
    words = naming.words_of(column.name)
    rest = [word for word in words if word not in _UPPER | _LOWER]
    if column.storage is not Storage.TEXT or len(rest) in {0, len(words)}:
        return None
    columns = subject.shape.columns.values()
    found = next((each for each in columns if list(naming.words_of(each.name)) == rest), None)
    return found if found is not None and _is_alike(subject, column, found) else None


def _is_alike(subject: Subject, column: ColumnShape, source: ColumnShape) -> bool:
    """Whether no row that was looked at has more in one than the other in one case."""
    pairs = subject.sample.pairs(column.name, source.name)
    return all(str(one).lower() == str(other).lower() for one, other in pairs)


def is_unique_in_one_case(subject: Subject, column: ColumnShape) -> bool:
    """Whether a column that holds this one in one case is unique."""
    return any(
        source_of(subject, each) is column and subject.is_unique(each.name)
        for each in subject.shape.columns.values()
    )
