"""What is counted and timed, and where nobody wants to know, nothing."""

from typing import Protocol


class Meter(Protocol):
    """Takes measurements; no label that it is given may be a person's, or be of any number."""

    def call_began(self, method: str) -> None:
        """Notes that a call is under way."""
        ...

    def call_ended(self, method: str, code: str, reason: str, app: str, seconds: float) -> None:
        """Notes how a call ended, and after how long."""
        ...

    def operation_ended(self, app: str, operation: str, reason: str, seconds: float) -> None:
        """Notes how long an app's repository took for what it was asked."""
        ...

    def session_end_told(self, app: str, seconds: float) -> None:
        """Notes how long after a session's end its page was told."""
        ...

    def checked(self, target: str, *, is_serving: bool) -> None:
        """Notes whether the state store, or an app, is as it should be."""
        ...

    def audited(self, lines: int, *, is_lost: bool) -> None:
        """Notes how many lines were for the audit log, and whether they are in it."""
        ...

    def pool_seen(self, app: str, pool: str, *, size: int, used: int, waiting: int) -> None:
        """Notes how a pool of an app's connections is just now."""
        ...


class Unmetered:
    """Takes measurements and forgets them."""

    def call_began(self, method: str) -> None:
        """Forgets it."""

    def call_ended(self, method: str, code: str, reason: str, app: str, seconds: float) -> None:
        """Forgets it."""

    def operation_ended(self, app: str, operation: str, reason: str, seconds: float) -> None:
        """Forgets it."""

    def session_end_told(self, app: str, seconds: float) -> None:
        """Forgets it."""

    def checked(self, target: str, *, is_serving: bool) -> None:
        """Forgets it."""

    def audited(self, lines: int, *, is_lost: bool) -> None:
        """Forgets it."""

    def pool_seen(self, app: str, pool: str, *, size: int, used: int, waiting: int) -> None:
        """Forgets it."""


UNMETERED: Meter = Unmetered()
