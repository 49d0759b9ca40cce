"""One account made, changed or deleted, within a transaction that its caller commits."""

from collections.abc import Sequence

from sqlalchemy import Connection

from ownid_grpc.domain.account import Account, AccountDraft, AccountKey, LoginId
from ownid_grpc.domain.call import Call
from ownid_grpc.repositories.base import Change
from ownid_grpc.repositories.refusals import etag_mismatch
from ownid_grpc.repositories.sql.assignments import Rules, utc_now
from ownid_grpc.repositories.sql.bound import BoundMapping
from ownid_grpc.repositories.sql.codecs import Stored
from ownid_grpc.repositories.sql.locking import locked, written
from ownid_grpc.repositories.sql.uniqueness import Own, check_unique
from ownid_grpc.repositories.sql.write import (
    changed_fields,
    delete_account,
    demand_disabled,
    insert_account,
    update_account,
)
from ownid_grpc.repositories.sql.writing import Writing


def insert_one(
    connection: Connection,
    mapping: BoundMapping,
    call: Call,
    draft: AccountDraft,
    login_ids: Sequence[LoginId],
) -> tuple[Stored, ...]:
    """Makes an account and returns its key as the database holds it."""
    if draft.disabled is not None:
        demand_disabled(mapping)
    check_unique(connection, mapping, draft, login_ids)
    rules = Rules(mapping, call.caller, utc_now())
    return insert_account(Writing(connection, rules, draft), draft)


def update_one(
    connection: Connection,
    mapping: BoundMapping,
    call: Call,
    key: AccountKey,
    change: Change,
    *,
    login_ids: Sequence[LoginId],
) -> Account:
    """Applies a change to an account and returns it as the database then holds it."""
    before, current, stored = locked(connection, mapping, key)
    desired = change(before)
    if desired.disabled != before.disabled:
        demand_disabled(mapping)
    changed = changed_fields(mapping, before, desired)
    if not changed:
        return before
    paths = {field.path[1:] for field in changed}
    touched = [each for each in login_ids if each.path in paths]
    own = Own(stored, frozenset(field.path for field in changed))
    check_unique(connection, mapping, desired, touched, own)
    rules = Rules(mapping, call.caller, utc_now())
    update_account(Writing(connection, rules, desired, current), changed)
    return written(connection, mapping, stored)


def delete_one(
    connection: Connection, mapping: BoundMapping, call: Call, key: AccountKey, etag: str = ""
) -> None:
    """Deletes an account as the mapping says."""
    before, current, _ = locked(connection, mapping, key)
    if etag and etag != before.etag:
        raise etag_mismatch(before.etag)
    rules = Rules(mapping, call.caller, utc_now())
    delete_account(Writing(connection, rules, before, current))
