"""Which columns of which tables a write sets, and to what."""

from collections.abc import Sequence

from ownid_grpc.domain.mapping_assignments import Assignment, Assignments
from ownid_grpc.domain.mapping_words import Conditions
from ownid_grpc.repositories.sql.bound import (
    BoundField,
    BoundJoin,
    BoundMapping,
    Table,
)
from ownid_grpc.repositories.sql.codecs import Stored, Unstorable
from ownid_grpc.repositories.sql.constants import stored_constant
from ownid_grpc.repositories.sql.fill import makes_row
from ownid_grpc.repositories.sql.keys import Values
from ownid_grpc.repositories.sql.normalize import new_value
from ownid_grpc.repositories.sql.placing import place, place_absent, place_given
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage
from ownid_grpc.repositories.sql.versions import renewed_version
from ownid_grpc.repositories.sql.writing import Tables, Writing, refused


def created_columns(writing: Writing) -> Tables:
    """Returns what a new account sets; raises `InvalidArgument` for what it lacks."""
    mapping = writing.mapping
    tables: Tables = {"": {}}
    _assign(writing, _unconditional(mapping, mapping.words.on_create), tables)
    tables[""] |= fixed_columns(mapping.table, mapping.words.where, tables[""])
    for bound in mapping.fields.values():
        place_given(writing, bound, tables)
    _leave_out_empty_rows(writing, tables)
    for name, join in mapping.joins.items():
        if join.words.parent and _needs_parent(mapping, join, tables):
            tables.setdefault(name, {})
    _assign_on_write(writing, mapping.words.on_write, tables)
    _start_version(writing, tables)
    for name, join in mapping.joins.items():
        if name in tables and join.is_narrowed:
            tables[name] = joined_row_columns(writing, join, tables[name])
        elif name in tables:
            tables[name] |= fixed_columns(join.table, join.words.where, tables[name])
    place_absent(mapping, tables)
    return tables


def is_emptied(writing: Writing, join: BoundJoin, values: Values) -> bool:
    """Whether a row among several holds nothing any more, so that it need not be there.

    Raises `InvalidArgument` where it does, but lacks what it must have.
    """
    if not join.is_narrowed:
        return False
    fields = [
        bound
        for bound in writing.mapping.fields.values()
        if bound.join is join and bound.is_writable
    ]
    kept = [bound for bound in fields if not _is_cleared(writing, bound, values)]
    if not kept and (fields or _derives_nothing(writing.mapping, join, values)):
        return True
    for bound in fields:
        is_null = bound.shape.name in values and values[bound.shape.name] is None
        if is_null and not bound.shape.is_nullable:
            raise refused(bound, "required", "The column needs a value; give one.")
    return False


def _derives_nothing(mapping: BoundMapping, join: BoundJoin, values: Values) -> bool:
    """Whether a row that is there for a rule's sake alone has nothing to be made of any more."""
    column = join.words.value
    said = mapping.words.on_write.get(f"{join.table.name}.{column}")
    is_empty = column in values and values[column] in (None, "")
    return said is not None and bool(said.sources) and is_empty


def changed_columns(writing: Writing, changed: Sequence[BoundField]) -> Tables:
    """Returns what the change of some fields sets."""
    mapping = writing.mapping
    tables: Tables = {"": {}}
    for bound in (each for each in changed if not each.is_list):
        place(writing, bound, new_value(bound, writing.account), tables)
    names = {bound.name for bound in changed}
    due = {
        name: said
        for name, said in mapping.words.on_write.items()
        if not said.sources or names.intersection(said.sources)
    }
    _assign_on_write(writing, due, tables)
    tables[""] |= own_stamps(writing, only_version=True)
    return tables


def own_stamps(writing: Writing, *, only_version: bool = False) -> Values:
    """Returns what every write sets in the account's own row, whatever it changes."""
    mapping, words = writing.mapping, writing.mapping.words
    version = words.version
    stamps: Values = {}
    if not only_version:
        tables: Tables = {"": {}}
        plain = {
            name: said
            for name, said in words.on_write.items()
            if not said.sources and not mapping.owner(name)[0].name
        }
        _assign(writing, plain, tables)
        stamps = tables[""]
    current = None if version is None else writing.current.own.get(version.column)
    return stamps | renewed_version(writing.rules, current)


