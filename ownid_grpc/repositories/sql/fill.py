"""Which columns a create fills, so that none is found wanting when the first account is made."""

from collections.abc import Iterable

from ownid_grpc.domain.source import MappingFault
from ownid_grpc.repositories.sql.bound import BoundJoin, BoundMapping, Table


def unfilled_columns(mapping: BoundMapping) -> Iterable[MappingFault]:
    """Yields a fault for each column that refuses NULL and that no create would fill."""
    yield from _unfilled(mapping, mapping.table, ("on_create",), _own_columns(mapping))
    for join in mapping.all_joins:
        if join.words.lookup is None and _is_written(mapping, join):
            filled = {*join.words.where, *_join_columns(join)}
            yield from _unfilled(mapping, join.table, ("joins", join.table.name), filled)


def assigned_columns(mapping: BoundMapping, table: Table) -> set[str]:
    """Returns the columns of `table` that the rules of a create set."""
    names = {**mapping.words.on_create, **mapping.words.on_write}
    owners = [mapping.owner(name) for name in names]
    return {column for owner, column in owners if owner.name == table.name}


def _own_columns(mapping: BoundMapping) -> set[str]:
    words = mapping.words
    filled = {name for name, said in words.where.items() if "equals" in said.model_fields_set}
    filled |= {name for name, said in words.where.items() if "one_of" in said.model_fields_set}
    if words.key.generate != "database":
        filled |= set(words.key.columns)
    for join in mapping.joins.values():
        if join.words.parent or (join.words.lookup is not None and _is_written(mapping, join)):
            filled |= set(join.words.on.values())
    return filled | ({words.version.column} if words.version else set())


def _join_columns(join: BoundJoin) -> set[str]:
    filled = set(join.words.on) if join.is_child else set()
    if join.target is not None:
        filled |= {theirs for theirs, _ in join.target.to}
    key = join.words.key
    return filled | (set(key.columns) if key is not None else set())


def _is_written(mapping: BoundMapping, join: BoundJoin) -> bool:
    if any(field.join is join and field.is_writable for field in mapping.fields.values()):
        return True
    rules = (*mapping.words.on_create, *mapping.words.on_write)
    return any(mapping.owner(name)[0] is join.table and makes_row(mapping, name) for name in rules)


def makes_row(mapping: BoundMapping, name: str) -> bool:
    """Whether the rule of this name makes a row, rather than add to one that is made."""
    table, column = mapping.owner(name)
    join = mapping.join_of(table.name)
    return join is None or not join.is_narrowed or column == join.words.value


def _unfilled(
    mapping: BoundMapping, table: Table, location: tuple[str, ...], filled: set[str]
) -> Iterable[MappingFault]:
    mapped = {
        field.shape.name
        for field in mapping.fields.values()
        if field.table.name == table.name and field.is_given
    }
    known = filled | mapped | assigned_columns(mapping, table)
    for name, shape in table.shape.columns.items():
        if shape.is_nullable or shape.is_filled or shape.is_generated or name in known:
            continue
        place = f"{table.label}.{name}" if table.name else name
        yield MappingFault(
            location,
            f"The column '{place}' refuses NULL and has no default, but nothing fills it when an "
            f"account is made: map a property to it or set it by 'on_create: {{{place}: …}}'.",
        )


def fills(mapping: BoundMapping, table: Table, column: str) -> bool:
    """Whether a create fills the column even when the account gives no value for it."""
    shape = table.shape.columns[column]
    return shape.is_filled or column in assigned_columns(mapping, table)
