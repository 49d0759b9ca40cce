"""A statement as people read it, and the database's plan for it, both without values."""

import re
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ownid_grpc.repositories.sql.indexes.spelling import dialect_of

_CONDITION = re.compile(r"^\s*[A-Z][\w -]*: .*$", re.MULTILINE)
_NAME = r'("(?:[^"]|"")*")'
_TEXT = re.compile(rf"{_NAME}|'(?:[^']|'')*'")
_NUMBER = re.compile(rf"{_NAME}|(?<![\w$.])-?\d+(?:\.\d+)?(?![\w.])")
_EXPANDED = {"render_postcompile": True}


def sql_of(statement: Any, dialect: str) -> str:
    """Returns a statement with the names of its parameters in the place of values."""
    return str(statement.compile(dialect=dialect_of(dialect), compile_kwargs=_EXPANDED))


def plan_of(connection: Connection, statement: Any, dialect: str) -> str:
    """Returns the plan of a statement, which is not run; says so where the database has none."""
    compiled = statement.compile(dialect=connection.dialect, compile_kwargs=_EXPANDED)
    given: Any = compiled.construct_params()
    if compiled.positional:
        given = tuple(given[name] for name in compiled.positiontup or ())
    how = "EXPLAIN QUERY PLAN" if dialect == "sqlite" else "EXPLAIN"
    try:
        found = connection.exec_driver_sql(f"{how} {compiled}", given)
        names, rows = [*found.keys()], [tuple(row) for row in found]
    except DBAPIError:
        return "The database does not explain it."
    match dialect:
        case "postgresql":
            return _without_values("\n".join(str(row[0]) for row in rows))
        case "sqlite":
            return "\n".join(str(row[-1]) for row in rows)
        case _:
            lines = (zip(names, row, strict=True) for row in rows)
            return "\n".join(
                ", ".join(f"{name}: {value}" for name, value in line if value is not None)
                for line in lines
            )


def _without_values(plan: str) -> str:
    """Returns a plan of PostgreSQL, which shows the values that it was given, of any lines."""
    shown = _TEXT.sub(_hidden, plan)
    return _CONDITION.sub(lambda line: _NUMBER.sub(_hidden, line[0]), shown)


def _hidden(found: re.Match[str]) -> str:
    """Returns a name as it is, and what stands for a value."""
    return found[1] or "?"
