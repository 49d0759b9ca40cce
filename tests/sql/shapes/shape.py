"""A shape that accounts have in a database: its tables, its mapping, and what it can hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis.strategies import SearchStrategy

from ownid_grpc.domain.account import JsonValue

USER = "login = '{login}'"
"""The account's own row in `users`, the table of every shape."""

OF_USER = f"user_id IN (SELECT id FROM users WHERE {USER})"
"""The rows that hang on it."""

EVERY_KIND = ("sqlite", "postgresql", "mariadb")


@dataclass(frozen=True, slots=True)
class Own:
    """Which rows of a table are the account's, and which of their columns writes may change.

    `documents` are columns of which a write may change all but the member `kept`.
    """

    rows: str
    columns: tuple[str, ...]
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """One way in which accounts lie in tables that were there first.

    `fields` are the properties beside `login` by dotted name, each with what it
    may be; all but the `required` ones may be absent. `planted` are statements
    that give a new account what the mapping does not know. `bags` are arrays
    whose items have no order of their own. `keeps_row` where a delete only marks.
    """

    tables: tuple[str, ...]
    mapping: str
    fields: Mapping[str, SearchStrategy[JsonValue]]
    own: Mapping[str, Own]
    required: tuple[str, ...] = ()
    planted: tuple[str, ...] = ()
    bags: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    keeps_row: bool = False
    kinds: tuple[str, ...] = field(default=EVERY_KIND)
