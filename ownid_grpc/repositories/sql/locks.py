"""Locks on values that are to be unique, where the database itself may not see to it."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import Connection, text

from ownid_grpc.errors import Reason, Unavailable
from ownid_grpc.repositories.sql.bound import BoundMapping

_LOCK_SECONDS = 5

_LOCK_ON_POSTGRES = text("SELECT pg_advisory_xact_lock(n) FROM unnest(:numbers ::bigint[]) AS n")


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
        numbers = [int.from_bytes(digest[:8], signed=True) for digest in digests]
        connection.execute(_LOCK_ON_POSTGRES, {"numbers": numbers})
    elif mapping.dialect.name == "mariadb":
        names = tuple(f"ownid:{digest.hex()[:48]}" for digest in digests)
        locks = ", ".join([f"GET_LOCK(%s, {_LOCK_SECONDS})"] * len(names))
        if set(connection.exec_driver_sql(f"SELECT {locks}", names).one()) != {1}:
            raise Unavailable(
                Reason.DATABASE_UNAVAILABLE,
                "Another change of the same login id takes too long; try again.",
            )
