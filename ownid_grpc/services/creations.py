"""Making an account once, however often the caller has to ask."""

import unicodedata
from collections.abc import Iterator
from contextlib import suppress

from ownid_grpc.domain.account import (
    Account,
    AccountDraft,
    JsonValue,
    value_at,
)
from ownid_grpc.domain.call import Call
from ownid_grpc.errors import AlreadyExists, NotFound
from ownid_grpc.repositories.base import AccountRepository
from ownid_grpc.services.in_force import SchemaInForce
from ownid_grpc.services.naming import naming
from ownid_grpc.services.requests import Requests
from ownid_grpc.services.writing import NewAccount, draft_of
from ownid_grpc.state.base import RequestState, Reservation


def create_once(
    call: Call,
    repository: AccountRepository,
    in_force: SchemaInForce,
    new: NewAccount,
    *,
    requests: Requests,
    reservation: Reservation,
) -> Account:
    """Makes the account, or returns the one that an earlier call with the same id has made.

    A call that broke off may have made it without having said so; such an
    account is known again by its key or login id, where it is all that is
    asked for. One gap is left: if a call dies between its commit and its note
    of it, and the account has neither a key of the caller's choice nor a
    login id, then the retry makes a second one.
    """
    if reservation.state is RequestState.DONE:
        key = requests.made(reservation)
        with naming(reservation.app, key):
            return repository.get(call, key)
    with requests.settling(reservation):
        with call.step("validate"):
            draft = draft_of(in_force, new)
        try:
            account = repository.insert(call, draft, login_ids=in_force.schema.login_ids)
        except AlreadyExists:
            found = None
            if reservation.state is RequestState.BROKEN:
                found = _made_before(call, repository, in_force, draft)
            if found is None:
                raise
            account = found
    requests.finish(reservation, account.key)
    return account


def _made_before(
    call: Call, repository: AccountRepository, in_force: SchemaInForce, draft: AccountDraft
) -> Account | None:
    for found in _candidates(call, repository, in_force, draft):
        if _is_all(draft.profile, found.profile):
            return found
    return None


def _candidates(
    call: Call, repository: AccountRepository, in_force: SchemaInForce, draft: AccountDraft
) -> Iterator[Account]:
    """Yields the accounts that have the key or a login id of `draft`."""
    if draft.key is not None:
        yield from repository.get_many(call, [draft.key])
    for login_id in in_force.schema.login_ids:
        value = value_at(draft.profile, login_id.path)
        if isinstance(value, str):
            with suppress(NotFound):
                yield repository.find(call, [login_id], value)


def _is_all(wanted: JsonValue, found: JsonValue) -> bool:
    """Returns whether all that is wanted was found, but for what a mapping normalizes."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            _is_all(member, found.get(name)) for name, member in wanted.items()
        )
    if isinstance(wanted, str) and isinstance(found, str):
        return _normalized(wanted) == _normalized(found)
    return wanted == found


def _normalized(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip().casefold()
