"""Uniqueness that the database does not enforce by itself: of login ids, and as declared."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    ColumnElement,
    Connection,
    and_,
    or_,
    select,
)
from sqlalchemy.sql import operators

from ownid_grpc.domain.account import PROFILE, Account, AccountDraft, FieldPath, JsonValue, LoginId
from ownid_grpc.domain.login_ids import fold_login_id
from ownid_grpc.domain.predicates import Operator
from ownid_grpc.errors import AlreadyExists
from ownid_grpc.repositories.refusals import value_taken
from ownid_grpc.repositories.sql.bound import BoundField, BoundJoin, BoundMapping, is_mark
from ownid_grpc.repositories.sql.codecs import Stored
from ownid_grpc.repositories.sql.dialects.base import Place, Rows, among
from ownid_grpc.repositories.sql.finder import is_unique
from ownid_grpc.repositories.sql.locks import lock_values
from ownid_grpc.repositories.sql.names import mentioned
from ownid_grpc.repositories.sql.normalize import new_value
from ownid_grpc.repositories.sql.reflect import TableShape, UniqueIndex
from ownid_grpc.repositories.sql.shapes import Row

_ONE_CASE = re.compile(
    r"\(*(lower|upper|lcase|ucase)\(([^()]+|\([^()]+\)(?:::\w+)?)\)+", re.IGNORECASE
)
"""What a generated column is made by that holds another in one case."""


@dataclass(frozen=True, slots=True)
class Own:
    """The account that is being changed: its key, and which of its fields do."""

    key: tuple[Stored, ...]
    changed: frozenset[FieldPath]


def check_unique(
    connection: Connection,
    mapping: BoundMapping,
    account: Account | AccountDraft,
    login_ids: Sequence[LoginId],
    own: Own | None = None,
) -> None:
    """Raises `AlreadyExists` when another row has a value that this account is given.

    Rows out of scope count too, but for what the database itself keeps unique
    within the scope only.
    """
    for login_id in login_ids:
        field = mapping.fields.get((PROFILE, *login_id.path))
        value = new_value(field, account) if field is not None else None
        if field is None or not isinstance(value, str):
            continue
        lock_values(connection, mapping, [f"{field.name}={fold_login_id(value)}"])
        rows = _rows_with(connection, mapping, field, login_id, value)
        found = _values_of_others(rows, field, own)
        if any(is_same_login_id(login_id, each, value) for each in found):
            raise value_taken([field.name])
    for names in mapping.words.unique:
        _check_declared(connection, mapping, account, names, own)


def taken_login_ids(
    connection: Connection,
    mapping: BoundMapping,
    drafts: Mapping[int, AccountDraft],
    login_ids: Sequence[LoginId],
) -> dict[int, AlreadyExists]:
    """Returns which of `drafts`, by number, may not be made: as `check_unique` says of each.

    One statement locks all their login ids and one looks for each kind of
    them. Of drafts that share one, the first may be made.
    """
    claims = [
        (number, field, login_id, value)
        for login_id in login_ids
        if (field := mapping.fields.get((PROFILE, *login_id.path))) is not None
        for number, draft in drafts.items()
        if isinstance(value := new_value(field, draft), str)
    ]
    lock_values(
        connection, mapping, {f"{f.name}={fold_login_id(value)}" for _, f, _, value in claims}
    )
    taken: dict[int, AlreadyExists] = {}
    for login_id in login_ids:
        own = [claim for claim in claims if claim[2] is login_id]
        if not own:
            continue
        field = own[0][1]
        condition = login_ids_condition(mapping, field, login_id, [each for *_, each in own])
        rows = _others(connection, mapping, [field], condition, None)
        held = {comparable(login_id, each) for each in rows if isinstance(each, str)}
        for number, _, _, value in own:
            if comparable(login_id, value) in held:
                taken.setdefault(number, value_taken([field.name]))
            elif number not in taken:
                held.add(comparable(login_id, value))
    return taken


def comparable(login_id: LoginId, text: str) -> str:
    """Returns what two texts have in common that are one login id, and no others."""
    return text if login_id.is_exact else fold_login_id(text)


def login_id_condition(
    mapping: BoundMapping, field: BoundField, login_id: LoginId, value: str
) -> Place:
    """Returns a condition that every row meets whose login id is `value`."""
    return login_ids_condition(mapping, field, login_id, [value])


def login_ids_condition(
    mapping: BoundMapping, field: BoundField, login_id: LoginId, values: Iterable[str]
) -> Place:
    """Returns a condition that every row meets whose login id is any of some values.

    What is held against many values is held against a list of them: a row that
    no index finds is then looked at once, not once for each.
    """
    wanted = _padded(list(dict.fromkeys(values)))
    if login_id.is_exact:
        return _exactly_among(field, wanted)
    derived = _by_derived_column(mapping, field, wanted)
    if derived is not None:
        return derived
    return mapping.dialect.same_but_case(
        field.column,
        wanted,
        shape=field.shape,
        expressions=field.table.shape.indexed_expressions,
    )


def is_kept_unique(mapping: BoundMapping, field: BoundField) -> bool:
    """Whether the database lets no two accounts have one value of a field."""
    if field.is_list or (field.join is not None and _is_shared(mapping, field.join)):
        return False
    where = mapping.words.where if field.join is None else field.join.words.where
    fixed = {name for name, said in where.items() if "equals" in said.model_fields_set}
    spelled, shape = _spelled(mapping, field), field.table.shape
    return any(
        not index.is_partial
        and not spelled.isdisjoint(columns := _columns_of(index, shape))
        and columns - spelled <= fixed
        for index in shape.unique
    )


def is_found_slowly(mapping: BoundMapping, field: BoundField, login_id: LoginId) -> bool:
    """Whether an index knows a login id as it is written, but not in any case."""
    shape, name = field.table.shape, field.shape.name
    if login_id.is_exact or name not in shape.leading or field.shape.ignores_case:
        return False
    is_derived = any(column in shape.leading for column, _ in _derived_columns(mapping, field))
    return not is_derived and not any(mentioned(e, [name]) for e in shape.indexed_expressions)


def is_same_login_id(login_id: LoginId, found: JsonValue, value: str) -> bool:
    """Whether a found login id is `value`, which the database's collation may say too readily."""
    if not isinstance(found, str):
        return False
    return found == value if login_id.is_exact else fold_login_id(found) == fold_login_id(value)


