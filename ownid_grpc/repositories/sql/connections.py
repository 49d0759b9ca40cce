"""Connections to one database: pools, limits, cancelling, and one retry after a lost connection."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import ConnectArgsType
from sqlalchemy.exc import DBAPIError, ResourceClosedError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from ownid_grpc.domain.call import Call
from ownid_grpc.domain.mapping import Pool
from ownid_grpc.repositories.base import PoolUse
from ownid_grpc.repositories.refusals import database_down, repository_closed
from ownid_grpc.repositories.sql import drivers
from ownid_grpc.repositories.sql.errors import database_error
from ownid_grpc.repositories.sql.outage import Outage
from ownid_grpc.repositories.sql.waits import Waits
from ownid_grpc.repositories.sql.watch import Watch

Result = TypeVar("Result")

_SCAN_SECONDS = 3600.0
"""How long a statement of a scan may take: its caller sets the limit, by a deadline."""

_STALE_SECONDS = 1.0
_STOP_SECONDS = 2.0
_AUTOCOMMIT = "AUTOCOMMIT"


class Connections:
    """Runs work on connections of one database.

    In a read each statement stands alone; a write is one transaction. Work
    that finds its connection lost is run once more on a new one: nothing of
    it was committed.
    """

    def __init__(self, url: str, pool: Pool) -> None:
        self._pool = pool
        self._is_closed = False
        self._driver = drivers.driver_for(make_url(url).get_backend_name())
        self._watch = Watch()
        self._outage = Outage()
        self._waits = Waits()
        patient = pool.model_copy(update={"statement_seconds": _SCAN_SECONDS})
        self._reader = self._engine(url, pool, _AUTOCOMMIT)
        self._writer = self._engine(url, pool, self._driver.write_isolation)
        self._scanner = self._engine(url, patient, _AUTOCOMMIT)
        # Of its own, so that however busy the others are, they do not make the database look down.
        single = pool.model_copy(update={"size": 1})
        self._prober = self._engine(url, single, _AUTOCOMMIT, is_prober=True)

    @property
    def name(self) -> str:
        """The kind of database: sqlite, postgresql or mariadb."""
        return self._driver.name

    def read(
        self, call: Call, work: Callable[[Connection], Result], *, is_scan: bool = False
    ) -> Result:
        """Returns what `work` makes of a connection on which each statement stands alone."""
        if is_scan:
            return self._twice(self._scanner, call, work, _SCAN_SECONDS)
        return self._twice(self._reader, call, work, self._pool.statement_seconds)

    def write(self, call: Call, work: Callable[[Connection], Result]) -> Result:
        """Returns what `work` makes of a connection, and commits; rolls back when it raises."""

        def begun(connection: Connection) -> Result:
            # Not left to the first statement: the driver itself may be who runs it.
            connection.begin()
            return work(connection)

        return self._twice(self._writer, call, begun, self._pool.statement_seconds)

    @contextmanager
    def streaming(self, call: Call) -> Iterator[Connection]:
        """Gives a connection whose rows come as they are fetched, for as long as the block."""
        options: dict[str, Any] = {"stream_results": True, "max_row_buffer": 1000}
        if self._driver.streams_in_transaction:
            options["isolation_level"] = self._driver.write_isolation
        with self._checked_out(self._scanner, call, _SCAN_SECONDS) as connection:
            yield connection.execution_options(**options)

    def probe(self) -> None:
        """Asks the database for a constant; where it does not say it, nobody waits any longer."""
        started = time.monotonic()
        try:
            self._twice(
                self._prober,
                Call(),
                lambda connection: connection.execute(text("SELECT 1")),
                self._pool.connect_seconds,
            )
        except BaseException:
            self._outage.begin()
            if time.monotonic() - started > _STALE_SECONDS:
                self._watch.abandon_all()
            raise
        self._outage.end()

    def pools(self) -> Sequence[PoolUse]:
        """Returns how the pools are just now."""
        engines = {"read": self._reader, "write": self._writer, "scan": self._scanner}
        return [
            # Any pool of ours is a QueuePool, the only kind that counts.
            PoolUse(name, self._pool.size, cast("QueuePool", engine.pool).checkedout(), waiting)
            for name, engine in engines.items()
            for waiting in (self._waits.count(engine),)
        ]

    def close(self) -> None:
        """Closes every connection that is not in use, the others when they come back."""
        self._is_closed = True
        self._watch.close()
        for engine in (self._reader, self._writer, self._scanner, self._prober):
            engine.dispose()

    def _engine(self, url: str, pool: Pool, isolation: str, *, is_prober: bool = False) -> Engine:
        engine = create_engine(
            self._driver.url(url),
            isolation_level=isolation,
            paramstyle=self._driver.parameters,
            poolclass=QueuePool,
            pool_size=pool.size,
            max_overflow=0,
            pool_timeout=pool.wait_seconds,
            connect_args=dict(self._driver.connect_arguments(pool)),
            hide_parameters=True,
            skip_autocommit_rollback=True,
        )

        @event.listens_for(engine, "do_connect")
        def connect(dialect: Any, _: object, places: ConnectArgsType, words: Any) -> Any:
            with nullcontext() if is_prober else self._outage.connecting():
                raw = dialect.connect(*places, **words)
                with self._watch.watching(lambda: self._driver.abandon(raw), pool.connect_seconds):
                    self._driver.prepare(raw, pool)
                return raw

        release = self._driver.release
        if release is not None and isolation != _AUTOCOMMIT:
            event.listen(engine, "reset", lambda raw, *_: release(raw))
        if self._driver.begin is not None and isolation != _AUTOCOMMIT:
            statement = self._driver.begin
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(statement))
        return engine

    def _twice(
        self, engine: Engine, call: Call, work: Callable[[Connection], Result], seconds: float
    ) -> Result:
        started = time.monotonic()
        try:
            return self._once(engine, call, work, seconds)
        except _ConnectionLost as lost:
            call.check()
            # A pooled connection that went stale says so at once; a server that hung would again.
            if time.monotonic() - started > _STALE_SECONDS:
                raise database_error(lost.error) from lost.error
        try:
            return self._once(engine, call, work, seconds)
        except _ConnectionLost as lost:
            raise database_error(lost.error) from lost.error

    def _once(
        self, engine: Engine, call: Call, work: Callable[[Connection], Result], seconds: float
    ) -> Result:
        # The database's own limit comes first: it says what it is.
        with self._checked_out(engine, call, seconds + 2) as connection:
            result = _losing(lambda: work(connection))
            # A commit that is lost on its way may have happened: it is not tried again.
            try:
                connection.commit()
            except DBAPIError:
                # SQLite leaves a transaction open that it could not commit, and with it its lock.
                connection.invalidate()
                raise
            return result

    @contextmanager
    def _checked_out(self, engine: Engine, call: Call, seconds: float) -> Iterator[Connection]:
        if self._is_closed:
            raise repository_closed()
        call.check()
        try:
            with self._asking(engine), self._waits.connected(engine) as connection:
                raw = connection.connection.dbapi_connection
                with self._watch.watching(lambda: self._driver.abandon(raw), seconds) as shorten:

                    def stop() -> None:
                        # It may come just before the statement that it means to stop.
                        shorten(_STOP_SECONDS)
                        self._driver.stop(raw, engine.url)

                    with call.on_cancel(stop):
                        yield connection
        except ResourceClosedError as error:
            raise database_down() from error
        except (DBAPIError, PoolTimeout) as error:
            call.check()
            raise database_error(error) from error

    def _asking(self, engine: Engine) -> AbstractContextManager[None]:
        if engine is self._prober:
            return nullcontext()
        return self._outage.asking(is_read=engine is self._reader)


class _ConnectionLost(Exception):
    """The connection turned out dead before anything was committed."""

    def __init__(self, error: DBAPIError) -> None:
        super().__init__()
        self.error = error


def _losing(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise _ConnectionLost(error) from error
        raise
