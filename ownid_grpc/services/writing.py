"""What a write makes of an account, by the schema in force and by what its mapping can write."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from ownid_grpc.domain.account import (
    PROFILE,
    Account,
    AccountDraft,
    AccountKey,
    FieldPath,
    JsonValue,
    Profile,
    PropertyPath,
    dotted,
    value_at,
    with_value,
)
from ownid_grpc.domain.masks import apply_update, parse_update_mask
from ownid_grpc.domain.names import parse_account_id
from ownid_grpc.domain.schema.numbers import is_same
from ownid_grpc.domain.source import Capability
from ownid_grpc.errors import InvalidArgument, Reason, Violation
from ownid_grpc.repositories.refusals import ACCOUNT_ID, etag_mismatch
from ownid_grpc.services.in_force import SchemaInForce


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be made, as it was sent; `account_id` only where the caller chooses it."""

    profile: Profile
    disabled: bool | None = None
    account_id: str = ""


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What is to become of an account, as it was sent; an empty etag is not compared."""

    profile: Profile
    disabled: bool | None = None
    etag: str = ""
    update_mask: Sequence[str] = ()


def draft_of(in_force: SchemaInForce, new: NewAccount) -> AccountDraft:
    """Returns the account to be made. Raises `InvalidArgument` for one that may not be."""
    profile = in_force.schema.profile_from_wire(new.profile)
    accepted = in_force.schema.accept_new(profile)
    _refuse_unwritable(in_force, {}, profile)
    return AccountDraft(accepted, new.disabled, _chosen_key(in_force, new))


def changed(in_force: SchemaInForce, current: Account, change: AccountChange) -> Account:
    """Returns the account as it is to be.

    Raises `Aborted` where its etag is another, `InvalidArgument` for a change
    that may not be. What the caller cannot see or set stays as it is, unless
    the change names it.
    """
    if change.etag not in ("", current.etag):
        raise etag_mismatch(current.etag)
    schema, before = in_force.schema, current.profile
    properties = schema.properties
    given = schema.profile_from_wire(change.profile)
    updated = apply_update(current, given, change.disabled, change.update_mask, properties)
    profile, named = updated.profile, parse_update_mask(change.update_mask, properties)
    if named is None:
        cleared = [path for path in properties if _is_null(change.profile, path)]
        profile = reduce(lambda profile, path: with_value(profile, path, None), cleared, profile)
        named = frozenset((PROFILE, *path) for path in cleared)
    profile = _with_unseen(profile, before, _seen(in_force, before), named, (PROFILE,))
    schema.accept_change(before, profile)
    _refuse_unwritable(in_force, before, profile)
    return replace(updated, profile=profile)


def _is_null(sent: JsonValue, path: PropertyPath) -> bool:
    """Returns whether a null was sent at `path`, which is not the same as nothing."""
    for name in path:
        if not isinstance(sent, dict) or name not in sent:
            return False
        sent = sent[name]
    return sent is None


def _seen(in_force: SchemaInForce, profile: Profile) -> Profile:
    """Returns what of a profile a caller sees and could set."""
    seen = in_force.schema.visible(profile)
    return reduce(lambda seen, path: with_value(seen, path, None), in_force.fixed, seen)


def _with_unseen(
    after: Profile, before: Profile, seen: Profile, named: Collection[FieldPath], at: FieldPath
) -> Profile:
    """Returns `after` with what `before` has and `seen` has not, where nothing was said of it."""
    kept = dict(after)
    for name, value in before.items():
        path, inner = (*at, name), seen.get(name)
        if inner is None and path not in named:
            kept.setdefault(name, value)
        elif isinstance(value, dict) and isinstance(inner, dict):
            members = kept.get(name, {})
            if isinstance(members, dict):
                members = _with_unseen(members, value, inner, named, path)
                # An object that was empty stays: a document may hold just that.
                if members:
                    kept[name] = members
    return kept


def _refuse_unwritable(in_force: SchemaInForce, before: Profile, after: Profile) -> None:
    description = "is not written by the app's mapping; leave it as it is"
    violations = tuple(
        Violation(f"account.{PROFILE}.{dotted(path)}", "readOnly", description)
        for path in in_force.unwritable
        if not is_same(value_at(before, path), value_at(after, path))
    )
    if violations:
        message = f"The profile is not valid: {violations[0].field} {description}."
        metadata = {"faults": str(len(violations))}
        raise InvalidArgument(Reason.PROFILE_INVALID, message, metadata, violations)


def _chosen_key(in_force: SchemaInForce, new: NewAccount) -> AccountKey | None:
    if Capability.CHOOSE_KEY not in in_force.source.capabilities:
        if new.account_id:
            description = "Accounts of this app get their ids by themselves; leave account_id out."
            raise _account_id_refused("unexpected", description)
        return None
    if not new.account_id:
        description = "The caller chooses the account_id of this app; give one."
        raise _account_id_refused("required", description)
    return parse_account_id(new.account_id, ACCOUNT_ID)


def _account_id_refused(rule: str, description: str) -> InvalidArgument:
    return InvalidArgument.at(
        Reason.ARGUMENT_INVALID, ACCOUNT_ID, rule, description, field=ACCOUNT_ID
    )