def _padded(values: list[str]) -> list[str]:
    """Returns the values, the last of them several times, so that few statements are compiled."""
    count = 1 << max(len(values) - 1, 0).bit_length()
    return values + values[-1:] * (count - len(values))


def _exactly_among(field: BoundField, values: Sequence[str]) -> Place:
    column, held, rest = field.column, [], []
    for term in (field.codec.compare(column, Operator.EQ, value) for value in values):
        is_plain = isinstance(term, BinaryExpression) and term.operator is operators.eq
        if is_plain and term.left is column and isinstance(term.right, BindParameter):
            held.append(term.right.value)
        else:
            rest.append(term)
    return or_(among(column, held), *rest)


def _by_derived_column(
    mapping: BoundMapping, field: BoundField, values: Sequence[str]
) -> Place | None:
    """Returns the condition by an indexed column that holds login ids in one case, if any is.

    Rows that were never given it are compared by the login id itself.
    """
    shape = field.table.shape
    if field.shape.ignores_case or any(
        mentioned(e, [field.shape.name]) for e in shape.indexed_expressions
    ):
        return None
    for column, is_upper in _derived_columns(mapping, field):
        if column in shape.leading:
            derived = field.table.read(column)
            cased = [each for value in values for each in _in_one_case(value, is_upper=is_upper)]
            plain = mapping.dialect.same_but_case(
                field.column, values, shape=field.shape, expressions=()
            )
            return or_(among(derived, cased), and_(derived.is_(None), plain))
    return None


def _derived_columns(mapping: BoundMapping, field: BoundField) -> Iterator[tuple[str, bool]]:
    """Yields the columns beside a field that hold it in small letters, or (true) in capitals."""
    for name, said in mapping.words.on_write.items():
        table, column = mapping.owner(name)
        if table.name == field.table.name and field.name in (said.lower, said.upper):
            yield column, said.upper is not None
    for column, shape in field.table.shape.columns.items():
        made = _ONE_CASE.fullmatch(shape.expression or "")
        if made is not None and mentioned(made[2], [field.shape.name]):
            yield column, made[1].lower() in ("upper", "ucase")


