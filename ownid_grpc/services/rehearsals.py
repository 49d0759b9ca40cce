"""Writes that only say what they would do (`validate_only`).

What a database fills in is not in their answer, and of unique values only
those are looked up that identify an account.
"""

from ownid_grpc.domain.account import Account, AccountKey, Profile, dotted, value_at
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.source import Capability
from ownid_grpc.errors import FailedPrecondition, NotFound, Reason
from ownid_grpc.repositories.base import AccountRepository
from ownid_grpc.repositories.refusals import ACCOUNT_ID, capability_missing, value_taken
from ownid_grpc.services.in_force import SchemaInForce
from ownid_grpc.services.writing import AccountChange, NewAccount, changed, draft_of


def rehearse_creation(
    call: Call,
    repository: AccountRepository,
    in_force: SchemaInForce,
    new: NewAccount,
    *,
    is_free: bool = False,
) -> Account:
    """Returns the account that would be made, without a key where the database gives it.

    `is_free` says that no account has its login ids, which are else looked up.
    """
    draft = draft_of(in_force, new)
    _require(in_force, Capability.INSERT)
    if draft.disabled is not None:
        _require(in_force, Capability.DISABLE)
    if draft.key is not None and _is_there(call, repository, draft.key):
        raise value_taken([ACCOUNT_ID])
    if not is_free:
        _check_login_ids(call, repository, in_force, Account(draft.key or (), {}), draft.profile)
    return Account(draft.key or (), draft.profile, disabled=draft.disabled)


def rehearse_change(
    call: Call,
    repository: AccountRepository,
    in_force: SchemaInForce,
    key: AccountKey,
    change: AccountChange,
) -> Account:
    """Returns the account as it would be."""
    before = repository.get(call, key)
    _require(in_force, Capability.UPDATE)
    after = changed(in_force, before, change)
    if after.disabled != before.disabled:
        _require(in_force, Capability.DISABLE)
    _check_login_ids(call, repository, in_force, before, after.profile)
    return after


def _check_login_ids(
    call: Call,
    repository: AccountRepository,
    in_force: SchemaInForce,
    before: Account,
    profile: Profile,
) -> None:
    """Raises the error of a login id that becomes the account's and is another's already."""
    for login_id in in_force.schema.login_ids:
        value = value_at(profile, login_id.path)
        if not isinstance(value, str) or value == value_at(before.profile, login_id.path):
            continue
        try:
            found = repository.find(call, [login_id], value, frozenset())
        except NotFound:
            continue
        except FailedPrecondition as error:
            if error.reason is not Reason.LOGIN_ID_AMBIGUOUS:
                raise
            raise value_taken([dotted(login_id.path)]) from error
        if found.key != before.key:
            raise value_taken([dotted(login_id.path)])


def _is_there(call: Call, repository: AccountRepository, key: AccountKey) -> bool:
    return bool(repository.get_many(call, [key], frozenset()))


def _require(in_force: SchemaInForce, capability: Capability) -> None:
    if capability not in in_force.source.capabilities:
        message = f"Accounts of this app lack the capability '{capability}'."
        raise capability_missing(capability, message)
