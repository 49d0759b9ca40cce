"""The database of the demo: the tables of a shop that has been there for years."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    MetaData,
    create_engine,
    func,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from ownid_grpc.cli.demo.rows import make_rows
from ownid_grpc.cli.demo.tables import MARK, TableNames, tables_of

OWN_PREFIX = "ownid_demo_"
"""What the names of the tables begin with on a server, where there may be others."""

_FILE_PREFIX = "tbl_"
_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mariadb": "mariadb+pymysql",
    "mysql": "mysql+pymysql",
}
_KINDS = {"postgresql": "PostgreSQL", "mariadb": "MariaDB", "mysql": "MySQL"}
_CONNECT_SECONDS = 5


class DemoError(Exception):
    """The demo cannot go on; the message says what would help."""


@dataclass(frozen=True, slots=True)
class ShopDatabase:
    """Where the tables are, and what each is called.

    `url` is what ownid.yaml is given; `kind` is what people call such a database.
    """

    engine: Engine
    url: str
    kind: str
    is_file: bool

    @property
    def tables(self) -> TableNames:
        """What its tables are called: in a file of their own, something short."""
        return TableNames(_FILE_PREFIX if self.is_file else OWN_PREFIX)

    def fill(self) -> None:
        """Makes the tables anew, with all their rows, unless some of them are somebody else's."""
        metadata = tables_of(self.tables)
        try:
            with self.engine.begin() as connection:
                self._refuse_what_is_not_ours(connection, metadata)
                metadata.drop_all(connection)
                metadata.create_all(connection)
                _insert(connection, metadata, self.tables)
        except SQLAlchemyError as error:
            raise DemoError(
                "The database does not let the demo make its tables: the user needs the right to "
                "create, drop and read tables there."
            ) from error

    def row(self, statement: str) -> dict[str, Any]:
        """Returns the one row of a statement; raises `DemoError` where there is none."""
        try:
            with self.engine.connect() as connection:
                return dict(connection.execute(text(statement)).mappings().one())
        except SQLAlchemyError as error:
            raise DemoError("The database does not answer, or the demo's rows are gone.") from error

    def count(self, table: str) -> int:
        """Returns how many rows a table has."""
        return int(self.row(f"SELECT count(*) AS number FROM {table}")["number"])  # noqa: S608 - one of ours

    def _refuse_what_is_not_ours(self, connection: Connection, metadata: MetaData) -> None:
        if self.is_file:
            return  # and a new one
        inspector = inspect(connection)
        strange = [
            name
            for name in metadata.tables
            if inspector.has_table(name) and inspector.get_table_comment(name)["text"] != MARK
        ]
        if strange:
            raise DemoError(
                f"The database has tables of these names that the demo did not make: "
                f"{', '.join(strange)}. Nothing was touched. Rename them, or name another database."
            )


def file_database(path: Path) -> ShopDatabase:
    """Returns the shop in an SQLite file that is not there yet."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    return ShopDatabase(engine, f"sqlite:///{path.name}", "SQLite", is_file=True)


def server_database(url: str) -> ShopDatabase:
    """Returns the shop on a server; raises `DemoError` where that does not answer."""
    place = _server_url(url)
    engine = create_engine(place, poolclass=NullPool, connect_args=_patience(place))
    try:
        engine.connect().close()
    except SQLAlchemyError as error:
        raise DemoError(
            "The database server does not answer, or does not let this user in: check the host, "
            "port, user, password and database of the URL."
        ) from error
    kind = _KINDS[place.get_backend_name()]
    return ShopDatabase(engine, url, kind, is_file=False)


def _server_url(url: str) -> URL:
    try:
        place = make_url(url)
        place = place.set(drivername=_DRIVERS[place.drivername.partition("+")[0]])
        # Finds the words that its driver would refuse, such as a limit that is no number.
        place.get_dialect()().create_connect_args(place)
    except (ArgumentError, KeyError, TypeError, ValueError):
        # What stands there may hold a password, also in a trace.
        raise DemoError(
            "The URL of a database server begins with postgresql://, mariadb:// or mysql://; "
            "without one, the demo makes an SQLite file."
        ) from None
    return place


def _patience(url: URL) -> dict[str, Any]:
    charset = {} if url.get_backend_name() == "postgresql" else {"charset": "utf8mb4"}
    return {"connect_timeout": _CONNECT_SECONDS} | charset


def _insert(connection: Connection, metadata: MetaData, names: TableNames) -> None:
    rows = make_rows()
    for name, found in (
        (names.countries, rows.countries),
        (names.customers, rows.customers),
        (names.details, rows.details),
        (names.orders, rows.orders),
    ):
        connection.execute(metadata.tables[name].insert(), found)
    if connection.dialect.name == "postgresql":
        # The rows brought their own numbers; those of the next ones come from a sequence.
        table = metadata.tables[names.customers]
        sequence = func.pg_get_serial_sequence(names.customers, "cust_no")
        connection.execute(select(func.setval(sequence, func.max(table.c.cust_no))))