def _in_one_case(text: str, *, is_upper: bool) -> list[str]:
    """Returns a text in one case, as those write it who change its length and who do not."""
    if text.isascii():
        return [text.upper() if is_upper else text.lower()]
    whole = str.upper if is_upper else str.lower
    each = "".join(cased if len(cased := whole(one)) == 1 else one for one in text)
    return list(dict.fromkeys((whole(text), each)))


def _check_declared(
    connection: Connection,
    mapping: BoundMapping,
    account: Account | AccountDraft,
    names: Iterable[str],
    own: Own | None,
) -> None:
    fields = [mapping.fields[(PROFILE, *name.split("."))] for name in names]
    if own is not None and own.changed.isdisjoint(field.path for field in fields):
        return
    values = [new_value(field, account) for field in fields]
    if any(value is None or isinstance(value, list | dict) for value in values):
        return
    lock_values(connection, mapping, [f"{[field.name for field in fields]}={values}"])
    condition = and_(
        *(
            field.codec.compare(field.column, Operator.EQ, value)  # type: ignore[arg-type] # scalar
            for field, value in zip(fields, values, strict=True)
        )
    )
    if _others(connection, mapping, fields, condition, own):
        raise value_taken([field.name for field in fields])


def _others(
    connection: Connection,
    mapping: BoundMapping,
    fields: Sequence[BoundField],
    condition: ColumnElement[bool],
    own: Own | None,
) -> list[JsonValue]:
    """Returns the first field's value of every other row that meets a condition."""
    rows = connection.execute(_values_where(mapping, fields, condition)).all()
    return _values_of_others(rows, fields[0], own)


def _rows_with(
    connection: Connection, mapping: BoundMapping, field: BoundField, login_id: LoginId, value: str
) -> Sequence[Row]:
    """Returns the login id and the key of every row that has such a one."""

    def build(values: Sequence[str]) -> Rows:
        condition = login_id_condition(mapping, field, login_id, values[0])
        return _values_where(mapping, [field], condition)

    # What is compared with a text may depend on whether it is ASCII.
    shape = ("taken", login_id) if value.isascii() else None
    return mapping.shapes.rows(connection, shape, build, [value])


def _values_of_others(rows: Iterable[Row], field: BoundField, own: Own | None) -> list[JsonValue]:
    return [field.codec.decode(row[0]) for row in rows if own is None or tuple(row[1:]) != own.key]


def _values_where(
    mapping: BoundMapping, fields: Sequence[BoundField], condition: ColumnElement[bool]
) -> Rows:
    """Returns a select of the first field's value and the key where a condition is met."""
    keys = [part.column for part in mapping.key]
    source = mapping.table.source
    for join in {field.table.name: field.join for field in fields}.values():
        if join is not None:
            pairs = [join.table.read(a) == mapping.table.read(b) for a, b in join.on]
            source = source.join(join.table.source, and_(*pairs, *join.conditions()))
    scope = mapping.scope() if _is_unique_in_scope(mapping, fields) else []
    field = fields[0]
    query = select(field.codec.read(field.column), *keys).select_from(source)
    return query.where(condition, *scope)


def _is_unique_in_scope(mapping: BoundMapping, fields: Sequence[BoundField]) -> bool:
    """Whether the database lets rows out of scope have the same values: another tenant's, say."""
    words = mapping.words
    scope = {*words.where, *(name for name in words.delete.set if is_mark(words, name))}
    spelled = [_spelled(mapping, field) for field in fields]
    shape = fields[0].table.shape
    for index in shape.unique:
        columns = _columns_of(index, shape)
        others = columns.difference(*spelled)
        is_on_fields = all(not columns.isdisjoint(each) for each in spelled)
        if is_on_fields and (index.is_partial or (others and others <= scope)):
            return True
    return False


def _is_shared(mapping: BoundMapping, join: BoundJoin) -> bool:
    """Whether several accounts may have one joined row between them, as with a lookup."""
    own = [ours for _, ours in join.on]
    return not is_unique(mapping.table.shape, own, mapping.words.where)


def _spelled(mapping: BoundMapping, field: BoundField) -> set[str]:
    """Returns the columns that hold a field, itself or in one case."""
    return {field.shape.name, *(name for name, _ in _derived_columns(mapping, field))}


def _columns_of(index: UniqueIndex, shape: TableShape) -> set[str]:
    columns = {each for each in index.columns if each is not None}
    return columns | {n for each in index.expressions for n in mentioned(each, shape.columns)}
