"""How a database says that it would run a statement, and whether it looks through a whole table."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from ownid_grpc.repositories.sql.accounts import SqlAccountRepository


@contextmanager
def noted(repository: SqlAccountRepository) -> Iterator[list[tuple[str, Any]]]:
    """Gives the statements that a repository reads by, each with its parameters."""
    seen: list[tuple[str, Any]] = []
    engine = repository._connections._reader

    def note(*said: Any) -> None:  # noqa: ANN401 - as SQLAlchemy has it
        seen.append((said[2], said[3]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def plans_of(repository: SqlAccountRepository, work: Callable[[], object]) -> list[str]:
    """Returns a plan for each statement that some work reads by."""
    with noted(repository) as seen:
        work()
    connections = repository._connections
    how = "EXPLAIN QUERY PLAN" if connections.name == "sqlite" else "EXPLAIN"
    plans = []
    with connections._reader.connect() as connection:
        for statement, parameters in seen:
            rows = connection.exec_driver_sql(f"{how} {statement}", parameters).all()
            plans.append("\n".join(" | ".join(map(str, row)) for row in rows))
    return plans


def looks_through(kind: str, plan: str, *, is_ordered: bool = False) -> bool:
    """Whether a plan reads all rows of some table, or sorts them."""
    match kind:
        case "sqlite":
            # What a sub-select has made is no table.
            made = set(re.findall(r"CO-ROUTINE (\w+)", plan))
            scans = [each for each in re.findall(r"SCAN (\w+[^\n]*)", plan) if each not in made]
            by_order = [each for each in scans if is_ordered and "USING" in each]
            return len(by_order) < len(scans) or (is_ordered and "FOR ORDER BY" in plan)
        case "postgresql":
            sorts = re.search(r"(?<!Incremental )Sort  ", plan) is not None
            # Rows without a value are found by the index, and sorted by their keys.
            return "Seq Scan" in plan or (is_ordered and sorts and "IS NULL))" not in plan)
        case _:
            kinds = [line.split(" | ")[3] for line in plan.splitlines()]
            is_sorted = is_ordered and "filesort" in plan
            return "ALL" in kinds or is_sorted or (not is_ordered and "index" in kinds)
