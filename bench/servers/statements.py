"""The SQL that the hand-written servers run: what one would write for these customers."""

from dataclasses import dataclass

from bench.customers import COLUMNS
from bench.shapes import SHAPES

_GETS = {shape.app: shape.get for shape in (shaped(1) for shaped in SHAPES)}
_SHOWN = ", ".join(("id", *COLUMNS, "created_at", "updated_at"))


@dataclass(frozen=True, slots=True)
class Statements:
    """All statements on the customers of one app."""

    app: str

    @property
    def table(self) -> str:
        """Where the customers are."""
        return f"customers_{self.app}"

    @property
    def get(self) -> bytes:
        """One row by its key, or what makes one of tables of another shape."""
        return _GETS.get(self.app) or self._read("WHERE id = %s")

    @property
    def look_up(self) -> bytes:
        """One row by an address, whatever its case."""
        return self._read("WHERE lower(email) = lower(%s)")

    @property
    def lock(self) -> bytes:
        """One row by its key, which nobody else may change until the commit."""
        return self._read("WHERE id = %s FOR UPDATE")

    @property
    def rename(self) -> bytes:
        """Another first name."""
        change = "SET given_name = %s, updated_at = now()"
        return f"UPDATE {self.table} {change} WHERE id = %s RETURNING {_SHOWN}".encode()

    @property
    def insert(self) -> bytes:
        """A new row."""
        columns, places = ", ".join(COLUMNS), ", ".join(["%s"] * len(COLUMNS))
        return f"INSERT INTO {self.table} ({columns}) VALUES ({places}) RETURNING {_SHOWN}".encode()

    @property
    def list_city(self) -> bytes:
        """The first page of a city, by family name."""
        return self._read('WHERE city = %s ORDER BY family_name COLLATE "C", id LIMIT %s')

    @property
    def next_page(self) -> bytes:
        """A page of all, by key."""
        return self._read("WHERE id > %s ORDER BY id LIMIT %s")

    def _read(self, rest: str) -> bytes:
        return f"SELECT {_SHOWN} FROM {self.table} {rest}".encode()
