"""A way in which a value stands in a column, and what its cases share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from ownid_grpc.domain.account import JsonValue
from ownid_grpc.domain.predicates import Literal
from ownid_grpc.domain.source import Kind

SQLITE, POSTGRESQL, MARIADB = "sqlite", "postgresql", "mariadb"
EVERYWHERE = (SQLITE, POSTGRESQL, MARIADB)


@dataclass(frozen=True, slots=True)
class CodecCase:
    """A column and the words that read it.

    `types` are the column's, by database. `values` read back as they are given,
    `refused` are never written. `literals` are what filters compare with beside
    the values themselves. `odd` are contents that others left in the column, as
    SQL, with what they read as; they go by database where they are not for all.
    """

    name: str
    types: Mapping[str, str]
    words: Mapping[str, Any]
    kind: Kind
    values: Sequence[JsonValue]
    refused: Sequence[JsonValue] = ()
    literals: Sequence[Literal] = ()
    odd: Mapping[str, Mapping[str, JsonValue]] = field(default_factory=dict)
    item_kind: Kind | None = None
    any_value: "st.SearchStrategy[JsonValue] | None" = None

    def odd_contents(self, backend: str) -> Mapping[str, JsonValue]:
        """Returns contents that only others write, and what they read as."""
        return {**self.odd.get("", {}), **self.odd.get(backend, {})}


def every(type_name: str) -> dict[str, str]:
    """Returns a type that all three databases call the same."""
    return dict.fromkeys(EVERYWHERE, type_name)


def on(sqlite: str = "", postgresql: str = "", mariadb: str = "") -> dict[str, str]:
    """Returns the types of a column by database, of those that have such a one."""
    named = {SQLITE: sqlite, POSTGRESQL: postgresql, MARIADB: mariadb}
    return {backend: name for backend, name in named.items() if name}


BYTES = on("BLOB", "BYTEA", "VARBINARY(20)")
DATETIME = on("TIMESTAMP", "TIMESTAMP", "DATETIME(6)")
MOMENTS: list[JsonValue] = ["1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "1969-12-31T23:59:59Z"]
MOMENT_LITERALS: list[Literal] = [
    datetime(2024, 2, 29, 23, 59, 59, 500, UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, tzinfo=UTC),
]
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
UUIDS: list[JsonValue] = [
    "5f2c0000-0000-4000-8000-00000000000a",
    "00000000-0000-0000-0000-000000000000",
]
MONEY_LITERALS: list[Literal] = [
    Decimal("0.005"),
    Decimal("-1e30"),
    Decimal("1e30"),
    Decimal("19.899"),
    Decimal("0.1"),
    20,
]
