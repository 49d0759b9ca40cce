"""The statements that make the indexes which a search lacks."""

import re
from dataclasses import dataclass, replace
from functools import reduce

from sqlalchemy import ColumnElement

from ownid_grpc.domain.account import PROFILE
from ownid_grpc.domain.serving import Use
from ownid_grpc.repositories.sql.bound import BoundField, Table
from ownid_grpc.repositories.sql.dialects.base import Place
from ownid_grpc.repositories.sql.indexes.index import Index, Indexed, IndexPart
from ownid_grpc.repositories.sql.indexes.serving import Known
from ownid_grpc.repositories.sql.indexes.sought import Sought, comparisons, shape_of
from ownid_grpc.repositories.sql.indexes.spelling import dialect_of, parted, spelled
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_LONGEST_NAME = 60
_LONGEST_TEXT = 600
_LEADING_CHARACTERS = 100
_LASTING = {
    # What PostgreSQL and SQLite take for the same in all sessions, and so into an index.
    "postgresql": {"lower", "upper", "jsonb_typeof", "cast", "case", "then", "and", "when"},
    "sqlite": {
        *("lower", "upper", "json_valid", "json_type", "json_extract", "trim", "substr"),
        *("cast", "case", "then", "and", "when", "in", "not", "or"),
    },
    "mariadb": frozenset[str](),
}
_CALLS = re.compile(r"\b([a-z_]+)\s*\(", re.IGNORECASE)
_TEXTS = re.compile(r"'(?:[^']|'')*'")


def statements_for(
    known: Known, field: BoundField, condition: ColumnElement[bool], *, has_key: bool = True
) -> list[str]:
    """Returns what makes indexes that serve a condition on a field, nothing where none would.

    With the key at their end they serve an order, too.
    """
    for sought in comparisons(known.mapping, condition):
        made = _made_for(known, field, condition, sought, has_key=has_key)
        if made:
            return made
    return []


def statements_for_order(known: Known, field: BoundField, place: Place) -> list[str]:
    """Returns what makes an index that has accounts in the order of a field, upwards."""
    sought = Sought(known.mapping.table, place, Use.ORDER)
    made = _advised(known, field, sought, has_key=True)
    return [made.statement] if made and made.added(known).orders([(place, False)]) else []


def statements_for_login_id(
    known: Known, field: BoundField, condition: ColumnElement[bool]
) -> list[str]:
    """Returns what makes an index that finds a login id in any case."""
    made = statements_for(known, field, condition, has_key=False)
    return made if made or known.dialect != "mariadb" else _in_small_letters(field)


def _in_small_letters(field: BoundField) -> list[str]:
    """Returns what adds an indexed column in one case: MariaDB has no index over an expression."""
    quote, shape = dialect_of("mariadb").identifier_preparer.quote, field.shape
    table = field.table.shape
    if shape.storage is not Storage.TEXT or shape.max_length is None or shape.ignores_case:
        return []
    schema = f"{quote(table.schema)}." if table.schema else ""
    added = quote(f"{shape.name}_lower"[:_LONGEST_NAME])
    column = f"{added} VARCHAR({shape.max_length}) AS (lower({quote(shape.name)})) VIRTUAL"
    name = f"{schema}{quote(table.name)}"
    return [f"ALTER TABLE {name} ADD COLUMN {column}, ADD INDEX {added} ({added})"]


@dataclass(frozen=True, slots=True)
class _Advised:
    """An index that is not there, and the statement that makes it."""

    table: Table
    index: Index
    statement: str

    def added(self, known: Known) -> Known:
        """Returns what would be known with it."""
        indexed = known.tables.get(self.table.name, Indexed((), None))
        tables = {**known.tables, self.table.name: indexed.with_indexes([self.index])}
        return replace(known, tables=tables)


def _made_for(
    known: Known,
    field: BoundField,
    condition: ColumnElement[bool],
    sought: Sought,
    *,
    has_key: bool,
) -> list[str]:
    """Returns the fewest of two statements that serve: for the value, and for the way to it."""
    own = _advised(known, field, sought, has_key=has_key)
    way = _way_to(known, field, sought.table)
    for made in ([own], [way], [own, way]):
        wanted = [each for each in made if each is not None]
        helped = reduce(lambda known, each: each.added(known), wanted, known)
        if wanted and helped.serving(condition) is not None:
            return [each.statement for each in wanted]
    return []


