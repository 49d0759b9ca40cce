"""What became of one account of several: errors that are its own, apart from those of all."""

from collections.abc import Callable, Iterable

from ownid_grpc.domain.account import Account, AccountDraft
from ownid_grpc.errors import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    OwnIdError,
    Reason,
    Unimplemented,
)
from ownid_grpc.repositories.base import Outcome

_OWN = (Aborted, AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, Unimplemented)
_OF_ALL = (Reason.MAPPING_FAULTY, Reason.ACCOUNT_SCHEMA_NOT_SET)


def is_own(error: OwnIdError) -> bool:
    """Returns whether an error says nothing of the other accounts."""
    return isinstance(error, _OWN) and error.reason not in _OF_ALL


def one_by_one(
    drafts: Iterable[AccountDraft], insert: Callable[[AccountDraft], Account]
) -> list[Outcome]:
    """Returns what became of each draft; raises an error that concerns them all."""
    outcomes: list[Outcome] = []
    for draft in drafts:
        try:
            outcomes.append(insert(draft).key)
        except OwnIdError as error:
            if not is_own(error):
                raise
            outcomes.append(error)
    return outcomes
