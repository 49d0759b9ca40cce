"""A clock for what tells the time by one that it is given."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        """Returns the time."""
        return self.now

    def move(self, by: timedelta = timedelta(0), **parts: float) -> None:
        """Lets time pass: `by`, and what is named as the parts of a `timedelta` are."""
        self.now += by + timedelta(**parts)
