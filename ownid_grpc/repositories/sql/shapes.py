"""Statements of one shape that differ in values only, each compiled once and run on its driver."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

from sqlalchemy import BindParameter, Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.types import Integer, NullType, String

Made = TypeVar("Made")
Result = TypeVar("Result")

Row: TypeAlias = Sequence[Any]
Statement: TypeAlias = Select[*tuple[Any, ...]] | Insert | Update | Delete
Build: TypeAlias = Callable[[Sequence[Any]], Statement]
"""Makes a statement with some values, by `raw`; the same one for others but for those."""

_MOST = 1000
"""Read masks of callers make shapes without end."""

_UNTOUCHED = (NullType, String, Integer)
"""Types of columns whose values SQLAlchemy hands on as the driver gives them."""

_EXPANDED = {"render_postcompile": True}

_SAMPLE = "A Text That Is Sought"


class Shapes(Protocol):
    """Runs statements, which are told apart by their `shape`; one of None is run as it is."""

    def rows(
        self, connection: Connection, shape: Hashable, build: Build, values: Sequence[Any]
    ) -> Sequence[Row]:
        """Returns the rows of a statement that reads, or that returns what it wrote."""
        ...

    def count(
        self, connection: Connection, shape: Hashable, build: Build, values: Sequence[Any]
    ) -> int:
        """Returns how many rows a statement has written."""
        ...

    def kept(self, shape: Hashable, make: Callable[[], Made]) -> Made:
        """Returns what `make` made of a shape the first time."""
        ...


class PlainShapes:
    """Builds each statement anew, for SQLAlchemy to run: what the other kind must equal."""

    def rows(
        self, connection: Connection, shape: Hashable, build: Build, values: Sequence[Any]
    ) -> Sequence[Row]:
        """Returns the rows."""
        del shape
        return connection.execute(build(values)).all()

    def count(
        self, connection: Connection, shape: Hashable, build: Build, values: Sequence[Any]
    ) -> int:
        """Returns the number of rows."""
        del shape
        # Else what PostgreSQL counted is forgotten before it is looked at.
        counted = {"preserve_rowcount": True}
        return connection.execute(build(values), execution_options=counted).rowcount

    def kept(self, shape: Hashable, make: Callable[[], Made]) -> Made:
        """Returns what `make` makes."""
        del shape
        return make()


class CompiledShapes:
    """Has SQLAlchemy compile a statement the first time, and the driver itself run it from then.

    What building, compiling and unpacking take of SQLAlchemy is several times
    what the driver takes. Pools, limits and errors are as with `PlainShapes`.
    """

    def __init__(self) -> None:
        self._plain = PlainShapes()
        self._kept: dict[Hashable, Any] = {}

    def rows(
        self, connection: Connection, shape: Hashable, build: Build, values: Sequence[Any]
    ) -> Sequence[Row]:
        """Returns the rows."""
        compiled = self._compiled(connection, shape, build, values)
        if compiled is None:
            return self._plain.rows(connection, shape, build, values)
        return compiled.run(connection, values, _rows)

    def count(
        self, connection: Connection, shape: Hashable, build: Build, values: Sequence[Any]
    ) -> int:
        """Returns the number of rows."""
        compiled = self._compiled(connection, shape, build, values)
        if compiled is None:
            return self._plain.count(connection, shape, build, values)
        return compiled.run(connection, values, _count)

    def kept(self, shape: Hashable, make: Callable[[], Made]) -> Made:
        """Returns what was kept of a shape; all is forgotten when it becomes too much."""
        found: Made | None = self._kept.get(shape)
        if found is None:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            found = self._kept[shape] = make()
        return found

    def _compiled(
        self, connection: Connection, shape: Hashable, build: Build, values: Sequence[Any]
    ) -> "_Compiled | None":
        if shape is None:
            return None
        (compiled,) = self.kept(
            (_Compiled, shape), lambda: (_Compiled.of(build, values, connection.dialect),)
        )
        return compiled


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement as its driver takes it; `places` say which of the values goes where.

    Behind the values come the `constants`, which are of the shape.
    """

    text: str
    constants: tuple[Any, ...]
    places: tuple[tuple[int, Callable[[Any], Any] | None], ...]

    @classmethod
    def of(cls, build: Build, values: Sequence[Any], dialect: Dialect) -> "_Compiled | None":
        """Returns a statement compiled, None for one that has to be run the plain way."""
        slots = [
            _TextSlot.at(index) if isinstance(value, str) else _Slot(index)
            for index, value in enumerate(values)
        ]
        statement = build(slots)
        compiled: Any = statement.compile(dialect=dialect, compile_kwargs=_EXPANDED)
        if _is_converted(statement, compiled.binds.values(), dialect):
            return None
        given = compiled.construct_params(escape_names=False)
        parameters = [given[name] for name in compiled.positiontup]
        constants = [each for each in parameters if not isinstance(each, _Slot | _TextSlot)]
        if any(_SAMPLE.lower() in str(each).lower() for each in (compiled, *constants)):
            return None  # made of a text in a way that cannot be made again of others
        behind = iter(range(len(values), len(values) + len(constants)))
        places = [
            (each.place, each.change)
            if isinstance(each, _Slot | _TextSlot)
            else (next(behind), None)
            for each in parameters
        ]
        return cls(str(compiled), tuple(constants), tuple(places))

    def run(
        self, connection: Connection, values: Sequence[Any], finish: Callable[[Any], Result]
    ) -> Result:
        """Returns what `finish` makes of the driver's cursor."""
        given = (*values, *self.constants)
        arguments = tuple(
            given[index] if change is None else change(given[index])
            for index, change in self.places
        )
        cursor = connection.connection.cursor()
        # Who listens to what an engine runs hears of this too.
        said = (connection, cursor, self.text, arguments, None, False)
        connection.dispatch.before_cursor_execute(*said)
        try:
            cursor.execute(self.text, arguments)
            result = finish(cursor)
        except connection.dialect.loaded_dbapi.Error as error:
            # Tells a lost connection from others, and the pool of it, as for all statements;
            # there is no public way to it.
            connection._handle_dbapi_exception(error, self.text, arguments, cursor, None)  # noqa: SLF001
            raise
        cursor.close()
        return result


