"""Finds columns that point at another table by their names alone, where no foreign key says so."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ownid_grpc.inspection import naming
from ownid_grpc.inspection.catalogue import Catalogue, Entry, Reference

_POINTER = re.compile(r"(.+?)_?(id|no|nr|number|key|uuid)", re.IGNORECASE)
_SHORTEST_STEM = 3


def with_named_references(catalogue: Catalogue) -> Catalogue:
    """Returns the catalogue with what the names of columns say beside its foreign keys."""
    declared = {(each.table, name) for each in catalogue.references for name in each.columns}
    heads: dict[str, list[Entry]] = {}
    for entry in catalogue.entries:
        heads.setdefault(naming.head_of(entry.name), []).append(entry)
    named = [
        reference
        for entry in catalogue.entries
        if not entry.is_view
        for reference in _of_table(entry, heads)
        if (reference.table, reference.columns[0]) not in declared
    ]
    # A key that SQLite gives no columns of is that of the column called the same, or id.
    told = tuple(_told(catalogue, each) for each in catalogue.references)
    return replace(catalogue, references=(*told, *named))


def _told(catalogue: Catalogue, reference: Reference) -> Reference:
    target = catalogue.entry(reference.target)
    if reference.target_columns or target is None:
        return reference
    own = reference.columns[0]
    found = _column(target, own) or _column(target, "id") or target.columns[0]
    return replace(reference, target_columns=(found,))


def _of_table(entry: Entry, heads: dict[str, list[Entry]]) -> Iterator[Reference]:
    for column in entry.columns:
        said = _POINTER.fullmatch(naming.snake_case(column))
        if said is None:
            continue
        for target, key in _targets(entry, column, said[1], heads):
            yield Reference(entry.label, (column,), target.label, (key,), is_declared=False)


def _targets(
    entry: Entry, column: str, stem: str, heads: dict[str, list[Entry]]
) -> Iterator[tuple[Entry, str]]:
    """Yields the one table that a column may mean, and the column there."""
    noun = naming.singular(stem.rsplit("_", maxsplit=1)[-1])
    exact = [
        (each, key)
        for each in heads.get(noun, ())
        if (key := _column(each, column) or _column(each, "id")) is not None
    ]
    shared = [
        (each, key)
        for head, entries in heads.items()
        for each in entries
        if len(noun) >= _SHORTEST_STEM and head.startswith(noun)
        if (key := _column(each, column)) is not None
    ]
    others = [each for each in exact or shared if each[0].label != entry.label]
    first = naming.words_of(entry.name)[:1]
    kin = [each for each in others if naming.words_of(each[0].name)[:1] == first]
    if len(kin or others) == 1:
        yield (kin or others)[0]


def _column(entry: Entry, name: str) -> str | None:
    found: Iterable[str] = (each for each in entry.columns if each.lower() == name.lower())
    return next(iter(found), None)
