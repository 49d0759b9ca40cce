"""Finds columns that point at another table by their names alone, where no foreign key says so."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ownid_grpc.inspection import naming
from ownid_grpc.inspection.catalogue import Catalogue, Entry, Reference

_POINTER = re.compile(r"(.+?)_?(id|no|nr|number|key|uuid)", re.IGNORECASE)
_SHORTEST_STEM = 3
_MANY = 50


def with_named_references(catalogue: Catalogue) -> Catalogue:
    """Returns the catalogue with what the names of columns say beside its foreign keys."""
    declared = {(each.table, name) for each in catalogue.references for name in each.columns}
    names = _Names.of(catalogue)
    named = [
        reference
        for entry in catalogue.entries
        if not entry.is_view
        for reference in _of_table(entry, names)
        if (reference.table, reference.columns[0]) not in declared
    ]
    # A key that SQLite gives no columns of is that of the column called the same, or id.
    told = tuple(_told(catalogue, each) for each in catalogue.references)
    return replace(catalogue, references=(*told, *named))


@dataclass(frozen=True, slots=True)
class _Names:
    """Tables by what their rows are, and by the names of their columns in lower case.

    `kin` are those whose names also begin with the same word.
    """

    heads: Mapping[str, Sequence[Entry]]
    kin: Mapping[tuple[str, str], Sequence[Entry]]
    columns: Mapping[str, Sequence[tuple[str, Entry]]]

    @classmethod
    def of(cls, catalogue: Catalogue) -> "_Names":
        heads: dict[str, list[Entry]] = {}
        kin: dict[tuple[str, str], list[Entry]] = {}
        columns: dict[str, list[tuple[str, Entry]]] = {}
        for entry in catalogue.entries:
            head = naming.head_of(entry.name)
            heads.setdefault(head, []).append(entry)
            kin.setdefault((_first_word(entry), head), []).append(entry)
            for column in entry.columns:
                columns.setdefault(column.lower(), []).append((head, entry))
        return cls(heads, kin, columns)

    def called(self, noun: str, entry: Entry) -> Sequence[Entry]:
        """Returns the tables of a noun; of many only those of the kin of another table."""
        found = self.heads.get(noun, ())
        return found if len(found) <= _MANY else self.kin.get((_first_word(entry), noun), ())

    def having(self, column: str) -> Sequence[tuple[str, Entry]]:
        """Returns the tables with a column called so, none where many have it."""
        found = self.columns.get(column.lower(), ())
        return found if len(found) <= _MANY else ()


def _told(catalogue: Catalogue, reference: Reference) -> Reference:
    target = catalogue.entry(reference.target)
    if reference.target_columns or target is None:
        return reference
    own = reference.columns[0]
    found = _column(target, own) or _column(target, "id") or target.columns[0]
    return replace(reference, target_columns=(found,))


def _of_table(entry: Entry, names: _Names) -> Iterator[Reference]:
    for column in entry.columns:
        said = _POINTER.fullmatch(naming.snake_case(column))
        if said is None:
            continue
        for target, key in _targets(entry, column, said[1], names):
            yield Reference(entry.label, (column,), target.label, (key,), is_declared=False)


def _targets(entry: Entry, column: str, stem: str, names: _Names) -> Iterator[tuple[Entry, str]]:
    """Yields the one table that a column may mean, and the column there."""
    noun = naming.singular(stem.rsplit("_", maxsplit=1)[-1])
    exact = [
        (each, key)
        for each in names.called(noun, entry)
        if (key := _column(each, column) or _column(each, "id")) is not None
    ]
    shared = [
        (each, key)
        for head, each in names.having(column)
        if len(noun) >= _SHORTEST_STEM and head.startswith(noun)
        if (key := _column(each, column)) is not None
    ]
    others = [each for each in exact or shared if each[0].label != entry.label]
    kin = [each for each in others if _first_word(each[0]) == _first_word(entry)]
    if len(kin or others) == 1:
        yield (kin or others)[0]


def _first_word(entry: Entry) -> str:
    return naming.words_of(entry.name)[0] if naming.words_of(entry.name) else ""


def _column(entry: Entry, name: str) -> str | None:
    found: Iterable[str] = (each for each in entry.columns if each.lower() == name.lower())
    return next(iter(found), None)
