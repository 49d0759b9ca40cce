"""How each database writes the expressions that codecs compare with."""

from sqlalchemy import Connection

from ownid_grpc.repositories.sql.dialects.base import Dialect
from ownid_grpc.repositories.sql.dialects.mariadb import MariaDbDialect
from ownid_grpc.repositories.sql.dialects.postgres import PostgresDialect
from ownid_grpc.repositories.sql.dialects.sqlite import SqliteDialect

__all__ = ["Dialect", "dialect_for"]


def dialect_for(connection: Connection) -> Dialect:
    """Returns the dialect of the server behind a connection."""
    match connection.dialect.name:
        case "postgresql":
            return PostgresDialect.of(connection)
        case "mysql" | "mariadb":
            return MariaDbDialect()
        case _:
            return SqliteDialect()
