"""Times and dates as RFC 3339 writes them."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)


def parse_timestamp(text: str) -> datetime | None:
    """Returns the instant in UTC, None where `text` is no RFC 3339 timestamp.

    Nor where it lies outside the years 1 to 9999. Digits beyond the
    microsecond are cut off.
    """
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        return None
    fraction, sign, hours, minutes = found.group(7, 8, 9, 10)
    microsecond = int(fraction[:6].ljust(6, "0")) if fraction else 0
    try:
        year, month, day, hour, minute, second = map(int, found.group(1, 2, 3, 4, 5, 6))
        instant = datetime(year, month, day, hour, minute, second, microsecond, UTC)
        return instant if sign is None else _shifted(instant, sign, int(hours), int(minutes))
    except (ValueError, OverflowError):
        return None


def format_timestamp(instant: datetime) -> str:
    """Returns RFC 3339 in UTC, with a fraction only where there is one."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def parse_date(text: str) -> date | None:
    """Returns the day, None where `text` is not `YYYY-MM-DD` of the years 1 to 9999."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    try:
        year, month, day = map(int, found.groups())
        return date(year, month, day)
    except ValueError:
        return None


def _shifted(local: datetime, sign: str, hours: int, minutes: int) -> datetime:
    # RFC 3339 ends offsets at 23:59, where Python would go on to add 60 minutes as an hour.
    offset = timedelta(hours=hours, minutes=time(hours, minutes).minute)
    zone = timezone(-offset if sign == "-" else offset)
    return local.replace(tzinfo=zone).astimezone(UTC)
