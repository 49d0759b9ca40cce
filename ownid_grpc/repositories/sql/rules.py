"""Rules of a mapping that name what is there and still could not be kept."""

from collections.abc import Iterator

from ownid_grpc.domain.account import PROFILE
from ownid_grpc.domain.mapping_assignments import Assignment
from ownid_grpc.domain.mapping_words import Condition, Conditions
from ownid_grpc.domain.source import MappingFault
from ownid_grpc.repositories.sql.bound import BoundJoin, BoundMapping, Table
from ownid_grpc.repositories.sql.constants import misfit, stored_constant
from ownid_grpc.repositories.sql.fill import assigned_columns
from ownid_grpc.repositories.sql.finder import meant
from ownid_grpc.repositories.sql.placing import held_columns
from ownid_grpc.repositories.sql.reflect import ColumnShape


def rule_faults(mapping: BoundMapping) -> Iterator[MappingFault]:
    """Yields a fault for each rule that no write could keep."""
    words = mapping.words
    for rule, assignments in (
        ("on_create", words.on_create),
        ("on_write", words.on_write),
        ("delete", words.delete.set),
    ):
        for name, said in assignments.items():
            yield from _assignment_faults(mapping, rule, name, said)
    yield from _condition_faults(mapping)
    for index, names in enumerate(words.unique):
        fields = [mapping.fields[PROFILE, *name.split(".")] for name in names]
        for field in (each for each in fields if each.is_list):
            message = f"'{field.name}' is an array, of which nothing is kept unique; leave it out."
            yield MappingFault(("unique", str(index)), message)
    for name in words.delete.tables:
        if not emptied_joins(mapping, name):
            near = meant(name, _children(mapping), "name one of these")
            message = f"'{name}' is neither a child join nor the table of one; {near}"
            yield MappingFault(("delete", "tables"), message)


def _children(mapping: BoundMapping) -> list[str]:
    return [join.table.label for join in mapping.children]


def emptied_joins(mapping: BoundMapping, name: str) -> list[BoundJoin]:
    """Returns the child joins that a name in `delete.tables` means: its own, or its table's."""
    named = [join for join in mapping.children if name in (join.table.label, join.words.table)]
    return list({(join.table.label, join.on): join for join in named}.values())


def _assignment_faults(
    mapping: BoundMapping, rule: str, name: str, said: Assignment
) -> Iterator[MappingFault]:
    table, column = mapping.owner(name)
    shape = table.shape.columns[column]
    join = mapping.joins.get(table.name)
    if join is not None and join.words.lookup is not None:
        yield MappingFault((rule, name), "Rows that are looked up are never written; name another.")
    if join is not None and rule == "delete":
        yield MappingFault((rule, name), "A delete marks columns of the account's own table only.")
    arrays = [
        source
        for source in said.sources
        if (field := mapping.fields[PROFILE, *source.split(".")]).is_list
        and (field.join is None or field.join.table.name != table.name)
    ]
    if arrays:
        message = f"'{arrays[0]}' is an array: only columns of its own rows can be made of it."
        yield MappingFault((rule, name), message)
    if shape.is_generated:
        yield MappingFault((rule, name), f"The database itself makes '{column}'; leave it out.")
    if rule != "on_create" and column in held_columns(mapping, table.name):
        message = (
            f"This would replace the whole document in '{column}', of which properties are a part."
        )
        yield MappingFault((rule, name), message)
    reason = None
    if "constant" in said.model_fields_set and not shape.is_generated:
        reason = misfit(shape, said.constant)
    if said.random is not None:
        reason = misfit(shape, "x" * said.random.length)
    if reason is not None:
        yield MappingFault((rule, name), f"'{column}' cannot hold this: {reason}.")


def _condition_faults(mapping: BoundMapping) -> Iterator[MappingFault]:
    """Yields a fault for each condition that no new account, or row of one, could meet."""
    filled = _filled_columns(mapping)
    yield from _unmet(mapping, mapping.table, ("where",), mapping.words.where, filled)
    for join in mapping.all_joins:
        fields = [field for field in mapping.fields.values() if field.join is join]
        if join.words.lookup is None and any(field.is_writable for field in fields):
            steps = ("where",) if join.target is None else ("through", "where")
            written = {field.shape.name for field in fields if field.is_writable}
            hung_by = {theirs for theirs, _ in join.on}
            filled = written | hung_by | assigned_columns(mapping, join.table)
            location = ("joins", join.table.name, *steps)
            yield from _unmet(mapping, join.table, location, join.words.where, filled)


def _unmet(
    mapping: BoundMapping,
    table: Table,
    location: tuple[str, ...],
    where: Conditions,
    filled: set[str],
) -> Iterator[MappingFault]:
    created = mapping.words.on_create
    for name, said in where.items():
        shape = table.shape.columns[name]
        rule, place = (f"{each}.{name}" if each else name for each in (table.name, table.label))
        constant = created[rule].constant if rule in created else None
        is_constant = rule in created and "constant" in created[rule].model_fields_set
        if is_constant and not _is_met(shape, said, constant):
            message = f"A new row gets a value of '{place}' that 'where' excludes; choose one."
            yield MappingFault(("on_create", rule), message)
        elif _needs_value(said) and name not in filled and not shape.is_filled:
            yield MappingFault(
                (*location, name),
                f"No new row would be one: nothing fills '{place}' when it is made; "
                f"set it by 'on_create: {{{place}: …}}'.",
            )


def _filled_columns(mapping: BoundMapping) -> set[str]:
    fields = mapping.fields.values()
    own = {field.shape.name for field in fields if not field.table.name and field.is_writable}
    keys = mapping.words.key
    made = set() if keys.generate == "database" else set(keys.columns)
    pointing = {ours for join in mapping.joins.values() if not join.is_child for _, ours in join.on}
    return own | made | pointing | assigned_columns(mapping, mapping.table)


def _needs_value(said: Condition) -> bool:
    """Whether NULL does not meet a condition that a create does not see to by itself."""
    return bool({"differs", "greater", "less"} & said.model_fields_set)


def _is_met(shape: ColumnShape, said: Condition, constant: object) -> bool:
    value = stored_constant(shape, constant)  # type: ignore[arg-type] # a constant of the mapping
    if said.one_of:
        return value in [stored_constant(shape, each) for each in said.one_of]
    if "differs" in said.model_fields_set:
        return value != stored_constant(shape, said.differs) and value is not None
    if not _needs_value(said):
        return True  # what `is` demands is written whatever else is said
    limit = stored_constant(shape, said.greater if said.less is None else said.less)
    try:
        return bool(value > limit if said.less is None else value < limit)
    except TypeError:
        return value is not None
