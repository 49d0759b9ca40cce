"""Looks up the tables and columns that a mapping names, and gathers what is not there."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from sqlalchemy import Connection

from ownid_grpc.domain.mapping import SqlMapping
from ownid_grpc.domain.mapping_words import Conditions
from ownid_grpc.domain.source import MappingFault
from ownid_grpc.repositories.sql.bound import ROW_MARK, Table
from ownid_grpc.repositories.sql.dialects import Dialect
from ownid_grpc.repositories.sql.inspecting import table_names
from ownid_grpc.repositories.sql.names import split_table_name
from ownid_grpc.repositories.sql.reflect import ColumnShape, TableShape, reflect_table

Location = tuple[str, ...]
"""The path of a word from the app's `repository` down."""


@dataclass
class Finder:
    """One mapping held against one database; `faults` grows as words find nothing.

    `origins` are the locations in the file of words that were rewritten.
    """

    words: SqlMapping
    connection: Connection
    dialect: Dialect
    faults: list[MappingFault] = field(default_factory=list)
    origins: dict[Location, Location] = field(default_factory=dict)

    @property
    def join_names(self) -> list[str]:
        """The joins as the file names them."""
        return [name.partition(ROW_MARK)[0] for name in self.words.joins]

    def fault(self, location: Location, message: str) -> None:
        """Notes a fault."""
        self.faults.append(MappingFault(location, message))

    def table(self, location: Location, text: str, name: str) -> Table | None:
        """Returns the table that `text` names, in the part of the join `name`."""
        schema, table_name = split_table_name(text)
        shape = reflect_table(self.connection, schema, table_name)
        if shape is None:
            known = table_names(self.connection, schema)
            near = meant(table_name, known, "name one that is there, or grant it SELECT")
            self.fault(location, f"There is no table '{text}' that this user may read; {near}")
            return None
        return Table.of(name, shape)

    def columns(self, location: Location, table: Table, names: Iterable[str]) -> None:
        """Looks up columns, each named by a word of its own below `location`."""
        for name in names:
            self.column((*location, name), table, name)

    def column(self, location: Location, table: Table, name: str) -> ColumnShape | None:
        """Returns a column of a table."""
        shape = table.shape.columns.get(name)
        if shape is None:
            self.fault(location, no_column(table.shape, name))
        return shape


def no_column(shape: TableShape, name: str) -> str:
    """Returns the message of a column that is not there, with the one that may be meant."""
    near = meant(name, shape.columns, "name one of its columns")
    return f"The table '{shape.name}' has no column '{name}'; {near}"


def meant(name: str, known: Iterable[str], otherwise: str) -> str:
    """Returns a question for the known name that is most like `name`, else what else to do."""
    folded = {each.casefold(): each for each in known}
    near = get_close_matches(name.casefold(), folded, n=1)
    return f"did you mean '{folded[near[0]]}'?" if near else f"{otherwise}."


def is_unique(shape: TableShape, columns: Iterable[str], where: Conditions) -> bool:
    """Whether a unique index lies on no more than `columns` and what `where` fixes.

    Several rows may be NULL, or any of several values, in a unique column.
    """
    fixed = {*columns, *(name for name, said in where.items() if said.equals is not None)}
    return any(
        None not in index.columns and not index.is_partial and fixed.issuperset(index.columns)
        for index in shape.unique
    )
