"""Dates that stand for none, where a column refuses NULL."""

from collections import Counter
from datetime import date, datetime, time

from ownid_grpc.inspection.subject import Subject
from ownid_grpc.repositories.sql.reflect import ColumnShape

_FIRST_DAYS = {date(1, 1, 1), date(1000, 1, 1), date(1753, 1, 1), date(1900, 1, 1)}
_LAST_DAY = date(9999, 12, 31)
_ZERO = ("0000-00-00", "0000-00-00 00:00:00")
"""What MariaDB's driver gives as text, since no date is like it."""

_FEWEST_ROWS = 2


def sentinel_of(subject: Subject, column: ColumnShape) -> date | str | None:
    """Returns the date by which several rows say that there is none."""
    if column.is_nullable:
        return None
    values = map(_date, subject.sample.values(column.name))
    found = Counter(each for each in values if each is not None and _is_sentinel(each))
    return next((each for each, count in found.most_common(1) if count >= _FEWEST_ROWS), None)


def _date(value: object) -> date | str | None:
    """Returns the date of a value; SQLite has texts."""
    if not isinstance(value, str):
        return value if isinstance(value, date) else None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return moment if len(value) > len(_ZERO[0]) else moment.date()


def _is_sentinel(value: date | str) -> bool:
    if isinstance(value, datetime):
        is_first = value.date() in _FIRST_DAYS and value.time() == time()
        return is_first or value.date() == _LAST_DAY
    return value == _LAST_DAY or value in _FIRST_DAYS or value in _ZERO
