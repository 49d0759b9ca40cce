"""Notes with a call which properties it has written, for the audit log; never what is in them."""

from collections.abc import Iterator

from ownid_grpc.domain.account import DISABLED, PROFILE, Account, AccountKey, value_at
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.masks import written_path
from ownid_grpc.domain.schema.numbers import is_same
from ownid_grpc.repositories.base import Change
from ownid_grpc.services.in_force import SchemaInForce
from ownid_grpc.services.writing import NewAccount


def note_creation(call: Call, in_force: SchemaInForce, key: AccountKey, new: NewAccount) -> None:
    """Notes that an account was made of what was sent."""
    if call.is_audited:
        made = Account(key, new.profile, disabled=new.disabled)
        call.note_written(key, _paths(in_force, Account(key, {}), made))


def noting_change(call: Call, in_force: SchemaInForce, change: Change) -> Change:
    """Returns the change, which then notes what it makes different, and is a step of the call."""

    def changed(before: Account) -> Account:
        with call.step("validate"):
            after = change(before)
        if call.is_audited:
            call.note_written(before.key, _paths(in_force, before, after))
        return after

    return changed


def _paths(in_force: SchemaInForce, before: Account, after: Account) -> Iterator[str]:
    """Yields what differs, as masks have it; names that a schema lacks may be anybody's values."""
    if before.disabled != after.disabled:
        yield written_path(DISABLED)
    for path in in_force.schema.properties:
        old, new = value_at(before.profile, path), value_at(after.profile, path)
        is_object = isinstance(old, dict) or isinstance(new, dict)
        if not is_object and not is_same(old, new):
            yield written_path((PROFILE, *path))
