"""Makes and finds accounts by the hundred, with a few statements for all of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection

from ownid_grpc.domain.account import PROFILE, AccountDraft, AccountKey, LoginId, Profile
from ownid_grpc.domain.texts import unstorable_at
from ownid_grpc.errors import AlreadyExists, OwnIdError
from ownid_grpc.repositories.base import Outcome
from ownid_grpc.repositories.outcomes import is_own
from ownid_grpc.repositories.sql.assignments import Rules
from ownid_grpc.repositories.sql.bound import BoundField, BoundMapping, Table
from ownid_grpc.repositories.sql.codecs import Stored
from ownid_grpc.repositories.sql.columns import created_columns
from ownid_grpc.repositories.sql.conflicts import out_of_scope
from ownid_grpc.repositories.sql.keys import Values, account_key, joined_key
from ownid_grpc.repositories.sql.lists import check_items, new_rows
from ownid_grpc.repositories.sql.normalize import new_value
from ownid_grpc.repositories.sql.select import key_condition, selection_of, statement
from ownid_grpc.repositories.sql.statements import withheld
from ownid_grpc.repositories.sql.uniqueness import (
    check_unique,
    comparable,
    login_ids_condition,
    taken_login_ids,
)
from ownid_grpc.repositories.sql.write import demand_disabled, insert_account
from ownid_grpc.repositories.sql.writing import Tables, Writing, joining_columns

_MOST_PARAMETERS = 30_000
"""In one statement; SQLite takes 32,766, PostgreSQL 65,535."""

_PLAIN_JOIN = {"table", "on", "where", "key", "lookup", "name", "value"}
"""Words of joins that say no more than which one row hangs on the account, or is named by it."""


def parted(
    drafts: Sequence[AccountDraft], insert: Callable[[Sequence[AccountDraft]], list[Outcome]]
) -> list[Outcome]:
    """Returns what `insert` makes of all drafts; where it raises, of halves of them each.

    So a draft that the database refuses, be it at the commit only, is in the
    end alone, and no other waits for more than the logarithm of their number.
    """
    if not drafts:
        return []
    try:
        return insert(drafts)
    except OwnIdError as error:
        if not is_own(error):
            raise
        if len(drafts) == 1:
            return [error]
    middle = len(drafts) // 2
    return [*parted(drafts[:middle], insert), *parted(drafts[middle:], insert)]


def insert_accounts(
    connection: Connection,
    rules: Rules,
    drafts: Sequence[AccountDraft],
    login_ids: Sequence[LoginId],
) -> list[Outcome]:
    """Writes new accounts, less those of which it is known beforehand that they cannot be.

    Raises where the database refuses one of the rest; what it had written of
    them must then be rolled back.
    """
    mapping = rules.mapping
    outcomes: dict[int, Outcome] = {}
    ready: dict[int, _Ready] = {}
    for number, draft in enumerate(drafts):
        try:
            ready[number] = _made_ready(connection, rules, draft)
        except OwnIdError as error:
            if not is_own(error):
                raise
            outcomes[number] = error
    sound = {number: each.draft for number, each in ready.items()}
    outcomes |= taken_login_ids(connection, mapping, sound, login_ids)
    left = {number: each for number, each in ready.items() if number not in outcomes}
    together = _is_plain(mapping) and all(each.has_plain_rows for each in left.values())
    outcomes |= (_insert_together if together else _insert_each)(connection, mapping, left)
    return [outcomes[number] for number in range(len(drafts))]


def holders_of(
    connection: Connection,
    mapping: BoundMapping,
    login_ids: Sequence[LoginId],
    profiles: Sequence[Profile],
) -> list[set[AccountKey]]:
    """Returns for each profile the accounts in scope that have a login id of it."""
    holders: list[set[AccountKey]] = [set() for _ in profiles]
    for login_id in login_ids:
        field = mapping.fields.get((PROFILE, *login_id.path))
        if field is None:
            continue
        values = {
            number: value
            for number, profile in enumerate(profiles)
            if isinstance(value := new_value(field, AccountDraft(profile)), str)
            and unstorable_at(value) is None
        }
        found = _found(connection, mapping, field, login_id, values)
        for number, value in values.items():
            same = found.get(comparable(login_id, value), {})
            exact = {key for key, written in same.items() if written == value}
            holders[number] |= exact or set(same)
    return holders


def _found(
    connection: Connection,
    mapping: BoundMapping,
    field: BoundField,
    login_id: LoginId,
    values: Mapping[int, str],
) -> dict[str, dict[AccountKey, str]]:
    """Returns by login id, in one case, the accounts that have it and how each writes it."""
    found: dict[str, dict[AccountKey, str]] = {}
    if not values:
        return found
    condition = login_ids_condition(mapping, field, login_id, values.values())
    selection = selection_of(mapping, frozenset({field.path}))
    query = statement(mapping, selection.columns, [field]).where(condition)
    for row in connection.execute(query):
        written = field.codec.decode(row[len(mapping.key)])
        if isinstance(written, str):
            same = found.setdefault(comparable(login_id, written), {})
            same[selection.reader.key(row)] = written
    return found


@dataclass(frozen=True, slots=True)
class _Ready:
    """A draft of which all is known but what the database adds."""

    writing: Writing
    draft: AccountDraft
    tables: Tables

    @property
    def has_plain_rows(self) -> bool:
        """Whether it is a row of the account's own table and rows that hang on it."""
        joins = self.writing.mapping.joins
        return bool(self.tables[""]) and all(
            not name or joins[name].is_child for name in self.tables
        )


def _made_ready(connection: Connection, rules: Rules, draft: AccountDraft) -> _Ready:
    if draft.disabled is not None:
        demand_disabled(rules.mapping)
    writing = Writing(connection, rules, draft)
    check_items(writing)
    return _Ready(writing, draft, created_columns(writing))


