"""How long to wait before a worker is started anew."""

from dataclasses import dataclass

_STEADY_SECONDS = 60
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30


@dataclass(slots=True)
class Backoff:
    """Waits longer each time in a row that a worker has lived for less than a minute.

    The first time it does not wait at all.
    """

    in_a_row: int = 0
    until: float = 0

    def note(self, lived_seconds: float, now: float) -> float:
        """Takes note that a worker is at its end, and returns how long to wait."""
        self.in_a_row = 1 if lived_seconds >= _STEADY_SECONDS else self.in_a_row + 1
        doubled = _FIRST_PAUSE_SECONDS * 2 ** min(self.in_a_row - 2, 16)
        pause = 0 if self.in_a_row == 1 else min(doubled, _LONGEST_PAUSE_SECONDS)
        self.until = now + pause
        return pause
