"""Counting time since the epoch without losing a microsecond."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds_of(moment: datetime) -> int:
    """Returns the whole microseconds from the epoch to an aware datetime."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(microseconds: int) -> datetime:
    """Returns the datetime, in UTC, of a count since the epoch; raises `OverflowError`."""
    return _EPOCH + timedelta(microseconds=microseconds)