def _way_to(known: Known, field: BoundField, table: Table) -> _Advised | None:
    """Returns what finds the account that a row of a joined table belongs to."""
    join = known.mapping.join_of(table.name) if table.name else None
    if join is None:
        return None
    own = known.mapping.table
    place = own.read(join.on[0][1])
    return _advised(known, field, Sought(own, place, Use.EQUALITY), has_key=False)


def _advised(known: Known, field: BoundField, sought: Sought, *, has_key: bool) -> _Advised | None:
    """Returns an index of a place, None where the database cannot have one."""
    table, dialect = sought.table, known.dialect
    places = [table.read(name) for name in _leading(known, table)]
    places.append(sought.place)
    if has_key and not table.name:
        places += [part.column for part in known.mapping.key]
    parts: dict[str, tuple[IndexPart, str]] = {}
    for place in places:
        part, written = _part(table, place, dialect)
        if not written:
            return None
        parts.setdefault(part.text, (part, written))
    name = _name(table.shape.name, field, sought.part(dialect))
    index = Index(name, tuple(part for part, _ in parts.values()))
    columns = ", ".join(written for _, written in parts.values())
    return _Advised(table, index, _statement(table, name, columns, dialect))


def _statement(table: Table, name: str, columns: str, dialect: str) -> str:
    quote, shape = dialect_of(dialect).identifier_preparer.quote, table.shape
    schema = f"{quote(shape.schema)}." if shape.schema else ""
    # Made so, it keeps no writer waiting; SQLite and MariaDB have no such word.
    how = " CONCURRENTLY" if dialect == "postgresql" else ""
    return f"CREATE INDEX{how} {quote(name)} ON {schema}{quote(shape.name)} ({columns})"


def _leading(known: Known, table: Table) -> list[str]:
    """Returns the columns that tell one tenant, or one kind of row, from another."""
    join = known.mapping.join_of(table.name) if table.name else None
    where = known.mapping.words.where if join is None else join.words.where
    return [name for name, said in where.items() if said.equals is not None]


def _part(table: Table, place: Place, dialect: str) -> tuple[IndexPart, str]:
    """Returns a part of an index and how it is written; no text for what cannot be one."""
    part = Sought(table, place, Use.EQUALITY).part(dialect)
    text = spelled(parted(place)[0], dialect)
    shape = shape_of(table, part.text)
    if shape is None and not _lasts(text, dialect):
        return part, ""
    quote = dialect_of(dialect).identifier_preparer.quote
    bare = quote(shape.name) if shape is not None else f"({text})"
    named = "" if part.is_own else f' COLLATE "{part.collation}"'
    cut = _cut(shape, dialect)
    return replace(part, is_cut=bool(cut)), bare + named + cut


def _lasts(text: str, dialect: str) -> bool:
    """Whether an expression means the same in every session, so that an index may hold it."""
    bare = _TEXTS.sub("''", text)
    called = {name.lower() for name in _CALLS.findall(bare)}
    return called <= _LASTING[dialect] and "TIMESTAMP" not in bare.upper()


def _cut(shape: ColumnShape | None, dialect: str) -> str:
    """Returns how much of a long text an index of MariaDB can take in."""
    if dialect != "mariadb" or shape is None or shape.storage is not Storage.TEXT:
        return ""
    is_long = "text" in shape.type_name or (shape.max_length or 0) > _LONGEST_TEXT
    return f"({_LEADING_CHARACTERS})" if is_long else ""


def _name(table: str, field: BoundField, part: IndexPart) -> str:
    """Returns a name that tells what is compared how."""
    function = re.match(r"lower|upper", part.text)
    endings = [function[0] if function else "", "" if part.is_own else "exact"]
    path = "_".join(step for step in field.path if step != PROFILE)
    words = [table, path, *filter(None, endings)]
    return re.sub(r"\W+", "_", "_".join(words)).lower()[:_LONGEST_NAME]
