"""Joins that the mapping follows the wrong way round, as the database's own references tell."""

from collections.abc import Iterable, Iterator

from ownid_grpc.domain.source import MappingFault
from ownid_grpc.repositories.sql.bound import BoundJoin, BoundMapping
from ownid_grpc.repositories.sql.reflect import TableShape


def direction_faults(mapping: BoundMapping) -> Iterator[MappingFault]:
    """Yields a fault for each join whose new rows would be pointed at by the wrong side.

    Where the database has no reference, or one each way, the mapping is believed.
    """
    own = mapping.table.shape
    for join in mapping.all_joins:
        joined, location = join.table.shape, ("joins", join.table.name)
        theirs = [each for each, _ in join.on]
        ours = [each for _, each in join.on]
        hangs, points = _refers(joined, theirs, own), _refers(own, ours, joined)
        if join.words.parent and hangs and not points:
            message = (
                f"{_listed(theirs)} of '{joined.name}' refers to '{own.name}', so that the row "
                "hangs on the account's: leave 'parent' out."
            )
            yield MappingFault((*location, "parent"), message)
        elif join.is_child and points and not hangs and _is_written(mapping, join):
            message = (
                f"{_listed(ours)} of '{own.name}' refers to '{joined.name}', so that the account's "
                "row points at it: say 'parent: true', or 'lookup' where it is never written."
            )
            yield MappingFault(location, message)


def _refers(shape: TableShape, columns: Iterable[str], target: TableShape) -> bool:
    return any(
        set(key.columns) == set(columns) and key.target.casefold() == target.name.casefold()
        for key in shape.foreign_keys
    )


def _is_written(mapping: BoundMapping, join: BoundJoin) -> bool:
    fields = mapping.fields.values()
    return any(each.join is join and each.is_writable for each in fields)


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f"'{each}'" for each in columns)
