"""Columns that say yes or no, as booleans, as 0 and 1, or as letters."""

from dataclasses import dataclass

from ownid_grpc.inspection import naming
from ownid_grpc.inspection.draft import Guess
from ownid_grpc.inspection.subject import Finding, Subject
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_PAIRS = (
    ("Y", "N"),
    ("y", "n"),
    ("T", "F"),
    ("t", "f"),
    ("J", "N"),
    ("1", "0"),
    ("yes", "no"),
    ("Yes", "No"),
    ("true", "false"),
    ("True", "False"),
    ("on", "off"),
)
_SHORT = 5
_SMALL = 2**15
_TELLING = 10


@dataclass(frozen=True, slots=True)
class Flag:
    """How a column says yes and no: words of a property, both codes, and what told so."""

    words: dict[str, object]
    true: object
    false: object
    reason: str

    def mapped(self, *, true: object, false: object) -> dict[object, object]:
        """Returns a value map with these codes."""
        return {True: true, False: false}


def flag_of(subject: Subject, column: ColumnShape) -> Flag | None:
    """Returns how a column says yes and no, None where it says something else."""
    name, sample = column.name, subject.sample
    if column.storage is Storage.BOOLEAN:
        if subject.dialect == "postgresql" or not sample.values(name):
            return Flag({}, true=True, false=False, reason="")
        is_flag = sample.is_within(name, (0, 1, True, False))
        return Flag({}, true=True, false=False, reason="") if is_flag else None
    if column.storage is Storage.BIT and (column.max_length or 1) == 1:
        return Flag({}, true=1, false=0, reason="")
    if column.storage is Storage.INTEGER:
        return _of_numbers(subject, column)
    return _of_letters(subject, column) if column.storage is Storage.TEXT else None


def guess(subject: Subject, column: ColumnShape) -> Finding | None:
    """Has flags shown as booleans; a new account is given no where the database gives nothing."""
    flag = flag_of(subject, column)
    if flag is None:
        if column.storage is Storage.BOOLEAN:
            words = {"column": column.name, "type": "integer"}
            created = Guess(0, "refuses NULL") if subject.must_be_filled(column) else None
            return Finding(property=Guess(words, "has other values than 0 and 1"), created=created)
        return None
    created = None
    if subject.must_be_filled(column):
        created = Guess(flag.false, "refuses NULL")
    return Finding(
        property=Guess({"column": column.name, **flag.words}, flag.reason), created=created
    )


def _of_numbers(subject: Subject, column: ColumnShape) -> Flag | None:
    found = set(subject.sample.values(column.name))
    is_asked = naming.is_flag(column.name)
    if found - {0, 1} or (not found and not is_asked):
        return None
    is_small = (column.maximum or _SMALL) < _SMALL
    is_seen = found == {0, 1} and len(subject.sample.values(column.name)) >= _TELLING
    # Of a type or a state there tend to be more than two, be they only two so far.
    is_code = naming.has_word(column.name, naming.CODE_WORDS)
    if not is_asked and (is_code or not (is_small and is_seen)):
        return None
    said = "has 0 and 1 alone" if found else "its name asks for yes or no"
    return Flag({"type": "boolean"}, true=1, false=0, reason=said)


def _of_letters(subject: Subject, column: ColumnShape) -> Flag | None:
    found = {each.rstrip(" ") for each in subject.sample.texts(column.name)}
    is_asked, is_short = naming.is_flag(column.name), (column.max_length or _SHORT) <= _SHORT
    for true, false in _PAIRS:
        is_pair = found == {true, false} and is_short
        if is_pair or (found and found <= {true, false} and is_asked):
            codes = {True: true, False: false}
            return Flag({"values": codes}, true, false, f"has {true} and {false} alone")
    return None
