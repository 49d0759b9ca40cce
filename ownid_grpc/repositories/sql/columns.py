"""Which columns of which tables a write sets, and to what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlalchemy import ColumnElement, Connection, select

from ownid_grpc.domain.account import DISABLED, Account, AccountDraft, JsonValue
from ownid_grpc.domain.mapping import Assignment, Assignments, Conditions
from ownid_grpc.errors import InvalidArgument, Reason, Violation
from ownid_grpc.repositories.sql.assignments import Rules
from ownid_grpc.repositories.sql.bound import (
    BoundField,
    BoundJoin,
    BoundMapping,
    Table,
    conditions_of,
)
from ownid_grpc.repositories.sql.codecs import Clock, Stored, Unstorable
from ownid_grpc.repositories.sql.constants import stored_constant
from ownid_grpc.repositories.sql.dialects.base import raw
from ownid_grpc.repositories.sql.keys import Values
from ownid_grpc.repositories.sql.normalize import new_value
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage
from ownid_grpc.repositories.sql.versions import renewed_version

Tables: TypeAlias = dict[str, Values]
"""Columns by table, the account's own table being ''."""


@dataclass(frozen=True, slots=True)
class Current:
    """The account's rows as they are: columns by table, none for a joined row not there."""

    rows: Mapping[str, Mapping[str, Stored] | None] = field(default_factory=dict)

    @property
    def own(self) -> Mapping[str, Stored]:
        """The row of the account's own table."""
        return self.rows.get("") or {}


@dataclass(frozen=True, slots=True)
class Writing:
    """One write: what is to be written, over what is there."""

    connection: Connection
    rules: Rules
    account: Account | AccountDraft
    current: Current = Current()

    @property
    def mapping(self) -> BoundMapping:
        """The mapping by which it is written."""
        return self.rules.mapping


def created_columns(writing: Writing) -> Tables:
    """Returns what a new account sets; raises `InvalidArgument` for what it lacks."""
    mapping = writing.mapping
    tables: Tables = {"": {}}
    _assign(writing, mapping.words.on_create, tables)
    tables[""] |= fixed_columns(mapping.table, mapping.words.where, tables[""])
    for bound in mapping.fields.values():
        _place_given(writing, bound, tables)
    for name, join in mapping.joins.items():
        if join.words.parent and _needs_parent(mapping, join, tables):
            tables.setdefault(name, {})
    _assign_on_write(writing, mapping.words.on_write, tables)
    _start_version(writing, tables)
    for name, join in mapping.joins.items():
        if name in tables:
            tables[name] |= fixed_columns(join.table, join.words.where, {})
    _place_absent(mapping, tables)
    return tables


def changed_columns(writing: Writing, changed: Sequence[BoundField]) -> Tables:
    """Returns what the change of some fields sets."""
    mapping = writing.mapping
    tables: Tables = {"": {}}
    for bound in changed:
        _place(writing, bound, new_value(bound, writing.account), tables)
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
    rules = {
        name: said
        for name, said in mapping.words.on_create.items()
        if mapping.owner(name)[0].name == join.table.name
    }
    _assign(writing, rules, tables)
    made = tables[join.table.name] | values
    return made | fixed_columns(join.table, join.words.where, {})


def fixed_columns(table: Table, where: Conditions, assigned: Values) -> Values:
    """Returns what puts a new row in scope: constants, and the first choice of several."""
    fixed = {name: said.equals for name, said in where.items() if "equals" in said.model_fields_set}
    chosen = {name: said.one_of[0] for name, said in where.items() if said.one_of}
    fixed |= {name: value for name, value in chosen.items() if name not in assigned}
    return {name: stored_constant(table.shape.columns[name], said) for name, said in fixed.items()}


def refused(bound: BoundField, rule: str, description: str) -> InvalidArgument:
    """Returns the error of a field that cannot be written so."""
    return _all_refused([bound], rule, description)


def _all_refused(fields: Sequence[BoundField], rule: str, description: str) -> InvalidArgument:
    places = [f"account.{'.'.join(each.path)}" for each in fields]
    return InvalidArgument(
        Reason.PROFILE_INVALID,
        description,
        {"faults": str(len(fields))},
        tuple(Violation(place, rule, description) for place in places),
    )


def _assign(writing: Writing, rules: Assignments, tables: Tables) -> None:
    for name, said in rules.items():
        table, column = writing.mapping.owner(name)
        value = _assigned(writing, name, said, table.shape.columns[column])
        tables.setdefault(table.name, {})[column] = value


def _assign_on_write(writing: Writing, rules: Assignments, tables: Tables) -> None:
    """Sets what rules say of rows that are written, and what they derive in any row."""
    for name, said in rules.items():
        table, column = writing.mapping.owner(name)
        is_written = not table.name or table.name in tables
        if not is_written and not said.sources:
            continue
        value = _assigned(writing, name, said, table.shape.columns[column])
        is_there = is_written or writing.current.rows.get(table.name) is not None
        if is_there or value not in (None, ""):
            tables.setdefault(table.name, {})[column] = value


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


def _place_given(writing: Writing, bound: BoundField, tables: Tables) -> None:
    value = new_value(bound, writing.account)
    if value is None:
        return
    if not bound.is_writable:
        raise refused(bound, "readOnly", "This property cannot be written.")
    _place(writing, bound, value, tables)


def _place_absent(mapping: BoundMapping, tables: Tables) -> None:
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
        raise _all_refused(missing, "required", "The column needs a value; give one.")


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
    return "[]" if isinstance(bound.words.path[0], int) else "{}"


def _place(writing: Writing, bound: BoundField, value: JsonValue, tables: Tables) -> None:
    if bound.join is not None and bound.is_lookup:
        tables[""] |= _looked_up(writing, bound, bound.join, value)
        return
    owner = tables.setdefault(bound.table.name, {})
    row = writing.current.rows.get(bound.table.name) or {}
    stored = owner.get(bound.shape.name, row.get(bound.shape.name))
    made = _encoded(bound, stored, value)
    is_now = made is Clock.NOW
    owner[bound.shape.name] = writing.rules.now(bound.table, bound.shape) if is_now else made


def _encoded(bound: BoundField, stored: Stored, value: JsonValue) -> Stored:
    try:
        made = (
            bound.codec.merge(stored, value)
            if bound.codec.is_merging
            else bound.codec.encode(value)
        )
    except Unstorable as error:
        raise refused(bound, error.rule, error.description) from error
    if made is None and not bound.shape.is_nullable:
        raise refused(bound, "required", "The column needs a value; give one.")
    return made


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
        bound.column == raw(wanted), *conditions_of(join.table, join.words.where)
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
