"""Columns of few short codes: what they may be goes into the schema."""

import re
from collections import Counter

from ownid_grpc.inspection import naming
from ownid_grpc.inspection.draft import Guess
from ownid_grpc.inspection.subject import Finding, Subject
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,23}")
_MOST = 8
_FEWEST_ROWS = 10
_TIMES_EACH = 2


def codes_of(subject: Subject, column: ColumnShape) -> list[str]:
    """Returns the codes of a column, the most frequent first; none where it may tell of somebody.

    Only a column whose name says that its values are words of the product is
    asked, and only for few short ones that come up again and again.
    """
    if not naming.has_word(column.name, naming.CODE_WORDS):
        return []
    texts = subject.sample.texts(column.name)
    counted = Counter(each.rstrip(" ") for each in texts)
    is_few = len(counted) <= _MOST and len(texts) >= max(_FEWEST_ROWS, _TIMES_EACH * len(counted))
    if not is_few or not all(_CODE.fullmatch(code) for code in counted):
        return []
    return [code for code, _ in counted.most_common()]


def guess(subject: Subject, column: ColumnShape) -> Finding | None:
    """Has the schema name the codes that are there; rows with others can still be read."""
    if column.storage is Storage.ENUM:
        return _native(subject, column)
    codes = codes_of(subject, column) if column.storage is Storage.TEXT else []
    if not codes:
        return None
    said = f"{len(codes)} codes in the rows that were looked at"
    created = None
    if subject.must_be_filled(column):
        created = Guess(codes[0], "refuses NULL; the most frequent code")
    enum = {"enum": sorted(codes), "$comment": f"{said}; add what is missing"}
    return Finding(property=Guess(column.name, said, enum), created=created)


def _native(subject: Subject, column: ColumnShape) -> Finding:
    created = None
    if subject.must_be_filled(column) and column.choices:
        texts = Counter(subject.sample.texts(column.name))
        first = texts.most_common(1)[0][0] if texts else column.choices[0]
        created = Guess(first, "refuses NULL; the most frequent of its words, or the first")
    return Finding(property=Guess(column.name, "its type names its words"), created=created)
