"""What a catalogue says of a table beyond what SQLAlchemy's inspector asks."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Traits:
    """More on a table: its columns by name, functional indexes as written, and checks.

    `checks` are pairs of name and expression, `triggers` the bodies of what
    runs before a row is inserted. `indexes` stand in for the inspector's where
    that leaves some out.
    """

    columns: Mapping[str, Mapping[str, Any]]
    expressions: tuple[str, ...] = ()
    checks: tuple[tuple[str, str], ...] = ()
    triggers: tuple[str, ...] = ()
    is_view: bool = False
    indexes: tuple[Mapping[str, Any], ...] | None = None


def is_assigned(column: str, triggers: Iterable[str]) -> bool:
    """Whether a trigger gives a column of the new row its value."""
    name = rf'\bNEW\s*\.\s*["`]?{re.escape(column)}["`]?\s*:?='
    return any(re.search(name, body, re.IGNORECASE) for body in triggers)


def quoted_name_of(connection: Connection, schema: str | None, name: str) -> str:
    """Returns a table's name as SQL has it."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    return f"{quote(schema)}.{quote(name)}" if schema else quote(name)
