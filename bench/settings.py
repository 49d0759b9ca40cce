"""How much is measured: enough to be believed, or what a developer has the patience for."""

from dataclasses import dataclass, replace

from bench.customers import Customers

MAIN = "shop"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run does."""

    rows: int = 1_000_000
    rounds: int = 5
    seconds: float = 2.0
    streamed: int = 100_000
    imported: int = 10_000
    grown: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
    shaped: int = 100_000

    @property
    def customers(self) -> Customers:
        """Those that most of the works are about."""
        return Customers(MAIN, self.rows)

    @property
    def many(self) -> Customers:
        """Those that are streamed."""
        return Customers("stream", self.streamed)

    @property
    def growing(self) -> tuple[Customers, ...]:
        """Tables of ever more."""
        return tuple(Customers(f"rows{count}", count) for count in self.grown)

    def with_words(self, rows: int | None, rounds: int | None, seconds: float | None) -> "Settings":
        """Returns the same with what was said instead."""
        return replace(
            self,
            rows=rows or self.rows,
            rounds=rounds or self.rounds,
            seconds=seconds or self.seconds,
        )


FULL = Settings()

QUICK = Settings(
    rows=100_000,
    rounds=2,
    seconds=0.7,
    streamed=30_000,
    imported=3_000,
    grown=(1_000, 10_000, 100_000),
    shaped=10_000,
)
