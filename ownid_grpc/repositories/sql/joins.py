"""Binds the joins of a mapping to their tables."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import func, select

from ownid_grpc.domain.mapping_joins import Join
from ownid_grpc.domain.mapping_words import Conditions
from ownid_grpc.repositories.sql.bound import ROW_MARK, BoundJoin, Table, Target, conditions_of
from ownid_grpc.repositories.sql.finder import Finder, Location, is_unique


def bind_joins(finder: Finder, table: Table, said: Mapping[str, Join]) -> dict[str, BoundJoin]:
    """Returns the joins that found all they name; faults go to `finder`.

    `said` are the joins as the file has them, whose rows may be more.
    """
    bound = {name: _join(finder, name, words, table) for name, words in finder.words.joins.items()}
    return {
        name: replace(join, scope=_scope(said[join.table.label]))
        for name, join in bound.items()
        if join is not None
    }


def _scope(words: Join) -> Conditions:
    return words.where if words.through is None else words.through.where


def _join(finder: Finder, name: str, words: Join, table: Table) -> BoundJoin | None:
    location = ("joins", name)
    if words.through is not None:
        return _through(finder, name, words, table)
    joined = finder.table((*location, "table"), words.table, name)
    if joined is None:
        return None
    count = len(finder.faults)
    finder.columns((*location, "on"), joined, words.on.keys())
    finder.columns((*location, "on"), table, words.on.values())
    finder.columns((*location, "where"), joined, words.where)
    if words.lookup is not None:
        finder.column((*location, "lookup"), joined, words.lookup)
    if words.value is not None:
        finder.column((*location, "value"), joined, words.value)
    if words.key is not None:
        finder.columns((*location, "key"), joined, words.key.columns)
    if len(finder.faults) > count:
        return None
    is_list = name in {each.join for each in finder.words.properties.values() if each.many}
    first_by = () if is_list else _first_by(name, words, joined)
    bound = BoundJoin(words, joined, tuple(words.on.items()), finder.dialect, first_by)
    if not (is_list or first_by or words.name is not None):
        _check_single(finder, location, bound)
    return bound


def _through(finder: Finder, name: str, words: Join, table: Table) -> BoundJoin | None:
    """Returns the join of the rows between, which point at those of the joined table."""
    location, through = ("joins", name), words.through
    if through is None:
        return None
    rows = finder.table((*location, "through", "table"), through.table, name)
    target = finder.table((*location, "table"), words.table, f"{name}>")
    if rows is None or target is None:
        return None
    count = len(finder.faults)
    finder.columns((*location, "through", "on"), rows, through.on.keys())
    finder.columns((*location, "through", "on"), table, through.on.values())
    finder.columns((*location, "through", "to"), rows, through.to.keys())
    finder.columns((*location, "through", "to"), target, through.to.values())
    finder.columns((*location, "through", "where"), rows, through.where)
    finder.columns((*location, "where"), target, words.where)
    if words.key is not None:
        finder.columns((*location, "key"), rows, words.key.columns)
    if len(finder.faults) > count:
        return None
    between = Join(table=through.table, on=through.on, where=through.where, key=words.key)
    on, to = tuple(through.on.items()), tuple(through.to.items())
    return BoundJoin(between, rows, on, finder.dialect, target=Target(target, to, words.where))


def _first_by(name: str, words: Join, joined: Table) -> tuple[str, ...]:
    """Returns the columns by which the first of the rows that a property chooses is told."""
    if ROW_MARK not in name or is_unique(joined.shape, words.on, words.where):
        return ()
    return joined.shape.primary_key


def _check_single(finder: Finder, location: Location, join: BoundJoin) -> None:
    for columns in _single_columns(join):
        if is_unique(join.table.shape, columns, join.words.where):
            continue
        if _has_duplicates(finder, join, columns):
            finder.fault(
                (*location, "on"),
                f"Several rows of '{join.table.shape.name}' share one value of "
                f"{', '.join(columns)}: an account can have only one; narrow it by 'where'.",
            )


def _single_columns(join: BoundJoin) -> list[tuple[str, ...]]:
    """Returns the sets of columns of which a joined table must have no two alike rows."""
    columns: list[tuple[str, ...]] = [tuple(join.words.on)]
    return columns if join.words.lookup is None else [*columns, (join.words.lookup,)]


def _has_duplicates(finder: Finder, join: BoundJoin, columns: tuple[str, ...]) -> bool:
    shared = [join.table.read(name) for name in columns]
    conditions = [place.is_not(None) for place in shared]
    query = (
        select(func.count())
        .select_from(join.table.source)
        .where(*conditions, *conditions_of(join.table, join.words.where))
        .group_by(*shared)
        .having(func.count() > 1)
        .limit(1)
    )
    return finder.connection.execute(query).first() is not None
