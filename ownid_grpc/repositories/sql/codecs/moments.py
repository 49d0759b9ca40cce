"""Times and dates: RFC 3339 text outside, whatever the column has inside."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import and_, case, func

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.repositories.sql.codecs.base import Stored, Unstorable
from ownid_grpc.repositories.sql.codecs.scalars import spelled_number
from ownid_grpc.repositories.sql.dialects.base import Dialect, Place
from ownid_grpc.repositories.sql.dialects.times import microseconds_of, moment_of
from ownid_grpc.repositories.sql.reflect import Storage

UNITS = {"epoch_seconds": 1_000_000, "epoch_millis": 1_000, "epoch_micros": 1}
UNIVERSAL = ZoneInfo("UTC")

FIRST_DAY = 366
"""What MariaDB's TO_DAYS says of 0001-01-01; it is NULL for a date with zeros in it."""

_DAY_LENGTH = len("YYYY-MM-DD")


def timestamp_text(moment: datetime) -> str:
    """Returns RFC 3339 in UTC, with a fraction only where there is one."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _text_of(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp_text(moment)


def parse_timestamp(value: JsonValue) -> datetime:
    """Returns the instant of an RFC 3339 text; raises `Unstorable`."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Unstorable("format", "The column holds a time; give RFC 3339 with its offset.")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise Unstorable("range", "The column cannot hold a time that far off.") from error


@dataclass(frozen=True, slots=True)
class EpochValues:
    """Counts since 1970; `unit` in microseconds."""

    unit: int
    is_text: bool

    def decode(self, stored: Stored) -> JsonValue:
        """Returns the instant as text."""
        return _text_of(self.moment(stored))

    def moment(self, stored: Stored) -> datetime | None:
        """Returns the instant, None for what is no count, or one beyond the years 1 to 9999."""
        count = stored if stored.__class__ is int else spelled_number(stored)
        try:
            return None if count is None else moment_of(int(count * self.unit))
        except OverflowError:
            return None

    def encode(self, value: JsonValue) -> Stored:
        """Returns the count; refuses what is finer than the unit."""
        count, rest = divmod(microseconds_of(parse_timestamp(value)), self.unit)
        if rest:
            raise Unstorable("precision", "The column keeps no finer fractions of a second.")
        return str(count) if self.is_text else count


@dataclass(frozen=True, slots=True)
class TimestampValues:
    """Times of the database's own type, or as text where it has none."""

    storage: Storage
    zone: ZoneInfo
    is_text: bool
    fraction_digits: int = 6

    def decode(self, stored: Stored) -> JsonValue:
        """Returns the instant as text."""
        return _text_of(self.moment(stored))

    def moment(self, stored: Stored) -> datetime | None:
        """Returns the instant, None for zero dates and texts that are no time."""
        if isinstance(stored, str):
            try:
                stored = datetime.fromisoformat(stored.strip())
            except ValueError:
                return None
        if not isinstance(stored, datetime):
            return None
        aware = stored if stored.tzinfo is not None else stored.replace(tzinfo=self.zone)
        try:
            return aware.astimezone(UTC)
        except OverflowError:
            return None

    def encode(self, value: JsonValue) -> Stored:
        """Returns the time as the column takes it."""
        moment = parse_timestamp(value)
        if moment.microsecond % 10 ** (6 - self.fraction_digits):
            raise Unstorable(
                "precision",
                f"The column keeps {self.fraction_digits} digits of a second's fraction.",
            )
        stored = self.form(moment)
        if self.decode(stored) != timestamp_text(moment):
            raise Unstorable(
                "ambiguous",
                "The column keeps local time, which this instant shares with another "
                "as clocks are put back.",
            )
        return stored

    def form(self, moment: datetime) -> Stored:
        """Returns an instant in the column's own form."""
        if self.storage is Storage.TIMESTAMP_TZ:
            return moment
        if self.storage is Storage.TEXT and self.zone == UNIVERSAL:
            return timestamp_text(moment)
        naive = moment.astimezone(self.zone).replace(tzinfo=None, fold=0)
        return naive.isoformat(" ") if self.is_text or self.storage is Storage.TEXT else naive


@dataclass(frozen=True, slots=True)
class DateValues:
    """Calendar dates; `is_text` where the column has no type for them."""

    is_text: bool

    def decode(self, stored: Stored) -> JsonValue:
        """Returns YYYY-MM-DD, None for zero dates and what is no date."""
        if isinstance(stored, datetime):
            return stored.date().isoformat()
        if isinstance(stored, date):
            return stored.isoformat()
        text = str(stored)
        day = text[:_DAY_LENGTH]
        try:
            is_day = date.fromisoformat(day).isoformat() == day
        except ValueError:
            return None
        return day if is_day and text[_DAY_LENGTH : _DAY_LENGTH + 1] in {"", "T", " "} else None

    def encode(self, value: JsonValue) -> Stored:
        """Returns the date as the column takes it."""
        try:
            day = date.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            day = None
        if day is None or day.isoformat() != value:
            raise Unstorable("format", "The column holds a date; give YYYY-MM-DD.")
        return value if self.is_text else day


def day_of_text(dialect: Dialect, place: Place) -> Place:
    """Returns the date that a text is or begins with, as text; NULL where `DateValues` has none."""
    day = func.substr(place, 1, _DAY_LENGTH)
    is_alone = func.substr(place, _DAY_LENGTH + 1, 1).in_(["", "T", " "])
    if dialect.name == "postgresql":
        is_day: Place = dialect.instant_of_text(day).is_not(None)
    elif dialect.name == "sqlite":
        # Without a shift SQLite gives back a 31st of February as it is.
        is_day = func.date(day, "+0 days") == day
    else:
        is_day = and_(dialect.as_text(func.date(day)) == day, func.to_days(day) >= FIRST_DAY)
    return case((and_(is_alone, is_day), day))