def joined_row_columns(writing: Writing, join: BoundJoin, values: Values) -> Values:
    """Returns what a joined row is made of when an update is the first to write it."""
    mapping = writing.mapping
    tables: Tables = {join.table.name: {}}
    words = mapping.words
    rules = {
        name: said
        for name, said in (words.on_create | words.on_write).items()
        if mapping.owner(name)[0].name == join.table.name
    }
    _assign(writing, rules, tables)
    made = tables[join.table.name] | values
    return made | fixed_columns(join.table, join.words.where, made)


def fixed_columns(table: Table, where: Conditions, assigned: Values) -> Values:
    """Returns what puts a new row in scope: constants, and the first choice of several."""
    fixed = {name: said.equals for name, said in where.items() if "equals" in said.model_fields_set}
    chosen = {name: said.one_of[0] for name, said in where.items() if said.one_of}
    fixed |= {name: value for name, value in chosen.items() if name not in assigned}
    return {name: stored_constant(table.shape.columns[name], said) for name, said in fixed.items()}


def _assign(writing: Writing, rules: Assignments, tables: Tables) -> None:
    for name, said in rules.items():
        table, column = writing.mapping.owner(name)
        value = _assigned(writing, name, said, table.shape.columns[column])
        tables.setdefault(table.name, {})[column] = value


def _unconditional(mapping: BoundMapping, rules: Assignments) -> Assignments:
    """Returns the rules that make a row, rather than add to one that is made."""
    return {name: said for name, said in rules.items() if makes_row(mapping, name)}


def _leave_out_empty_rows(writing: Writing, tables: Tables) -> None:
    for name, join in writing.mapping.joins.items():
        if name in tables and is_emptied(writing, join, tables[name]):
            del tables[name]


def _is_cleared(writing: Writing, bound: BoundField, values: Values) -> bool:
    if bound.shape.name in values:
        return values[bound.shape.name] is None
    value = new_value(bound, writing.account)
    try:
        return value is None or bound.codec.encode(value) is None
    except Unstorable:
        return False


def _assign_on_write(writing: Writing, rules: Assignments, tables: Tables) -> None:
    """Sets what rules say of rows that are written, and what they derive in any row."""
    for name, said in rules.items():
        table, column = writing.mapping.owner(name)
        is_written = not table.name or table.name in tables or _is_own_row(writing, name, said)
        if table.name in writing.mapping.lists or not (is_written or said.sources):
            continue
        value = _assigned(writing, name, said, table.shape.columns[column])
        is_there = is_written or writing.current.rows.get(table.name) is not None
        if is_there or (value not in (None, "") and makes_row(writing.mapping, name)):
            tables.setdefault(table.name, {})[column] = value


def _is_own_row(writing: Writing, name: str, said: Assignment) -> bool:
    """Whether a rule names a row of its own, by name: it is there to be written.

    One that is made of properties is there only where they are.
    """
    table, _ = writing.mapping.owner(name)
    join = writing.mapping.join_of(table.name)
    is_row = join is not None and join.is_narrowed and not said.sources
    return is_row and makes_row(writing.mapping, name)


def _assigned(writing: Writing, name: str, said: Assignment, shape: ColumnShape) -> Stored:
    value = writing.rules.value(name, said, writing.account)
    is_empty_text = value is None and said.sources and shape.storage is Storage.TEXT
    return "" if is_empty_text and not shape.is_nullable else value


def _start_version(writing: Writing, tables: Tables) -> None:
    version = writing.mapping.words.version
    if version is not None and not writing.mapping.table.shape.columns[version.column].is_filled:
        tables[""] = renewed_version(writing.rules, None) | tables[""]


def _needs_parent(mapping: BoundMapping, join: BoundJoin, tables: Tables) -> bool:
    columns = mapping.table.shape.columns
    return any(
        not columns[ours].is_nullable and not columns[ours].is_filled and ours not in tables[""]
        for _, ours in join.on
    )
