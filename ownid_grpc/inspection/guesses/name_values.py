"""Tables of names and values: what an account may have, a row each."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ownid_grpc.inspection import naming
from ownid_grpc.inspection.draft import Guess
from ownid_grpc.inspection.guesses.pointers import label_column
from ownid_grpc.inspection.guesses.times import unit_of
from ownid_grpc.inspection.subject import Subject
from ownid_grpc.repositories.sql.reflect import Storage

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,60}")
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,14})")
_SERIALISED = re.compile(r"[aOsbi]:\d+[:;]|[\[{].*", re.DOTALL)
_PAIRS = (("true", "false"), ("1", "0"), ("yes", "no"), ("Y", "N"), ("on", "off"))
_MOST_NAMES = 60
_FEWEST_ACCOUNTS = 2


@dataclass(frozen=True, slots=True)
class NameValues:
    """A table of names and values: its columns, and the names that accounts have there.

    `registry` is the table that lists the names where this one holds their ids.
    """

    name: str
    value: str
    registry: Subject | None
    registry_key: str
    names: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]

    def join(self, table: str, on: dict[str, str]) -> dict[str, object]:
        """Returns the words of the join."""
        name: object = self.name
        if self.registry is not None:
            label = label_column(self.registry)
            name = {
                "table": self.registry.label,
                "on": {self.registry_key: self.name},
                "lookup": label,
            }
        return {"table": table, "on": on, "name": name, "value": self.value}

    def properties(self, join: str) -> Iterator[tuple[str, Guess]]:
        """Yields a property for each name, its type as the values tell it."""
        for name in self.names:
            texts = [str(text) for _, each, text in self.rows if each == name and text != ""]
            owners = [owner for owner, each, _ in self.rows if each == name]
            if texts and all(_SERIALISED.match(text) for text in texts):
                continue
            words: dict[str, object] = {"join": join, "name": name}
            typed, reason = _type_of(name, texts)
            if len(set(owners)) < len(owners):
                words["many"], reason = True, "several rows an account"
            yield naming.snake_case(name), Guess({**words, **typed}, reason)


def name_values_of(child: Subject, owner: str, registries: Iterable[Subject]) -> NameValues | None:
    """Returns the names and values in a table whose column `owner` holds the account's key."""
    if child.is_unique(owner):
        return None
    rest = [c for n, c in child.shape.columns.items() if n not in (owner, "id")]
    values = [c.name for c in rest if naming.VALUE_COLUMNS.fullmatch(naming.snake_case(c.name))]
    names = [
        column
        for column in rest
        if naming.NAME_COLUMNS.fullmatch(naming.snake_case(column.name))
        and column.name not in values
        and not child.is_unique(column.name)
    ]
    if len(values) != 1 or len(names) != 1:
        return None
    (name,), (value,) = names, values
    # The first of several rows is told by the primary key; without it all would have to be read.
    is_ordered = bool(child.shape.primary_key) or child.is_unique(owner, name.name)
    if child.shape.columns[value].storage is not Storage.TEXT or not is_ordered:
        return None
    if name.storage is Storage.TEXT:
        rows = child.sample.pairs(owner, name.name, value)
        shown = _shared_names(rows)
        return NameValues(name.name, value, None, "", shown, tuple(rows))
    return _by_registry(child, owner, name.name, value, registries)


def _by_registry(
    child: Subject, owner: str, name: str, value: str, registries: Iterable[Subject]
) -> NameValues | None:
    reference = child.reference_of(name)
    registry = next((r for r in registries if reference and r.label == reference.target), None)
    label = None if registry is None else label_column(registry)
    if reference is None or registry is None or label is None:
        return None
    (key,) = reference.target_columns
    known = {each[0]: each[1] for each in registry.sample.pairs(key, label)}
    rows = tuple((o, known.get(n), v) for o, n, v in child.sample.pairs(owner, name, value))
    names = [each for each in known.values() if isinstance(each, str) and _is_shown(each)]
    return NameValues(name, value, registry, key, tuple(names[:_MOST_NAMES]), rows)


def _shared_names(rows: Iterable[tuple[object, ...]]) -> tuple[str, ...]:
    """Returns the names that several accounts have: one that only one has may tell of somebody."""
    owners: dict[str, set[object]] = {}
    for owner, name, _ in rows:
        if isinstance(name, str) and _is_shown(name):
            owners.setdefault(name, set()).add(owner)
    shared = [name for name, found in owners.items() if len(found) >= _FEWEST_ACCOUNTS]
    return tuple(shared[:_MOST_NAMES])


def _is_shown(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and not naming.is_secret(name)


def _type_of(name: str, texts: list[str]) -> tuple[dict[str, object], str]:
    found = set(texts)
    for true, false in _PAIRS:
        if found == {true, false} or (found and found <= {true, false} and naming.is_flag(name)):
            return {"values": {True: true, False: false}}, f"has {true} and {false} alone"
    if found and all(_WHOLE.fullmatch(text) for text in found):
        unit = unit_of([int(text) for text in found])
        if unit is not None and naming.is_time(name):
            return {"encoding": unit}, "its values count time"
        return {"type": "integer"}, "its values are whole numbers"
    return {}, ""
