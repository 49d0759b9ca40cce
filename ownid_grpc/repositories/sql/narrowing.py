"""Gives each row among the many of a join a join of its own.

What a name or the `where` of a property chooses becomes a child join with these
conditions; nothing beyond this module knows names and values.
"""

import uuid
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from sqlalchemy import select

from ownid_grpc.domain.mapping import SqlMapping
from ownid_grpc.domain.mapping_assignments import Assignment, Assignments
from ownid_grpc.domain.mapping_joins import Join, Registry
from ownid_grpc.domain.mapping_properties import Property
from ownid_grpc.domain.mapping_words import Condition, Conditions, Constant
from ownid_grpc.repositories.sql.bound import ROW_MARK, Table, conditions_of
from ownid_grpc.repositories.sql.finder import Finder, Location, meant

_UUID_BYTES = 16

_MOST_NAMES = 1000
"""To look through for one that may be meant."""

_OWN = ("disabled", "create_time", "update_time")


def narrow(finder: Finder) -> None:
    """Rewrites the words of `finder` so that no join has several rows; faults go to it."""
    words, rows = finder.words, _Rows(finder)
    properties = {
        name: rows.property(("properties", name), each) for name, each in words.properties.items()
    }
    own = {
        name: rows.property((name,), each)
        for name in _OWN
        if (each := getattr(words, name)) is not None
    }
    created = rows.rules("on_create", words.on_create)
    written = rows.rules("on_write", words.on_write)
    # A row that a rule is the first to name is there for the rules of every row too.
    rules = {
        "on_create": rows.rules_of_rows("on_create", words.on_create, created, properties),
        "on_write": rows.rules_of_rows("on_write", words.on_write, written, properties),
    }
    joins = rows.joins(words, {each.join for each in (*properties.values(), *own.values())})
    finder.words = words.model_copy(
        update={"properties": properties, "joins": joins, **own, **rules}
    )


