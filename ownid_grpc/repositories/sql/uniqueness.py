"""Uniqueness that the database does not enforce by itself: of login ids, and as declared."""

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, and_, func, select, text

from ownid_grpc.domain.account import PROFILE, Account, AccountDraft, JsonValue, LoginId
from ownid_grpc.domain.login_ids import fold_login_id
from ownid_grpc.domain.predicates import Operator
from ownid_grpc.repositories.sql.bound import BoundField, BoundMapping
from ownid_grpc.repositories.sql.codecs import Stored
from ownid_grpc.repositories.sql.conflicts import taken
from ownid_grpc.repositories.sql.dialects.base import Place
from ownid_grpc.repositories.sql.write import new_value

_LOCK_SECONDS = 5


def check_unique(
    connection: Connection,
    mapping: BoundMapping,
    account: Account | AccountDraft,
    login_ids: Sequence[LoginId],
    own_key: tuple[Stored, ...] | None,
) -> None:
    """Raises `AlreadyExists` when another row, in scope or not, has a value of this account."""
    for login_id in login_ids:
        field = mapping.fields.get((PROFILE, *login_id.path))
        value = new_value(field, account) if field is not None else None
        if field is None or not isinstance(value, str):
            continue
        _lock(connection, mapping, f"{field.name}={fold_login_id(value)}")
        if _is_taken(connection, mapping, field, login_id, value, own_key):
            raise taken([field.name])
    for names in mapping.words.unique:
        _check_declared(connection, mapping, account, names, own_key)


def login_id_condition(
    mapping: BoundMapping, field: BoundField, login_id: LoginId, value: str
) -> Place:
    """Returns a condition that every row meets whose login id is `value`."""
    if login_id.is_exact:
        return field.codec.compare(field.column, Operator.EQ, value)
    return mapping.dialect.same_but_case(
        field.column,
        value,
        fold_login_id(value),
        folds=field.shape.folds,
        expressions=field.table.shape.indexed_expressions,
    )


def is_same_login_id(login_id: LoginId, found: JsonValue, value: str) -> bool:
    """Whether a found login id is `value`, which the database's collation may say too readily."""
    if not isinstance(found, str):
        return False
    return found == value if login_id.is_exact else fold_login_id(found) == fold_login_id(value)


def _is_taken(  # noqa: PLR0917 - one question, all of it needed
    connection: Connection,
    mapping: BoundMapping,
    field: BoundField,
    login_id: LoginId,
    value: str,
    own_key: tuple[Stored, ...] | None,
) -> bool:
    condition = login_id_condition(mapping, field, login_id, value)
    found = _others(connection, mapping, field, condition, own_key)
    return any(is_same_login_id(login_id, each, value) for each in found)


def _check_declared(
    connection: Connection,
    mapping: BoundMapping,
    account: Account | AccountDraft,
    names: Iterable[str],
    own_key: tuple[Stored, ...] | None,
) -> None:
    fields = [mapping.fields[(PROFILE, *name.split("."))] for name in names]
    values = [new_value(field, account) for field in fields]
    if any(value is None or isinstance(value, list | dict) for value in values):
        return
    _lock(connection, mapping, f"{[field.name for field in fields]}={values}")
    condition = and_(
        *(
            field.codec.compare(field.column, Operator.EQ, value)  # type: ignore[arg-type] # scalar
            for field, value in zip(fields, values, strict=True)
        )
    )
    if any(True for _ in _others(connection, mapping, fields[0], condition, own_key)):
        raise taken(field.name for field in fields)


def _others(
    connection: Connection,
    mapping: BoundMapping,
    field: BoundField,
    condition: Place,
    own_key: tuple[Stored, ...] | None,
) -> list[JsonValue]:
    keys = [part.column for part in mapping.key]
    source = mapping.table.source
    if field.join is not None:
        pairs = [field.table.read(a) == mapping.table.read(b) for a, b in field.join.on]
        source = source.join(field.table.source, and_(*pairs))
    rows = connection.execute(select(field.column, *keys).select_from(source).where(condition))
    return [field.codec.decode(row[0]) for row in rows if tuple(row[1:]) != own_key]


def _lock(connection: Connection, mapping: BoundMapping, what: str) -> None:
    """Makes two writers of one value wait for each other, whatever indexes there are."""
    digest = hashlib.sha256(f"{mapping.words.table} {what}".encode("utf-8", "replace")).digest()
    if mapping.dialect.name == "postgresql":
        number = int.from_bytes(digest[:8], signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(number)))
    elif mapping.dialect.name == "mariadb":
        connection.execute(
            text("SELECT GET_LOCK(:name, :seconds)"),
            {"name": f"ownid:{digest.hex()[:48]}", "seconds": _LOCK_SECONDS},
        )
