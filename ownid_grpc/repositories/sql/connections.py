"""Connections to one database: pools, limits, cancelling, and one retry after a lost connection."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, ResourceClosedError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from ownid_grpc.domain.call import Call
from ownid_grpc.domain.mapping import Pool
from ownid_grpc.errors import Reason, Unavailable
from ownid_grpc.repositories.sql import drivers
from ownid_grpc.repositories.sql.errors import database_error
from ownid_grpc.repositories.sql.watch import Watch

Result = TypeVar("Result")

_STREAM_SECONDS = 3600.0
_STALE_SECONDS = 1.0


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
        self._reader = self._engine(url, "AUTOCOMMIT")
        self._writer = self._engine(url, self._driver.write_isolation)
        self._watch = Watch()

    @property
    def name(self) -> str:
        """The kind of database: sqlite, postgresql or mariadb."""
        return self._driver.name

    def read(self, call: Call, work: Callable[[Connection], Result]) -> Result:
        """Returns what `work` makes of a connection on which each statement stands alone."""
        return self._twice(self._reader, call, work)

    def write(self, call: Call, work: Callable[[Connection], Result]) -> Result:
        """Returns what `work` makes of a connection, and commits; rolls back when it raises."""
        return self._twice(self._writer, call, work)

    @contextmanager
    def streaming(self, call: Call) -> Iterator[Connection]:
        """Gives a connection whose rows come as they are fetched, for as long as the block."""
        engine = self._writer if self._driver.streams_in_transaction else self._reader
        with self._checked_out(engine, call, _STREAM_SECONDS) as connection:
            yield connection.execution_options(stream_results=True, max_row_buffer=1000)

    def close(self) -> None:
        """Closes every connection that is not in use, the others when they come back."""
        self._is_closed = True
        self._watch.close()
        self._reader.dispose()
        self._writer.dispose()

    def _engine(self, url: str, isolation: str) -> Engine:
        engine = create_engine(
            self._driver.url(url),
            isolation_level=isolation,
            poolclass=QueuePool,
            pool_size=self._pool.size,
            max_overflow=0,
            pool_timeout=self._pool.wait_seconds,
            connect_args=dict(self._driver.connect_arguments(self._pool)),
            hide_parameters=True,
        )
        event.listen(engine, "connect", lambda raw, _: self._driver.prepare(raw, self._pool))
        release = self._driver.release
        if release is not None and isolation != "AUTOCOMMIT":
            event.listen(engine, "reset", lambda raw, *_: release(raw))
        if self._driver.begin is not None and isolation != "AUTOCOMMIT":
            statement = self._driver.begin
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(statement))
        return engine

    def _twice(self, engine: Engine, call: Call, work: Callable[[Connection], Result]) -> Result:
        started = time.monotonic()
        try:
            return self._once(engine, call, work)
        except _ConnectionLost as lost:
            call.check()
            # A pooled connection that went stale says so at once; a server that hung would again.
            if time.monotonic() - started > _STALE_SECONDS:
                raise database_error(lost.error) from lost.error
        try:
            return self._once(engine, call, work)
        except _ConnectionLost as lost:
            raise database_error(lost.error) from lost.error

    def _once(self, engine: Engine, call: Call, work: Callable[[Connection], Result]) -> Result:
        seconds = self._pool.statement_seconds + 2
        with self._checked_out(engine, call, seconds) as connection:
            result = _losing(lambda: work(connection))
            # A commit that is lost on its way may have happened: it is not tried again.
            connection.commit()
            return result

    @contextmanager
    def _checked_out(self, engine: Engine, call: Call, seconds: float) -> Iterator[Connection]:
        if self._is_closed:
            raise Unavailable(Reason.DATABASE_UNAVAILABLE, "This repository is closed.")
        call.check()
        try:
            with engine.connect() as connection:
                raw = connection.connection.dbapi_connection
                with (
                    call.on_cancel(lambda: self._driver.stop(raw, engine.url)),
                    self._watch.watching(lambda: self._driver.abandon(raw), seconds),
                ):
                    yield connection
        except ResourceClosedError as error:
            raise Unavailable(
                Reason.DATABASE_UNAVAILABLE, "The app's database does not answer; try again."
            ) from error
        except (DBAPIError, PoolTimeout) as error:
            call.check()
            raise database_error(error) from error


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
