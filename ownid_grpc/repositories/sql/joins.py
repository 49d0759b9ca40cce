"""Binds the joins of a mapping to their tables."""

from sqlalchemy import func, select

from ownid_grpc.domain.mapping import Join
from ownid_grpc.repositories.sql.bound import BoundJoin, Table, conditions_of
from ownid_grpc.repositories.sql.finder import Finder, Location, is_unique


def bind_joins(finder: Finder, table: Table) -> dict[str, BoundJoin]:
    """Returns the joins that found all they name; faults go to `finder`."""
    bound = {name: _join(finder, name, words, table) for name, words in finder.words.joins.items()}
    return {name: join for name, join in bound.items() if join is not None}


def _join(finder: Finder, name: str, words: Join, table: Table) -> BoundJoin | None:
    location = ("joins", name)
    joined = finder.table((*location, "table"), words.table, name)
    if joined is None:
        return None
    count = len(finder.faults)
    finder.columns((*location, "on"), joined, words.on.keys())
    finder.columns((*location, "on"), table, words.on.values())
    finder.columns((*location, "where"), joined, words.where)
    if words.lookup is not None:
        finder.column((*location, "lookup"), joined, words.lookup)
    if words.key is not None:
        finder.columns((*location, "key"), joined, words.key.columns)
    if len(finder.faults) > count:
        return None
    bound = BoundJoin(words, joined, tuple(words.on.items()))
    _check_single(finder, location, bound)
    return bound


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
