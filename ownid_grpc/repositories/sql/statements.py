"""Single statements that write one row, and see to it that they did."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnClause, ColumnElement, Connection, Delete, Insert, Update, and_, column
from sqlalchemy.sql import quoted_name

from ownid_grpc.errors import OwnIdError
from ownid_grpc.repositories.sql.bound import Table
from ownid_grpc.repositories.sql.codecs import Stored
from ownid_grpc.repositories.sql.dialects.base import raw
from ownid_grpc.repositories.sql.errors import Meaning, Refusal, error_of_refusal
from ownid_grpc.repositories.sql.writing import Writing


def insert_row(
    writing: Writing, table: Table, values: Mapping[str, Stored], wanted: Sequence[str] = ()
) -> dict[str, Stored]:
    """Inserts a row and returns the wanted columns of it as the database made them."""
    is_seen = not wanted or (table.shape.is_view and None not in map(values.get, wanted))
    returned = () if is_seen else tuple(wanted)

    def build(given: Sequence[Stored]) -> Insert:
        row = {name: raw(value) for name, value in zip(values, given, strict=True)}
        insert = table.clause.insert().values(row)
        columns: list[ColumnClause[Stored]] = [
            column(quoted_name(name, quote=True)) for name in returned
        ]
        return insert.returning(*columns) if columns else insert

    shapes, shape = writing.mapping.shapes, ("insert", table.name, (*values,), returned)
    if not returned:
        count = shapes.count(writing.connection, shape, build, [*values.values()])
        _demand_row(count, table)
        return {name: values[name] for name in wanted}
    rows = shapes.rows(writing.connection, shape, build, [*values.values()])
    if not rows:
        raise withheld()
    return dict(zip(wanted, rows[0], strict=True))


def update_row(
    writing: Writing,
    table: Table,
    values: Mapping[str, Stored],
    key: Mapping[str, Stored],
    scope: Sequence[ColumnElement[bool]] = (),
) -> None:
    """Updates the row of a key; of a table always within the same scope."""

    def build(given: Sequence[Stored]) -> Update:
        assigned = {name: raw(value) for name, value in zip(values, given, strict=False)}
        where = equal(table, dict(zip(key, given[len(values) :], strict=True)))
        return table.clause.update().where(*where, *scope).values(assigned)

    shape = ("update", table.name, (*values,), (*key,))
    given = [*values.values(), *key.values()]
    _demand_row(writing.mapping.shapes.count(writing.connection, shape, build, given), table)


def delete_row(writing: Writing, table: Table, key: Mapping[str, Stored]) -> None:
    """Deletes the row of a key."""

    def build(given: Sequence[Stored]) -> Delete:
        return table.clause.delete().where(*equal(table, dict(zip(key, given, strict=True))))

    shape = ("delete", table.name, (*key,))
    count = writing.mapping.shapes.count(writing.connection, shape, build, [*key.values()])
    _demand_row(count, table)


def update_rows(
    connection: Connection,
    table: Table,
    values: Mapping[str, Stored],
    where: Sequence[ColumnElement[bool]],
) -> None:
    """Updates whatever rows `where` selects."""
    assigned = {name: raw(value) for name, value in values.items()}
    connection.execute(table.clause.update().where(and_(*where)).values(assigned))


def delete_where(
    connection: Connection, table: Table, where: Sequence[ColumnElement[bool]]
) -> None:
    """Deletes whatever rows `where` selects."""
    connection.execute(table.clause.delete().where(and_(*where)))


def equal(table: Table, key: Mapping[str, Stored]) -> list[ColumnElement[bool]]:
    """Returns the conditions that select the rows of a key."""
    return [table.write(name) == raw(value) for name, value in key.items()]


def _demand_row(count: int, table: Table) -> None:
    """Raises where a trigger or a policy of the database made nothing of the statement.

    What a trigger does in place of a statement on a view, SQLite does not count.
    """
    if count == 0 and not table.shape.is_view:
        raise withheld()


def withheld() -> OwnIdError:
    """Returns the error of a row that the database took and did not make."""
    return error_of_refusal(Refusal(Meaning.RULE), ())
