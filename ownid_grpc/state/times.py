"""Times as our tables hold them: whole microseconds since 1970, the same on every database."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(time: datetime) -> int:
    """Returns an aware time as the tables hold it."""
    return (time - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Returns the time that a table holds, in UTC."""
    return _EPOCH + timedelta(microseconds=micros)
