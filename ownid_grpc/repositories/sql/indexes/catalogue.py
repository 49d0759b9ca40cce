"""Asks the catalogue of whichever database it is for the indexes of a table."""

from sqlalchemy import Connection

from ownid_grpc.repositories.sql.indexes import mariadb, postgres, sqlite
from ownid_grpc.repositories.sql.indexes.index import Indexed
from ownid_grpc.repositories.sql.reflect import TableShape


def indexed(connection: Connection, shape: TableShape) -> Indexed:
    """Returns the indexes of a table, and about how many rows it has.

    No rows are counted: the database says what it takes the table for.
    """
    match connection.dialect.name:
        case "postgresql":
            return postgres.read_indexes(connection, shape.schema, shape.name)
        case "sqlite":
            return sqlite.read_indexes(connection, shape)
        case _:
            return mariadb.read_indexes(connection, shape.schema, shape.name)