def _is_plain(mapping: BoundMapping) -> bool:
    """Whether rows are all that there is to write, and nothing else must be unique."""
    return not (
        mapping.words.unique
        or any(table.shape.is_view for table in mapping.tables)
        or any(join.words.model_fields_set - _PLAIN_JOIN for join in mapping.joins.values())
    )


def _insert_each(
    connection: Connection, mapping: BoundMapping, ready: Mapping[int, _Ready]
) -> dict[int, Outcome]:
    outcomes: dict[int, Outcome] = {}
    for number, each in ready.items():
        try:
            check_unique(connection, mapping, each.draft, ())
        except AlreadyExists as error:
            outcomes[number] = error
            continue
        outcomes[number] = _key_text(mapping, insert_account(each.writing, each.draft))
    _check_scope(connection, mapping, [key for key in outcomes.values() if isinstance(key, tuple)])
    return outcomes


def _insert_together(
    connection: Connection, mapping: BoundMapping, ready: Mapping[int, _Ready]
) -> dict[int, Outcome]:
    own = [
        each.tables[""] | account_key(connection, mapping, each.draft, each.tables[""])
        for each in ready.values()
    ]
    parts = mapping.words.key.columns
    hung_on = (ours for join in mapping.children for _, ours in join.on)
    needed = list(dict.fromkeys([*parts, *hung_on]))
    made = _insert_rows(connection, mapping, mapping.table, own, needed)
    for join in (each for each in mapping.joins.values() if each.is_child):
        rows = [
            each.tables[join.table.name] | joining_columns(each.writing, join, row)
            for each, row in zip(ready.values(), made, strict=True)
            if join.table.name in each.tables
        ]
        whole = [row | joined_key(connection, join, row) for row in rows]
        _insert_rows(connection, mapping, join.table, whole, ())
    _insert_items(connection, mapping, ready.values(), made)
    keys = [_key_text(mapping, [row[name] for name in parts]) for row in made]
    _check_scope(connection, mapping, keys)
    return dict(zip(ready, keys, strict=True))


def _insert_items(
    connection: Connection, mapping: BoundMapping, ready: Iterable[_Ready], made: Iterable[Values]
) -> None:
    """Inserts the rows of arrays, those of one array of all accounts together."""
    rows: dict[str, list[Values]] = {}
    for each, own in zip(ready, made, strict=True):
        for join, row in new_rows(each.writing, own):
            rows.setdefault(join.table.name, []).append(row)
    for name, whole in rows.items():
        _insert_rows(connection, mapping, mapping.lists[name].table, whole, ())


def _insert_rows(
    connection: Connection,
    mapping: BoundMapping,
    table: Table,
    rows: Sequence[Values],
    wanted: Sequence[str],
) -> list[Values]:
    """Inserts rows and returns the wanted columns of each, in order.

    Every database yields what it returns of an insert in the order of its
    values; one that leaves out a row of them is found out by the count.
    """
    made: list[Values] = []
    for alike in _alike(mapping, rows):
        columns = list(dict.fromkeys(name for row in alike for name in row))
        size = max(_MOST_PARAMETERS // max(len(columns), 1), 1)
        for start in range(0, len(alike), size):
            part = alike[start : start + size]
            made += _insert_alike(connection, table, columns, part, wanted)
    return made


def _insert_alike(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Values],
    wanted: Sequence[str],
) -> list[Values]:
    sql, values = _insert_statement(connection, table, columns, rows)
    options = {"preserve_rowcount": True}
    if not wanted:
        if connection.exec_driver_sql(sql, values, execution_options=options).rowcount != len(rows):
            raise withheld()
        return [{} for _ in rows]
    quote = connection.dialect.identifier_preparer.quote_identifier
    returning = f"{sql} RETURNING {', '.join(map(quote, wanted))}"
    found = connection.exec_driver_sql(returning, values).all()
    if len(found) != len(rows):
        raise withheld()
    return [dict(zip(wanted, row, strict=True)) for row in found]


def _insert_statement(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Values]
) -> tuple[str, tuple[Stored, ...]]:
    """Returns an insert of several rows, for the driver itself.

    SQLAlchemy compiles one anew each time, which takes longer than the rest.
    """
    preparer = connection.dialect.identifier_preparer
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    names = ", ".join(map(preparer.quote_identifier, columns))
    groups = [", ".join(mark if name in row else "DEFAULT" for name in columns) for row in rows]
    into = f"INSERT INTO {preparer.format_table(table.clause)} ({names})"
    sql = f"{into} VALUES ({'), ('.join(groups)})"
    return sql, tuple(row[name] for row in rows for name in columns if name in row)


def _alike(mapping: BoundMapping, rows: Sequence[Values]) -> list[Sequence[Values]]:
    """Returns the rows that one statement each can insert, in order.

    SQLite knows no DEFAULT for a column that one of them leaves out.
    """
    if mapping.dialect.name != "sqlite":
        return [rows] if rows else []
    return [list(alike) for _, alike in groupby(rows, key=tuple)]


def _key_text(mapping: BoundMapping, stored: Sequence[Stored]) -> AccountKey:
    parts = zip(mapping.key, stored, strict=True)
    return tuple(str(field.codec.decode(part)) for field, part in parts)


def _check_scope(connection: Connection, mapping: BoundMapping, keys: Sequence[AccountKey]) -> None:
    """Raises `FailedPrecondition` where an account that was made is none of the mapping's."""
    condition = key_condition(mapping, keys) if keys and mapping.scope() else None
    if condition is None:
        return
    query = statement(mapping, [field.column for field in mapping.key], ()).where(condition)
    if len(connection.execute(query).all()) != len(keys):
        raise out_of_scope(mapping)
