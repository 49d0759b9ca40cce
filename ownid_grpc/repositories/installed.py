"""Finds repositories by the `type` under which packages offer them: entry points of one group."""

from importlib.metadata import EntryPoint, entry_points

from ownid_grpc.repositories.base import OpenRepository

GROUP = "ownid_grpc.repositories"
"""The entry-point group: each name is a `type`, each object an `OpenRepository`."""


def installed_repository(name: str) -> OpenRepository:
    """Returns what opens the repositories of a type.

    Raises `LookupError`, with what an operator can do about it, for a type
    that no package offers, that several do, or whose package cannot be loaded.
    """
    found = entry_points(group=GROUP, name=name)
    if not found:
        known = ", ".join(sorted(entry_points(group=GROUP).names))
        raise LookupError(f"no such repository is installed; known: {known}")
    if len({each.value for each in found}) > 1:
        raise LookupError(f"several packages offer it, keep one: {_packages(*found)}")
    (point, *_) = found
    try:
        opener: OpenRepository = point.load()
    except (AttributeError, ImportError) as error:
        raise LookupError(f"cannot be loaded from {_packages(point)}: {error}") from error
    return opener


def _packages(*points: EntryPoint) -> str:
    return ", ".join(sorted(each.dist.name if each.dist else each.module for each in points))
