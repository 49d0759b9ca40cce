"""A connection that can read a database and cannot change it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from ownid_grpc.domain.mapping import Pool
from ownid_grpc.repositories.sql.drivers import driver_for, url_of
from ownid_grpc.repositories.sql.errors import database_error

_LIMITS = Pool(size=1, statement_seconds=5, wait_seconds=5, connect_seconds=5)
_SQLITE_SECONDS = 60
_SQLITE_STEPS = 10_000

_FORBID_WRITES = {
    "sqlite": "PRAGMA query_only = ON",
    "postgresql": "SET default_transaction_read_only = on",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
}


class NoSuchKind(Exception):
    """A text that is no URL of a database which the service knows."""


@contextmanager
def read_only(url: str) -> Iterator[Connection]:
    """Gives a connection on which each statement is a read-only transaction of its own.

    So none holds back what others do in the database. Raises `NoSuchKind` for
    a URL that is none, and `Unavailable` where the database does not answer.
    """
    place = _place(url)
    driver = driver_for(place.get_backend_name())
    engine = create_engine(
        place,
        isolation_level="AUTOCOMMIT",
        poolclass=NullPool,
        connect_args=dict(driver.connect_arguments(_LIMITS)),
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def prepare(raw: Any, _: object) -> None:  # noqa: ANN401 - a driver's own connection
        driver.prepare(raw, _LIMITS)
        cursor = raw.cursor()
        cursor.execute(_FORBID_WRITES[driver.name])
        cursor.close()
        if driver.name == "sqlite":
            # SQLite knows no limit of time; it asks now and then whether to go on.
            end = time.monotonic() + _SQLITE_SECONDS
            raw.set_progress_handler(lambda: time.monotonic() > end, _SQLITE_STEPS)
        elif driver.name == "postgresql":
            raw.commit()

    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise database_error(error) from None
    finally:
        engine.dispose()


def _place(url: str) -> URL:
    try:
        place = url_of(url)
        place.get_dialect()().create_connect_args(place)
    except (ArgumentError, KeyError, TypeError, ValueError):
        # What stands there may hold a password, also in a trace.
        raise NoSuchKind from None
    is_file = place.get_backend_name() == "sqlite" and place.query.get("mode") == "rw"
    return place.update_query_dict({"mode": "ro"}) if is_file else place
