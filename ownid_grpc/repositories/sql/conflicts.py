"""Which property a refusal of the database concerns."""

from collections.abc import Iterable

from sqlalchemy.exc import DBAPIError

from ownid_grpc.domain.account import PROFILE
from ownid_grpc.errors import AlreadyExists, OwnIdError, Reason, Violation
from ownid_grpc.repositories.sql.bound import BoundMapping, Table
from ownid_grpc.repositories.sql.errors import Meaning, Refusal, error_of_refusal, refusal_of

_EXPLAINED = {Meaning.UNIQUE, Meaning.FOREIGN_KEY, Meaning.CHECK, Meaning.NOT_NULL, Meaning.VALUE}


def conflict_of(mapping: BoundMapping, error: DBAPIError) -> OwnIdError | None:
    """Returns the error in terms of properties, None for one that has nothing to do with any."""
    refusal = refusal_of(error)
    if refusal.meaning not in _EXPLAINED:
        return None
    names = _properties(mapping, refusal)
    if refusal.meaning is Meaning.UNIQUE:
        return taken(names or (["account_id"] if _is_key(mapping, refusal) else []))
    return error_of_refusal(refusal, names)


def taken(names: Iterable[str]) -> AlreadyExists:
    """Returns the error of values that other accounts have."""
    known = list(names)
    what = " and ".join(f"'{name}'" for name in known) or "a unique value"
    message = f"Another account has this {what}; choose another."
    fields = ["account_id" if n == "account_id" else f"account.profile.{n}" for n in known]
    return AlreadyExists(
        Reason.VALUE_TAKEN,
        message,
        {"property": ",".join(known)},
        tuple(Violation(field, "unique", message) for field in fields),
    )


def _properties(mapping: BoundMapping, refusal: Refusal) -> list[str]:
    tables = [mapping.table, *(join.table for join in mapping.joins.values())]
    columns = {(t.name, c) for t in tables for c in _columns(t, refusal)}
    return [
        field.name
        for path, field in mapping.fields.items()
        if path[0] == PROFILE and (field.table.name, field.shape.name) in columns
    ]


def _columns(table: Table, refusal: Refusal) -> set[str]:
    found = set(refusal.columns)
    for index in table.shape.unique:
        if index.name is not None and index.name == refusal.constraint:
            found |= {each for each in index.columns if each is not None}
            found |= {n for n in table.shape.columns if any(n in e for e in index.expressions)}
    for key in table.shape.foreign_keys:
        if key.name is not None and key.name == refusal.constraint:
            found |= set(key.columns)
    return found


def _is_key(mapping: BoundMapping, refusal: Refusal) -> bool:
    return bool(_columns(mapping.table, refusal).intersection(mapping.words.key.columns))
