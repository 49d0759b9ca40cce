"""Single statements that write one row, and see to it that they did."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnClause, ColumnElement, Connection, CursorResult, and_, column
from sqlalchemy.sql import quoted_name

from ownid_grpc.errors import OwnIdError
from ownid_grpc.repositories.sql.bound import Table
from ownid_grpc.repositories.sql.codecs import Stored
from ownid_grpc.repositories.sql.dialects.base import raw
from ownid_grpc.repositories.sql.errors import Meaning, Refusal, error_of_refusal


def insert_row(
    connection: Connection, table: Table, values: Mapping[str, Stored], wanted: Sequence[str] = ()
) -> dict[str, Stored]:
    """Inserts a row and returns the wanted columns of it as the database made them."""
    statement = table.clause.insert().values({name: raw(value) for name, value in values.items()})
    if not wanted or (table.shape.is_view and None not in map(values.get, wanted)):
        # Else what PostgreSQL counted is forgotten before it is looked at.
        counted = {"preserve_rowcount": True}
        _demand_row(connection.execute(statement, execution_options=counted), table)
        return {name: values[name] for name in wanted}
    columns: list[ColumnClause[Stored]] = [column(quoted_name(name, quote=True)) for name in wanted]
    row = connection.execute(statement.returning(*columns)).first()
    if row is None:
        raise withheld()
    return dict(zip(wanted, row, strict=True))


def update_row(
    connection: Connection,
    table: Table,
    values: Mapping[str, Stored],
    where: Sequence[ColumnElement[bool]],
) -> None:
    """Updates the row that `where` selects."""
    _demand_row(update_rows(connection, table, values, where), table)


def update_rows(
    connection: Connection,
    table: Table,
    values: Mapping[str, Stored],
    where: Sequence[ColumnElement[bool]],
) -> CursorResult[*tuple[Stored, ...]]:
    """Updates whatever rows `where` selects."""
    assigned = {name: raw(value) for name, value in values.items()}
    return connection.execute(table.clause.update().where(and_(*where)).values(assigned))


def delete_row(connection: Connection, table: Table, key: Mapping[str, Stored]) -> None:
    """Deletes the row of a key."""
    statement = table.clause.delete().where(*equal(table, key))
    _demand_row(connection.execute(statement), table)


def delete_where(
    connection: Connection, table: Table, where: Sequence[ColumnElement[bool]]
) -> None:
    """Deletes whatever rows `where` selects."""
    connection.execute(table.clause.delete().where(and_(*where)))


def equal(table: Table, key: Mapping[str, Stored]) -> list[ColumnElement[bool]]:
    """Returns the conditions that select the rows of a key."""
    return [table.write(name) == raw(value) for name, value in key.items()]


def _demand_row(result: CursorResult[*tuple[Stored, ...]], table: Table) -> None:
    """Raises where a trigger or a policy of the database made nothing of the statement.

    What a trigger does in place of a statement on a view, SQLite does not count.
    """
    if result.rowcount == 0 and not table.shape.is_view:
        raise withheld()


def withheld() -> OwnIdError:
    """Returns the error of a row that the database took and did not make."""
    return error_of_refusal(Refusal(Meaning.RULE), ())
