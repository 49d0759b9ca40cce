"""How times and dates stand in a column, as comparisons and orders see them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, case, func

from ownid_grpc.domain.predicates import Literal, Operator
from ownid_grpc.domain.source import Kind
from ownid_grpc.repositories.sql.codecs.forms import Form
from ownid_grpc.repositories.sql.codecs.moments import FIRST_DAY, TimestampValues, day_of_text
from ownid_grpc.repositories.sql.codecs.relations import relation
from ownid_grpc.repositories.sql.dialects.base import Dialect, Place, raw
from ownid_grpc.repositories.sql.dialects.times import microseconds_of
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage


@dataclass(frozen=True, slots=True)
class EpochForm:
    """Counts since 1970; `unit` in microseconds, `counts` how the column has numbers."""

    unit: int
    counts: Form

    def value(self, place: Place, kind: Kind) -> Place:
        """Orders as the counts do."""
        return self.counts.value(place, kind)

    def literal(self, value: Literal) -> Place:
        """Returns the count."""
        return self.counts.literal(self._count(value))

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Compares counts, however fine the literal is."""
        return self.counts.compare(place, operator, self._count(value))

    def _count(self, value: Literal) -> Decimal:
        return Decimal(microseconds_of(_moment(value))) / self.unit


@dataclass(frozen=True, slots=True)
class MomentForm:
    """Times, in a type of their own or as text."""

    dialect: Dialect
    values: TimestampValues
    is_text: bool

    def value(self, place: Place, kind: Kind) -> Place:
        """Takes zero dates, infinity, and texts that are no time for absence."""
        if self.is_text:
            return self.dialect.instant_of_text(place)
        return case((self._sound(place), place))

    def literal(self, value: Literal) -> Place:
        """Returns the instant in the column's own form."""
        moment = _moment(value)
        if not self.is_text:
            return raw(self.values.form(moment))
        # A text without an offset is read as if it were UTC.
        local = moment.astimezone(self.values.zone).replace(tzinfo=UTC)
        return self.dialect.instant(local)

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Compares the column itself, so that its index serves."""
        if self.is_text:
            return relation(self.value(place, Kind.TIMESTAMP), operator, self.literal(value))
        found = relation(place, operator, self.literal(value))
        return found if operator is Operator.EQ else and_(found, self._sound(place))

    def _sound(self, place: Place) -> ColumnElement[bool]:
        if self.dialect.name == "mariadb":
            return func.to_days(place) >= FIRST_DAY
        zone = UTC if self.values.storage is Storage.TIMESTAMP_TZ else None
        first, last = datetime.min.replace(tzinfo=zone), datetime.max.replace(tzinfo=zone)
        return and_(place >= raw(first), place <= raw(last))


@dataclass(frozen=True, slots=True)
class DayForm:
    """Calendar dates, in a column of dates, times or text."""

    dialect: Dialect
    shape: ColumnShape

    def value(self, place: Place, kind: Kind) -> Place:
        """Takes zero dates, infinity, and texts that are no date for absence."""
        if self._is_text:
            return day_of_text(self.dialect, self.dialect.exact(place))
        return case((self._sound(place), self._day(place)))

    def literal(self, value: Literal) -> Place:
        """Returns the date, as text where the column has no type for it."""
        day = value.date() if isinstance(value, datetime) else value
        return raw(day.isoformat() if self._is_text and isinstance(day, date) else day)

    def compare(self, place: Place, operator: Operator, value: Literal) -> ColumnElement[bool]:
        """Compares the column itself, so that its index serves."""
        if self._is_text:
            return relation(self.value(place, Kind.DATE), operator, self.literal(value))
        found = relation(self._day(place), operator, self.literal(value))
        return found if operator is Operator.EQ else and_(found, self._sound(place))

    @property
    def _is_text(self) -> bool:
        return self.dialect.name == "sqlite" or self.shape.storage is Storage.TEXT

    def _day(self, place: Place) -> Place:
        return place if self.shape.storage is Storage.DATE else func.date(place)

    def _sound(self, place: Place) -> ColumnElement[bool]:
        if self.dialect.name == "mariadb":
            return func.to_days(place) >= FIRST_DAY
        return and_(place >= raw(date.min), self._day(place) <= raw(date.max))


def _moment(value: Literal) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError(value)
    return value
