"""Which property a refusal of the database concerns."""

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy.exc import DBAPIError

from ownid_grpc.domain.account import PROFILE
from ownid_grpc.errors import FailedPrecondition, OwnIdError, Reason, Violation
from ownid_grpc.repositories.refusals import ACCOUNT_ID, value_taken
from ownid_grpc.repositories.sql.bound import (
    REST,
    ROW_MARK,
    BoundField,
    BoundJoin,
    BoundMapping,
    Table,
)
from ownid_grpc.repositories.sql.constants import stored_constant
from ownid_grpc.repositories.sql.errors import (
    Meaning,
    Refusal,
    concurrent_change,
    error_of_refusal,
    refusal_of,
)
from ownid_grpc.repositories.sql.names import mentioned

_EXPLAINED = {Meaning.UNIQUE, Meaning.FOREIGN_KEY, Meaning.CHECK, Meaning.NOT_NULL, Meaning.VALUE}


def conflict_of(mapping: BoundMapping, error: BaseException | None) -> OwnIdError | None:
    """Returns the error in terms of properties, None for one that has nothing to do with any."""
    if not isinstance(error, DBAPIError):
        return None
    refusal = refusal_of(error)
    if refusal.meaning not in _EXPLAINED:
        return None
    columns = {
        (table.name, column)
        for table in _tables(mapping, error.params)
        for column in _columns(table, refusal, error.statement or "")
    }
    fields = list(_fields(mapping, columns))
    written = [field for field in fields if field.is_writable]
    names = [field.name for field in written or fields]
    if refusal.meaning is not Meaning.UNIQUE:
        return error_of_refusal(refusal, names)
    if not names and _is_row_of_join(mapping, columns):
        return concurrent_change()
    return value_taken(names or ([ACCOUNT_ID] if _is_key(mapping, columns) else []))


def out_of_scope(mapping: BoundMapping) -> FailedPrecondition:
    """Returns the error of a write after which the account would be none of the app's."""
    message = (
        "The change would leave the account outside the rows that the app's mapping counts as "
        "accounts; choose another value."
    )
    columns = {("", name) for name in (*mapping.words.where, *mapping.words.delete.set)}
    names = [field.name for field in _fields(mapping, columns)]
    fields = [f"account.{PROFILE}.{name}" for name in names] or ["account"]
    return FailedPrecondition(
        Reason.DATABASE_REFUSED,
        message,
        {"rule": "scope"} | ({"property": ",".join(names)} if names else {}),
        tuple(Violation(field, "scope", message) for field in fields),
    )


def _tables(mapping: BoundMapping, parameters: object) -> Iterable[Table]:
    """Returns the tables that a statement may have written, by what it was given."""
    given = set(_texts(parameters)) if parameters else set()
    # A constraint that is checked at the commit is about any statement before.
    told = [join for join in mapping.all_joins if not parameters or _is_among(join, given)]
    return [mapping.table, *(join.table for join in told)]


def _is_among(join: BoundJoin, given: set[str]) -> bool:
    """Whether all that tells one row among many from the others was given."""
    columns = join.table.shape.columns
    told = [
        stored_constant(columns[name], said.equals)
        for name, said in join.words.where.items()
        if said.equals is not None
    ]
    return not join.is_narrowed or given.issuperset(map(str, told))


def _texts(parameters: object) -> Iterator[str]:
    if isinstance(parameters, Mapping):
        parameters = list(parameters.values())
    if isinstance(parameters, list | tuple):
        for each in parameters:
            yield from _texts(each)
    else:
        yield str(parameters)


def _fields(mapping: BoundMapping, columns: set[tuple[str, str]]) -> Iterator[BoundField]:
    """Yields the properties that are written in any of the columns, or that these are made of."""
    sources = {
        source
        for name, said in {**mapping.words.on_create, **mapping.words.on_write}.items()
        if _place_of(mapping, name) in columns
        for source in said.sources
    }
    for path, field in mapping.fields.items():
        if (
            path[0] == PROFILE
            and path != REST
            and (field.name in sources or not columns.isdisjoint(_places(field)))
        ):
            yield field


def _place_of(mapping: BoundMapping, name: str) -> tuple[str, str]:
    table, column = mapping.owner(name)
    return table.name, column


def _places(field: BoundField) -> list[tuple[str, str]]:
    if field.join is not None and field.is_lookup:
        return [("", ours) for _, ours in field.join.on]
    if field.join is not None and field.join.target is not None:
        return [(field.join.table.name, theirs) for theirs, _ in field.join.target.to]
    return [(field.table.name, field.shape.name)]


def _columns(table: Table, refusal: Refusal, statement: str) -> set[str]:
    """Returns the columns of a table that a refusal is about, those that they are made of too."""
    shape = table.shape
    if refusal.table not in (None, shape.name) and not shape.is_view:
        return set()
    told = (*refusal.columns, *refusal.names) if shape.is_view else refusal.columns
    found = {name for name in told if name in shape.columns}
    for index in shape.unique:
        if index.name in refusal.names:
            found |= {each for each in index.columns if each is not None}
            found |= {n for each in index.expressions for n in mentioned(each, shape.columns)}
    ruled = [(key.name, key.columns) for key in shape.foreign_keys]
    ruled += [(check.name, check.columns) for check in shape.checks]
    for name, columns in ruled:
        if name in refusal.names:
            found |= set(columns)
    if refusal.meaning is Meaning.CHECK and not found:
        found |= _checked(table, refusal)
    if refusal.meaning is Meaning.FOREIGN_KEY and refusal.is_silent:
        found |= _only_reference(table, statement)
    for name in list(found):
        found |= set(mentioned(shape.columns[name].expression or "", shape.columns))
    return found


def _checked(table: Table, refusal: Refusal) -> set[str]:
    """Returns what a check is about that is known by its text, its column or its type only."""
    columns = table.shape.columns
    found = {name for each in refusal.names for name in mentioned(each, columns)}
    return found | {
        name
        for name, shape in columns.items()
        if refusal.type_name is not None and shape.domain == refusal.type_name
    }


def _only_reference(table: Table, statement: str) -> set[str]:
    """Returns the one reference that a statement writes, if it is one: SQLite names none."""
    verb, _, rest = statement.partition(" ")
    if verb not in ("INSERT", "UPDATE") or f'"{table.shape.name}"' not in rest:
        return set()
    written = [
        key.columns
        for key in table.shape.foreign_keys
        if all(f'"{n}"' in rest for n in key.columns)
    ]
    return set(written[0]) if len(written) == 1 else set()


def _is_row_of_join(mapping: BoundMapping, columns: set[tuple[str, str]]) -> bool:
    """Whether somebody else made the one joined row meanwhile."""
    places = {(name.partition(ROW_MARK)[0], column) for name, column in columns}
    return any(
        bool(places)
        and places <= {(join.table.label, name) for name in (*join.words.on, *join.words.where)}
        for join in mapping.children
    )


def _is_key(mapping: BoundMapping, columns: set[tuple[str, str]]) -> bool:
    return any(not name and column in mapping.words.key.columns for name, column in columns)
