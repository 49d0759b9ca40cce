"""Connections to our own store, on which nothing waits for ever and nothing fails in silence."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
    ResourceClosedError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ownid_grpc.errors import Reason, Unavailable
from ownid_grpc.state.drivers import checked_url, engine_for

Result = TypeVar("Result")

_STALE_SECONDS = 1.0
_STEP_SECONDS = 0.02

_OUR_FAULT = (IntegrityError, ProgrammingError, DataError)
"""What a statement got wrong; whatever else a driver raises means that the store is down."""


class Connections:
    """Runs work on connections of the store; all but faults of ours come out as `Unavailable`."""

    def __init__(self, url: str, wait_seconds: int) -> None:
        """Takes the URL of SQLite, PostgreSQL or MariaDB; opens nothing yet."""
        self._wait_seconds = wait_seconds
        self._reader = engine_for(checked_url(url), wait_seconds, is_reader=True)
        self._writer = engine_for(checked_url(url), wait_seconds, is_reader=False)
        self._driver_error = self._reader.dialect.loaded_dbapi.Error

    @property
    def name(self) -> str:
        """The kind of database: sqlite, postgresql, mariadb or mysql."""
        return self._reader.dialect.name

    def has_database(self) -> bool:
        """Returns whether connecting would make no file that is not there yet."""
        return self.name != "sqlite" or Path(str(self._reader.url.database)).exists()

    def prepare(self) -> None:
        """Has an SQLite file read and written at the same time, which it remembers for ever."""
        if self.name != "sqlite":
            return
        end = time.monotonic() + self._wait_seconds
        while True:
            try:
                self.read(lambda connection: connection.exec_driver_sql("PRAGMA journal_mode=WAL"))
            except Unavailable:
                # This one statement does not wait for another process that does the same.
                if time.monotonic() > end:
                    raise
                time.sleep(_STEP_SECONDS)
            else:
                return

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """Returns what `work` reads, each statement by itself."""
        return _translated(lambda: _twice(lambda: self._read_once(work)))

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """Returns what `work` makes, in one transaction; undone when it raises."""
        return _translated(lambda: _twice(lambda: self._write_once(work)))

    def first_row(self, statement: str, *parameters: str) -> tuple[Any, ...] | None:
        """Returns the first row of driver SQL, at a fraction of what `read` costs.

        Parameters stand as `?` in `statement` on every database.
        """
        if self._reader.dialect.paramstyle != "qmark":
            statement = statement.replace("?", "%s")
        started = time.monotonic()
        try:
            return _translated(lambda: self._first_row(statement, parameters))
        except self._driver_error as error:
            if time.monotonic() - started > _STALE_SECONDS:
                raise _unavailable() from error
            # The long way sorts out what is wrong, and tries a new connection.
            row = self.read(lambda c: c.exec_driver_sql(statement, parameters).first())
            return None if row is None else tuple(row)

    def close(self) -> None:
        """Gives back all connections."""
        self._reader.dispose()
        self._writer.dispose()

    def _read_once(self, work: Callable[[Connection], Result]) -> Result:
        with self._reader.connect() as connection:
            return _losing(lambda: work(connection))

    def _write_once(self, work: Callable[[Connection], Result]) -> Result:
        with self._writer.connect() as connection:
            result = _losing(lambda: work(connection))
            # A commit that is lost on its way may have happened: it is not tried again.
            connection.commit()
            return result

    def _first_row(self, statement: str, parameters: tuple[str, ...]) -> tuple[Any, ...] | None:
        connection = self._reader.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(statement, parameters)
            row: tuple[Any, ...] | None = cursor.fetchone()
            cursor.close()
            return row
        finally:
            connection.close()


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


def _twice(work: Callable[[], Result]) -> Result:
    started = time.monotonic()
    try:
        return work()
    except _ConnectionLost as lost:
        # One that went stale in the pool says so at once; a server that hung would again.
        if time.monotonic() - started > _STALE_SECONDS:
            raise lost.error from None
    try:
        return work()
    except _ConnectionLost as lost:
        raise lost.error from None


def _translated(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except _OUR_FAULT:
        raise
    except (DBAPIError, PoolTimeout, ResourceClosedError) as error:
        raise _unavailable() from error


def _unavailable() -> Unavailable:
    return Unavailable(
        Reason.DATABASE_UNAVAILABLE, "The service's own store does not answer; try again."
    )
