"""Brings the tables of our store up to date, whoever else starts at the same moment."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from ownid_grpc.errors import Reason, Unavailable

_LOCK_SECONDS = 4
_LOCK_NAME = "ownid_migrate"
_LOCK_NUMBER = 0x6F776E6964  # "ownid"


def upgrade(connection: Connection) -> None:
    """Runs the migrations that the store has not seen, one process at a time.

    SQLite needs no lock: the transaction has begun by taking the one there is.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_NUMBER})")
    if connection.dialect.name not in ("mariadb", "mysql"):
        _run(connection)
        return
    _lock_mariadb(connection)
    try:
        _run(connection)
    finally:
        connection.exec_driver_sql(f"DO RELEASE_LOCK('{_LOCK_NAME}')")


def config() -> Config:
    """Returns where alembic finds the migrations, in the wheel as in the source."""
    words = Config()
    words.set_main_option("script_location", "ownid_grpc.state:migrations")
    return words


def _run(connection: Connection) -> None:
    words = config()
    words.attributes["connection"] = connection
    command.upgrade(words, "head")


def _lock_mariadb(connection: Connection) -> None:
    statement = f"SELECT GET_LOCK('{_LOCK_NAME}', {_LOCK_SECONDS})"
    if connection.exec_driver_sql(statement).scalar() != 1:
        raise Unavailable(
            Reason.DATABASE_UNAVAILABLE,
            "Another process is bringing the service's own store up to date; try again.",
        )
