"""What every repository says when it cannot do what it is asked."""

from collections.abc import Iterable

from ownid_grpc.domain.source import Capability
from ownid_grpc.errors import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    Reason,
    Unavailable,
    Unimplemented,
    Violation,
)

ACCOUNT_ID = "account_id"
"""What stands for the key among the names of taken values."""


def account_not_found() -> NotFound:
    """Returns the error of a key or a login id that no account has."""
    return NotFound(
        Reason.ACCOUNT_NOT_FOUND,
        "There is no such account.",
        resource_type="ownid.com/Account",
    )


def login_id_ambiguous() -> FailedPrecondition:
    """Returns the error of a login id that several accounts have, none of them exactly so."""
    return FailedPrecondition(
        Reason.LOGIN_ID_AMBIGUOUS,
        "Several accounts share this login id; write it exactly as the account has it.",
    )


def etag_mismatch(current: str) -> Aborted:
    """Returns the error of an etag that is not the current one."""
    return Aborted(
        Reason.ETAG_MISMATCH,
        "The account has changed since it was read; read it again.",
        {"etag": current},
    )


def value_taken(names: Iterable[str]) -> AlreadyExists:
    """Returns the error of properties whose values another account has."""
    known = list(names)
    what = " and ".join(f"'{name}'" for name in known) or "a unique value"
    message = f"Another account has this {what}; choose another."
    fields = [name if name == ACCOUNT_ID else f"account.profile.{name}" for name in known]
    return AlreadyExists(
        Reason.VALUE_TAKEN,
        message,
        {"property": ",".join(known)},
        tuple(Violation(field, "unique", message) for field in fields),
    )


def key_required() -> InvalidArgument:
    """Returns the error of a new account without a key, where the caller is to choose it."""
    return InvalidArgument.at(
        Reason.ARGUMENT_INVALID,
        ACCOUNT_ID,
        "required",
        "The caller chooses the account_id of this app; give one.",
        field=ACCOUNT_ID,
    )


def value_unfit(name: str, rule: str, description: str) -> InvalidArgument:
    """Returns the error of a property whose value cannot be held as it is."""
    field = f"account.profile.{name}"
    return InvalidArgument.at(Reason.PROFILE_INVALID, field, rule, description, faults="1")


def capability_missing(capability: Capability, description: str) -> Unimplemented:
    """Returns the error of something that this repository cannot do."""
    return Unimplemented(Reason.CAPABILITY_MISSING, description, {"capability": str(capability)})


def repository_closed() -> Unavailable:
    """Returns the error of every call after `close`."""
    return Unavailable(Reason.DATABASE_UNAVAILABLE, "This repository is closed.")


def database_down() -> Unavailable:
    """Returns the error of a database that does not answer."""
    return Unavailable(
        Reason.DATABASE_UNAVAILABLE, "The app's database does not answer; try again."
    )
