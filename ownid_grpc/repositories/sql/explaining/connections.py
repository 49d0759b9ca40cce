"""Connections on which nothing is written: what would be is noted down instead."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Select
from sqlalchemy.sql.dml import Insert, UpdateBase

from ownid_grpc.domain.call import Call
from ownid_grpc.repositories.base import Explained
from ownid_grpc.repositories.sql.bound import BoundMapping
from ownid_grpc.repositories.sql.connections import Connections
from ownid_grpc.repositories.sql.explaining.plans import plan_of, sql_of
from ownid_grpc.repositories.sql.reflect import Storage

Result = TypeVar("Result")

_MADE: Mapping[Storage, object] = {
    Storage.TEXT: "",
    Storage.UUID: uuid.UUID(int=0),
    Storage.BYTES: bytes(16),
}
"""What stands for a value that the database would make; it is seen by nobody."""


class DryConnections:
    """Connections of one repository, as reading needs them.

    Where `runs_reads`, what reads is run, since what would be written depends
    on it.
    """

    def __init__(
        self, connections: Connections, mapping: BoundMapping, *, runs_reads: bool
    ) -> None:
        self._connections = connections
        self._mapping = mapping
        self._runs_reads = runs_reads
        self.explained: list[Explained] = []

    def read(
        self, call: Call, work: Callable[[Connection], Result], *, is_scan: bool = False
    ) -> Result:
        """Returns what `work` makes of a connection that writes nothing."""
        return self._connections.read(call, lambda each: work(self._dry(each)), is_scan=is_scan)

    @contextmanager
    def streaming(self, call: Call) -> Iterator[Connection]:
        """Gives such a connection for as long as the block."""
        with self._connections.streaming(call) as connection:
            yield self._dry(connection)

    def _dry(self, connection: Connection) -> Connection:
        dry = _DryConnection(connection, self._mapping, self.explained, runs_reads=self._runs_reads)
        # It has what reading and writing ask of one.
        return cast("Connection", dry)


class _DryConnection:
    """Runs what reads rows, if that, and explains what reads or writes them."""

    def __init__(
        self,
        connection: Connection,
        mapping: BoundMapping,
        explained: list[Explained],
        *,
        runs_reads: bool,
    ) -> None:
        self._connection = connection
        self._mapping = mapping
        self._explained = explained
        self._runs_reads = runs_reads
        self.dialect = connection.dialect

    def execute(self, statement: Any, *_: Any, **__: Any) -> Any:
        """Explains a statement and returns its rows, or what would stand for them."""
        kind = self._mapping.dialect.name
        is_select = isinstance(statement, Select)
        is_of_rows = bool(is_select and statement.get_final_froms())
        # A sequence or a lock, which must not be taken: to ask for its plan is of no use either.
        has_plan = is_of_rows or isinstance(statement, UpdateBase)
        plan = plan_of(self._connection, statement, kind) if has_plan else ""
        self._explained.append(Explained(sql_of(statement, kind), plan))
        if is_of_rows and self._runs_reads:
            return self._connection.execute(_unlocked(statement))
        return _Outcome([] if is_of_rows else [self._made(statement)])

    def _made(self, statement: Any) -> tuple[object, ...]:
        """Returns a row such as a statement would return."""
        if isinstance(statement, Select):
            return (1,) * len(statement.selected_columns)
        if not isinstance(statement, Insert):
            return (1,)
        tables = self._mapping.tables
        columns = next(each for each in tables if each.clause is statement.table).shape.columns
        returned: Sequence[Any] = statement._returning  # noqa: SLF001 - there is no other way
        return tuple(_MADE.get(columns[str(each.name)].storage, 0) for each in returned)


class _Outcome:
    """What stands for the result of a statement that was not run."""

    rowcount = 1

    def __init__(self, rows: Sequence[tuple[object, ...]]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        return iter(self._rows)

    def all(self) -> Sequence[tuple[object, ...]]:
        """Returns the rows."""
        return self._rows

    def first(self) -> tuple[object, ...] | None:
        """Returns the first of them."""
        return self._rows[0] if self._rows else None

    def one(self) -> tuple[object, ...]:
        """Returns the only one."""
        return self._rows[0]

    def scalar(self) -> object:
        """Returns the first value of the first."""
        return self._rows[0][0] if self._rows else None


def _unlocked(statement: Any) -> Any:
    """Returns the same select without its lock, of which PostgreSQL leaves a trace in the row."""
    copied = statement._clone()  # noqa: SLF001 - what locks can be changed, but not taken away
    copied._for_update_arg = None  # noqa: SLF001 - likewise
    return copied