@dataclass
class _Rows:
    """The rows that have a join of their own so far, by join and conditions."""

    finder: Finder
    made: dict[tuple[str, str], str] = field(default_factory=dict)
    narrowed: dict[str, Join] = field(default_factory=dict)
    tables: dict[str, Table | None] = field(default_factory=dict)

    def property(self, location: Location, words: Property) -> Property:
        """Returns the words of a property that has its row to itself."""
        base = words.join or ""
        join = self.finder.words.joins.get(base)
        if join is None:
            return words
        words = words.model_copy(update={"column": words.column or join.value})
        for column, said in words.where.items():
            if join.where.get(column, said) != said:
                message = f"The join says something else of '{column}'; leave it out here or there."
                self.finder.fault((*location, "where", column), message)
        where = self._chosen(location, join, words)
        if where is None:
            return words
        own = ".".join(location) if words.many else ""
        row = self._row(base, join, where, own=own)
        for column in words.where:
            origin = ("joins", row, "where", column)
            self.finder.origins.setdefault(origin, (*location, "where", column))
        return words.model_copy(update={"join": row, "name": None, "where": {}})

    def rules(self, rule: str, words: Assignments) -> Assignments:
        """Returns the rules, those that name a row by its name naming its value."""
        rules = {}
        for key, said in words.items():
            base, _, name = key.partition(".")
            join = self.finder.words.joins.get(base)
            if join is None or join.value is None or self._has_column(base, join, name):
                rules[key] = said
                continue
            where = self._named((rule, key), base, join, name)
            if where is not None:
                column = f"{self._row(base, join, where)}.{join.value}"
                self.finder.origins[rule, column] = (rule, key)
                rules[column] = said
        return rules

    def rules_of_rows(
        self,
        rule: str,
        words: Assignments,
        rules: Assignments,
        properties: Mapping[str, Property],
    ) -> Assignments:
        """Returns the rules, those on a column of a join repeated for each of its rows."""
        plain = {each.join for each in properties.values()}
        spread: Assignments = {}
        for key, said in rules.items():
            base, _, column = key.partition(".")
            rows = self._rows_of(base) if key in words else []
            for row in rows:
                own = self._of_row(row, said, properties)
                if own is not None:
                    self.finder.origins[rule, f"{row}.{column}"] = (rule, key)
                    spread[f"{row}.{column}"] = own
            if not rows or base in plain:
                spread[key] = said
        return spread

    def _of_row(
        self, row: str, said: Assignment, properties: Mapping[str, Property]
    ) -> Assignment | None:
        """Returns what a rule says of a row: what it derives of another one is of this one here.

        None where this one has nothing of the kind.
        """
        base, _, _ = row.partition(ROW_MARK)
        for source in said.sources:
            place = properties.get(source)
            if place is None or place.join in (None, row) or place.join not in self._rows_of(base):
                continue
            same = [
                name
                for name, each in properties.items()
                if each.join == row and each.column == place.column
            ]
            if not same:
                return None
            word = next(iter(said.model_fields_set - {"separator"}))
            parts = tuple(same[0] if each == source else each for each in said.sources)
            said = said.model_copy(update={word: parts if word == "join" else parts[0]})
        return said

    def joins(self, words: SqlMapping, used: AbstractSet[str | None]) -> dict[str, Join]:
        """Returns the joins that have one row each, those of rows after those of tables."""
        joins = {
            name: join
            for name, join in words.joins.items()
            if name in used or (join.value is None and not self._rows_of(name))
        }
        for name, join in words.joins.items():
            is_emptied = not {name, join.table}.isdisjoint(words.delete.tables)
            if is_emptied and name not in joins and not self._rows_of(name):
                self._row(name, join, {})
        return joins | self.narrowed

    def _chosen(self, location: Location, join: Join, words: Property) -> Conditions | None:
        """Returns what a property demands of its row, None where it chooses none."""
        if join.through is not None and not words.many:
            message = f"'{words.join}' are several rows: say 'many: true'."
            self.finder.fault((*location, "join"), message)
            return None
        if join.value is None:
            if words.name is not None:
                message = f"The rows of '{words.join}' have no names: say its 'name' and 'value'."
                self.finder.fault((*location, "name"), message)
            if (words.where or words.many) and not join.is_child:
                word = "many" if words.many else "where"
                message = f"Only rows that hang on the account are chosen from; leave '{word}' out."
                self.finder.fault((*location, word), message)
                return None
            return words.where if words.where or words.many else None
        if words.name is None:
            message = f"'{words.join}' has a row for each name: say which by 'name'."
            self.finder.fault((*location, "join"), message)
            return None
        named = self._named((*location, "name"), words.join or "", join, words.name)
        return None if named is None else {**words.where, **named}

    def _named(
        self, location: Location, base: str, join: Join, name: str | int
    ) -> Conditions | None:
        column = join.name_column
        if column is None:
            return None
        if not isinstance(join.name, Registry):
            return {column: Condition(equals=name)}
        table = self._registry(("joins", base, "name"), join.name)
        if table is None:
            return None
        found = self._registered(table, join.name, name)
        if found is None:
            near = meant(str(name), self._names(table, join.name), "name one that is there")
            message = f"There is no '{name}' in '{join.name.table}'; {near}"
            self.finder.fault(location, message)
            return None
        return {column: Condition(equals=found)}

    def _registry(self, location: Location, words: Registry) -> Table | None:
        """Returns a table of names, None where it lacks a column that it is read by."""
        table = self._table(location, words.table)
        if table is None:
            return None
        columns = [*words.where, *words.on, words.lookup]
        found = [self.finder.column(location, table, each) for each in columns]
        return None if None in found else table

    def _registered(self, table: Table, words: Registry, name: str | int) -> Constant:
        """Returns the id of a name, None where there is none."""
        ((id_column, _),) = words.on.items()
        wanted = {**words.where, words.lookup: Condition(equals=name)}
        query = select(table.read(id_column), table.read(words.lookup)).where(
            *conditions_of(table, wanted)
        )
        rows = self.finder.connection.execute(query.order_by(table.read(id_column)))
        return next((_constant(key) for key, found in rows if str(found) == str(name)), None)

    def _names(self, table: Table, words: Registry) -> list[str]:
        """Returns names that there are, of many some."""
        query = select(table.read(words.lookup)).where(*conditions_of(table, words.where))
        found = self.finder.connection.execute(query.limit(_MOST_NAMES))
        return [str(name) for (name,) in found if name is not None]

    def _row(self, base: str, join: Join, where: Conditions, *, own: str = "") -> str:
        """Returns the join of the rows that meet `where`; `own` makes it no one else's."""
        conditions = {**join.where, **where}
        said = own + repr(sorted((column, repr(each)) for column, each in conditions.items()))
        name = self.made.setdefault((base, said), f"{base}{ROW_MARK}{len(self.made)}")
        if name not in self.narrowed:
            self.narrowed[name] = join.model_copy(update={"where": conditions, "name": None})
            if join.name_column is not None:
                origin = ("joins", name, "where", join.name_column)
                self.finder.origins[origin] = ("joins", base, "name")
        return name

    def _rows_of(self, base: str) -> list[str]:
        return [name for (owner, _), name in self.made.items() if owner == base]

    def _has_column(self, base: str, join: Join, name: str) -> bool:
        table = self._table(("joins", base, "table"), join.table)
        return table is None or name in table.shape.columns

    def _table(self, location: Location, text: str) -> Table | None:
        if text not in self.tables:
            self.tables[text] = self.finder.table(location, text, "")
        return self.tables[text]


def _constant(stored: object) -> Constant:
    """Returns an id as the mapping would write it."""
    if isinstance(stored, bytes) and len(stored) == _UUID_BYTES:
        return str(uuid.UUID(bytes=stored))
    return stored if isinstance(stored, int | str) else str(stored)


def origin_of(finder: Finder, location: Location) -> Location:
    """Returns a location as the file has it."""
    said = finder.origins.get(location, location)
    return tuple(step.partition(ROW_MARK)[0] if said[0] == "joins" else step for step in said)
