"""Counts who waits for a connection of a pool, which SQLAlchemy's own pools do not tell."""

import threading
from collections import Counter

from sqlalchemy import Connection, Engine


class Waits:
    """How many wait for each engine's pool."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[Engine] = Counter()

    def connected(self, engine: Engine) -> Connection:
        """Returns a connection of the engine, and counts as a wait until then."""
        self._add(engine, 1)
        try:
            return engine.connect()
        finally:
            self._add(engine, -1)

    def count(self, engine: Engine) -> int:
        """Returns how many wait just now."""
        return self._counts[engine]

    def _add(self, engine: Engine, number: int) -> None:
        with self._lock:
            self._counts[engine] += number
