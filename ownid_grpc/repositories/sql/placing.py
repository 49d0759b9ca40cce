"""Places the values of an account in the columns that hold them."""

from sqlalchemy import ColumnElement, select

from ownid_grpc.domain.account import DISABLED, JsonValue
from ownid_grpc.repositories.sql.bound import BoundField, BoundJoin, BoundMapping, Table
from ownid_grpc.repositories.sql.codecs import Clock, Stored, Unstorable
from ownid_grpc.repositories.sql.constants import stored_constant
from ownid_grpc.repositories.sql.dialects.base import raw
from ownid_grpc.repositories.sql.keys import Values
from ownid_grpc.repositories.sql.normalize import new_value
from ownid_grpc.repositories.sql.reflect import Storage
from ownid_grpc.repositories.sql.writing import Tables, Writing, all_refused, refused


def place_given(writing: Writing, bound: BoundField, tables: Tables) -> None:
    """Places the value that a new account gives, if it does; those of arrays are rows."""
    value = new_value(bound, writing.account)
    if value is None or (bound.is_list and bound.is_writable):
        return
    if not bound.is_writable:
        raise refused(bound, "readOnly", "This property cannot be written.")
    place(writing, bound, value, tables)


def place_absent(mapping: BoundMapping, tables: Tables) -> None:
    """Writes what means absence where the database fills nothing; raises for what has no such."""
    missing = []
    for bound in mapping.fields.values():
        table, name = _written_place(mapping, bound)
        values, shape = tables.get(table.name), table.shape.columns[name]
        is_key = not table.name and name in mapping.words.key.columns
        if values is None or name in values or shape.is_filled or is_key:
            continue
        if not bound.is_given:
            continue
        absent = None if bound.is_lookup else _absence(bound)
        if absent is not None:
            values[name] = absent
        elif not shape.is_nullable:
            missing.append(bound)
    if missing:
        raise all_refused(missing, "required", "The column needs a value; give one.")


def _written_place(mapping: BoundMapping, bound: BoundField) -> tuple[Table, str]:
    """Returns the table and column that hold a field: of a lookup the key that it finds."""
    if bound.join is not None and bound.is_lookup:
        ((_, ours),) = bound.join.on
        return mapping.table, ours
    return bound.table, bound.shape.name


def _absence(bound: BoundField) -> Stored:
    if bound.codec.is_merging:
        return None if bound.shape.is_nullable else _empty_document(bound)
    is_switch = bound.path == DISABLED and not bound.shape.is_nullable
    try:
        absent = bound.codec.encode(None)
        return bound.codec.encode(value=False) if absent is None and is_switch else absent
    except Unstorable:
        return None


def _empty_document(bound: BoundField) -> str:
    path = bound.words.path
    return "[]" if path and isinstance(path[0], int) else "{}"


def place(writing: Writing, bound: BoundField, value: JsonValue, tables: Tables) -> None:
    """Places a value; raises `InvalidArgument` for one that its column cannot hold."""
    if bound.join is not None and bound.is_lookup:
        tables[""] |= _looked_up(writing, bound, bound.join, value)
        return
    owner = tables.setdefault(bound.table.name, {})
    row = writing.current.rows.get(bound.table.name) or {}
    stored = owner.get(bound.shape.name, row.get(bound.shape.name))
    made = _encoded(bound, stored, value)
    is_row = bound.join is not None and bound.join.is_narrowed
    if made is None and not bound.shape.is_nullable and not is_row:
        raise refused(bound, "required", "The column needs a value; give one.")
    if _is_out_of_scope(bound, made):
        raise refused(bound, "scope", "Its row would be another one's then; choose another value.")
    is_now = made is Clock.NOW
    owner[bound.shape.name] = writing.rules.now(bound.table, bound.shape) if is_now else made


def _is_out_of_scope(bound: BoundField, made: Stored) -> bool:
    """Whether a joined row would not be found again by the conditions of its join."""
    said = None if bound.join is None else bound.join.words.where.get(bound.shape.name)
    if said is None or not isinstance(made, str | int):
        return False
    allowed = said.one_of or ((said.equals,) if said.equals is not None else ())
    return bool(allowed) and made not in [stored_constant(bound.shape, each) for each in allowed]


def _encoded(bound: BoundField, stored: Stored, value: JsonValue) -> Stored:
    try:
        if bound.codec.is_merging:
            return bound.codec.merge(stored, value)
        return bound.codec.encode(value)
    except Unstorable as error:
        raise refused(bound, error.rule, error.description) from error


def _looked_up(writing: Writing, bound: BoundField, join: BoundJoin, value: JsonValue) -> Values:
    ((theirs, ours),) = join.on
    if value is None:
        if not writing.mapping.table.shape.columns[ours].is_nullable:
            raise refused(bound, "required", "The column needs a value; give one.")
        return {ours: None}
    unknown = f"There is no such {bound.name}; name one that exists."
    try:
        wanted = bound.codec.encode(value)
    except Unstorable as error:
        raise refused(bound, "enum", unknown) from error
    query = select(join.table.read(theirs), bound.codec.read(bound.column)).where(
        bound.column == raw(wanted), *join.conditions()
    )
    for found, name in writing.connection.execute(query):
        if bound.codec.decode(name) == value:
            return {ours: found}
    raise refused(bound, "enum", unknown)


def held_columns(mapping: BoundMapping, name: str) -> set[str]:
    """Returns the columns of a table whose other content a write has to keep."""
    fields = mapping.fields.values()
    return {each.shape.name for each in fields if each.table.name == name and each.codec.is_merging}


def held_column(mapping: BoundMapping, table: Table, name: str) -> ColumnElement[object]:
    """Returns what to select of a column before a write: of a document the text, digits and all."""
    place = table.read(name)
    is_document = table.shape.columns[name].storage is Storage.JSON
    return mapping.dialect.as_text(place) if is_document else place
