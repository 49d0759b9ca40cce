"""Locks on values that are to be unique, where the database itself may not see to it."""

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, func, select, text

from ownid_grpc.errors import Reason, Unavailable
from ownid_grpc.repositories.sql.bound import BoundMapping
from ownid_grpc.repositories.sql.dialects.base import Rows, raw

_LOCK_SECONDS = 5

_LOCK_MANY = text("SELECT pg_advisory_xact_lock(n) FROM unnest(:numbers ::bigint[]) AS n")


def lock_values(connection: Connection, mapping: BoundMapping, values: Iterable[str]) -> None:
    """Makes two writers of one value wait for each other, whatever indexes there are.

    It lasts as long as the transaction. Values are locked in an order that all
    writers share: two that each hold what the other wants would wait for ever.
    """
    texts = [f"{mapping.words.table} {each}".encode("utf-8", "replace") for each in set(values)]
    digests = sorted(hashlib.sha256(each).digest() for each in texts)
    if not digests:
        return
    if mapping.dialect.name == "postgresql":
        _lock_on_postgres(connection, mapping, digests)
    elif mapping.dialect.name == "mariadb":
        _lock_on_mariadb(connection, mapping, digests)


def _lock_on_postgres(
    connection: Connection, mapping: BoundMapping, digests: Sequence[bytes]
) -> None:
    numbers = [int.from_bytes(digest[:8], signed=True) for digest in digests]
    if len(numbers) == 1:
        mapping.shapes.rows(connection, "lock a value", _advisory_lock, numbers)
    else:
        connection.execute(_LOCK_MANY, {"numbers": numbers})


def _advisory_lock(values: Sequence[int]) -> Rows:
    return select(func.pg_advisory_xact_lock(raw(values[0])))


def _lock_on_mariadb(
    connection: Connection, mapping: BoundMapping, digests: Sequence[bytes]
) -> None:
    names = [f"ownid:{digest.hex()[:48]}" for digest in digests]
    shape = ("lock values", len(names))
    (locked,) = mapping.shapes.rows(connection, shape, _named_locks, names)
    if set(locked) != {1}:
        raise Unavailable(
            Reason.DATABASE_UNAVAILABLE,
            "Another change of the same login id takes too long; try again.",
        )


def _named_locks(values: Sequence[str]) -> Rows:
    return select(*(func.get_lock(raw(value), _LOCK_SECONDS) for value in values))
