"""What the service promises of its speed: ratios and bounds on what the benchmark measures."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.figures import Figure, Figures, Measure
from bench.site import FASTAPI, FLOOR, OWNID, REST

RATE, CPU = Measure.RATE, Measure.CPU


@dataclass(frozen=True, slots=True)
class Promise:
    """A figure that is at least or at most so much, by itself or of another."""

    says: str
    figure: Figure
    base: Figure | None = None
    at_least: float | None = None
    at_most: float | None = None

    def values(self, figures: Figures) -> Sequence[float]:
        """Returns what each round says of it, none where it was not measured."""
        if self.base is None:
            return figures.rounds.get(self.figure, ())
        return figures.ratios(self.figure, self.base)

    def values_by_cpu(self, figures: Figures) -> Sequence[float]:
        """Returns what a ratio of rates would be if the server's core were all that counts."""
        if self.base is None or self.figure.measure is not RATE:
            return ()
        return figures.ratios(self.base._replace(measure=CPU), self.figure._replace(measure=CPU))

    def is_kept_by(self, value: float) -> bool:
        """Returns whether a value is as promised."""
        is_enough = self.at_least is None or value >= self.at_least
        return is_enough and (self.at_most is None or value <= self.at_most)

    @property
    def bound(self) -> str:
        """What is promised, as a table shows it."""
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"


def _against(work: str, server: str, base: str, least: float, says: str) -> Promise:
    return Promise(says, Figure(work, server, RATE), Figure(work, base, RATE), at_least=least)


PROMISES: Sequence[Promise] = (
    _against("get", OWNID, FLOOR, 0.85, "GetAccount, of the floor's rate"),
    _against("get", OWNID, FASTAPI, 1.2, "GetAccount, of the rate of FastAPI"),
    _against("lookup", OWNID, FLOOR, 0.85, "LookupAccount, of the floor's rate"),
    _against("lookup", OWNID, FASTAPI, 1.2, "LookupAccount, of the rate of FastAPI"),
    _against("update", OWNID, FLOOR, 0.7, "UpdateAccount, of the floor's rate"),
    _against("update", OWNID, FASTAPI, 1.3, "UpdateAccount, of the rate of FastAPI"),
    _against("create", OWNID, FLOOR, 0.8, "CreateAccount, of the floor's rate"),
    _against("create", OWNID, FASTAPI, 1.5, "CreateAccount, of the rate of FastAPI"),
    _against("session", OWNID, "ownid get", 0.7, "GetSessionAccount, of the rate of GetAccount"),
    _against("list", OWNID, FLOOR, 1.5, "ListAccounts of 100, of the floor's rate"),
    _against("list", OWNID, FASTAPI, 1.2, "ListAccounts of 100, of the rate of FastAPI"),
    Promise("SearchAccounts, accounts/s", Figure("search", OWNID, RATE), at_least=45_000),
    Promise("SearchAccounts, µs of CPU an account", Figure("search", OWNID, CPU), at_most=22),
    Promise(
        "SearchAccounts, ms to the first chunk",
        Figure("search", OWNID, Measure.FIRST),
        at_most=50,
    ),
    Promise("SearchAccounts, MiB above idle", Figure("search", OWNID, Measure.GROWTH), at_most=30),
    _against("import", OWNID, "ownid create", 10, "ImportAccounts, of the rate of CreateAccount"),
    _against("import", OWNID, "copy", 0.5, "ImportAccounts, of the rate of COPY"),
    _against("rest get", REST, FASTAPI, 1.1, "REST get, of the rate of FastAPI"),
    _against("rest update", REST, FASTAPI, 1.1, "REST update, of the rate of FastAPI"),
    _against("rest list", REST, FASTAPI, 1.0, "REST list of 100, of the rate of FastAPI"),
    *(
        Promise(
            f"REST {work}, CPU with Envoy, of that of FastAPI",
            Figure(f"rest {work}", REST, Measure.TOTAL_CPU),
            Figure(f"rest {work}", FASTAPI, Measure.TOTAL_CPU),
            at_most=1.5,
        )
        for work in ("get", "update", "list")
    ),
    *(
        Promise(
            f"{work} of the largest table, cost of that of the smallest",
            Figure(f"grown {work}", "most of fewest", Measure.RATIO),
            at_most=1.3,
        )
        for work in ("get", "update", "list")
    ),
    Promise(
        "two workers, CPU of that of one",
        Figure("workers", "2 workers", CPU),
        Figure("workers", "1 worker", CPU),
        at_most=1.1,
    ),
    Promise("cold start, s to SERVING", Figure("start", OWNID, Measure.SECONDS), at_most=1),
    Promise("idle memory of a worker, MiB", Figure("start", OWNID, Measure.IDLE), at_most=90),
    *(
        _against(f"get {shape}", OWNID, FLOOR, 0.5, f"GetAccount {says}, of the floor's rate")
        for shape, says in (
            ("joined", "of a joined table"),
            ("names", "of names and values"),
            ("document", "of a JSON document"),
        )
    ),
)