def _is_converted(
    statement: Statement, parameters: Iterable[BindParameter[Any]], dialect: Dialect
) -> bool:
    """Whether SQLAlchemy makes other values of some that go in or come out."""
    impls = (each.type.dialect_impl(dialect) for each in parameters)
    is_given = all(each.bind_processor(dialect) is None for each in impls)
    is_taken = all(isinstance(each.type, _UNTOUCHED) for each in statement.exported_columns)
    return not (is_given and is_taken)


def _rows(cursor: Any) -> Sequence[Row]:
    rows: Sequence[Row] = cursor.fetchall()
    return rows


def _count(cursor: Any) -> int:
    return int(cursor.rowcount)


@dataclass(frozen=True, slots=True)
class _Slot:
    """Stands for a value while a statement is compiled."""

    place: int
    change: None = None


class _TextSlot(str):
    """Stands for a text of ASCII, or for what `change` makes of it."""

    __slots__ = ("change", "place")
    place: int
    change: Callable[[str], str] | None

    @classmethod
    def at(cls, place: int, change: Callable[[str], str] | None = None) -> "_TextSlot":
        """Returns the slot of the value in a place."""
        slot = cls(_SAMPLE if change is None else change(_SAMPLE))
        slot.place, slot.change = place, change
        return slot

    def lower(self) -> "_TextSlot":
        """Returns the slot of the text in small letters."""
        return self.at(self.place, str.lower)

    def upper(self) -> "_TextSlot":
        """Returns the slot of the text in capitals."""
        return self.at(self.place, str.upper)
