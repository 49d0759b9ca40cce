"""The own account of the signed-in user: what may be seen of it, and changed."""

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ownid_grpc.domain.account import (
    DISABLED,
    ETAG,
    PROFILE,
    Account,
    FieldPath,
    PropertyPath,
    dotted,
    value_at,
)
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.masks import EVERY, parse_update_mask, written_path
from ownid_grpc.domain.names import account_schema_name
from ownid_grpc.domain.schema.numbers import is_same
from ownid_grpc.domain.schema.self_access import NONE, SelfAccess
from ownid_grpc.domain.schema.self_document import self_document
from ownid_grpc.domain.schema.vocabulary import SELF
from ownid_grpc.domain.session import Session
from ownid_grpc.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    Reason,
    Violation,
)
from ownid_grpc.repositories.base import Fields
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.in_force import SchemaInForce, SchemasInForce
from ownid_grpc.services.schemas import SchemaView
from ownid_grpc.services.signed_in import SignedIn
from ownid_grpc.services.writing import AccountChange, changed
from ownid_grpc.services.written import noting_change

_PROFILE_FIELD = f"account.{PROFILE}"
_NOT_THEIRS = "is not the user's to change"


class OwnAccounts:
    """The account that a session is of; no other can be reached here.

    What the schema does not let the user see is, for the user, not there: no
    value, no name, no fault tells of it.
    """

    def __init__(self, apps: Apps, schemas: SchemasInForce, signed_in: SignedIn) -> None:
        self._apps = apps
        self._schemas = schemas
        self._signed_in = signed_in

    def get(self, call: Call, session: Session) -> Account:
        """Returns what the user may see of the own account."""
        in_force = self._schemas.for_reading(session.app)
        repository = self._apps.repository(session.app)
        with self._telling(session):
            account = repository.get(call, session.account, _fields(in_force))
            self._signed_in.check_enabled(session, account)
        return _shown(in_force, account)

    def update(self, call: Call, session: Session, change: AccountChange) -> Account:
        """Changes what the user may change, and returns what the user may see."""
        in_force = self._schemas.for_writing(session.app)
        repository = self._apps.repository(session.app)

        def changed_by_user(current: Account) -> Account:
            self._signed_in.check_enabled(session, current)
            return _changed_by_user(in_force, current, change)

        with self._telling(session), _without_hidden(in_force):
            account = repository.update(
                call,
                session.account,
                noting_change(call, in_force, changed_by_user),
                login_ids=in_force.schema.login_ids,
            )
        return _shown(in_force, account)

    def schema(self, session: Session) -> SchemaView:
        """Returns the part of the schema that the user may see."""
        in_force = self._schemas.for_reading(session.app)
        document = self_document(in_force.schema, in_force.self_access, in_force.fixed)
        return SchemaView(account_schema_name(session.app), document)

    @contextmanager
    def _telling(self, session: Session) -> Iterator[None]:
        try:
            yield
        except NotFound:
            raise self._signed_in.account_gone(session) from None


def _fields(in_force: SchemaInForce) -> Fields:
    readable = {(PROFILE, *path) for path in in_force.self_access.readable()}
    return frozenset({*readable, ETAG, DISABLED})


def _shown(in_force: SchemaInForce, account: Account) -> Account:
    visible = in_force.self_access.visible(account.profile)
    return Account(account.key, in_force.schema.shown(visible), account.etag)


def _changed_by_user(in_force: SchemaInForce, current: Account, change: AccountChange) -> Account:
    access = in_force.self_access
    named = parse_update_mask(change.update_mask, access.known)
    _refuse_any([*_unknown(in_force, change), *_disabling(current, change, named)])
    mask = change.update_mask
    if named is not None:
        _refuse_any(_touched(in_force, current, change, named))
        mask = [*_spelled_out(in_force, current, named)]
        if not mask:
            return current
    wanted = changed(in_force, current, replace(change, disabled=None, update_mask=mask))
    _refuse_any(
        _not_theirs(path)
        for path in access.changes(current.profile, wanted.profile)
        if not access.may_write(path, current.profile)
    )
    return wanted


def _unknown(in_force: SchemaInForce, change: AccountChange) -> Iterator[Violation]:
    """Yields a fault for each place that the user knows nothing of, whether there is one or not."""
    access = in_force.self_access
    for path in access.places_in(change.profile):
        if path in access.branches and path in access.known:
            if value_at(change.profile, path) != {}:
                yield _fault(path, "type", "is an object; name the members to change")
        elif path not in access.known and access.right_at(path) == NONE:
            yield _fault(path, "unknown", "is not in the account schema")


def _disabling(
    current: Account, change: AccountChange, named: Collection[FieldPath] | None
) -> Iterator[Violation]:
    is_named = named is not None and DISABLED in named
    if is_named or change.disabled not in (None, current.disabled):
        yield Violation("account.disabled", SELF, _NOT_THEIRS)


def _spelled_out(
    in_force: SchemaInForce, current: Account, named: Collection[FieldPath]
) -> Iterator[str]:
    """Yields the paths of a mask, an object as those of its places that the user may change."""
    writable = in_force.self_access.writable(current.profile)
    for field in named:
        at = () if field == EVERY else field[1:]
        if at in in_force.self_access.branches:
            inside = (path for path in writable if path[: len(at)] == at)
            yield from (written_path((PROFILE, *path)) for path in inside)
        else:
            yield written_path(field)


def _touched(
    in_force: SchemaInForce, current: Account, change: AccountChange, named: Collection[FieldPath]
) -> Iterator[Violation]:
    """Yields a fault for what is sent with an object of the mask, and is not as it is now."""
    access = in_force.self_access
    objects = [() if field == EVERY else field[1:] for field in named]
    objects = [at for at in objects if at in access.branches]
    given = in_force.schema.profile_from_wire(change.profile)
    for path in access.places_in(given):
        is_in_mask = any(path[: len(at)] == at for at in objects)
        is_same_value = is_same(value_at(given, path), value_at(current.profile, path))
        if is_in_mask and not is_same_value and not access.may_write(path, current.profile):
            yield _not_theirs(path)


def _not_theirs(path: PropertyPath) -> Violation:
    return _fault(path, SELF, _NOT_THEIRS)


def _fault(path: PropertyPath, rule: str, description: str) -> Violation:
    return Violation(f"{_PROFILE_FIELD}.{dotted(path)}", rule, description)


def _refuse_any(faults: Iterable[Violation]) -> None:
    violations = tuple(faults)
    if violations:
        first = violations[0]
        raise InvalidArgument(
            Reason.PROFILE_INVALID,
            f"The account cannot change so: {first.field} {first.description}.",
            {"faults": str(len(violations))},
            violations,
        )


@contextmanager
def _without_hidden(in_force: SchemaInForce) -> Iterator[None]:
    """Has no error name a property that the user knows nothing of."""
    try:
        yield
    except (InvalidArgument, AlreadyExists, FailedPrecondition) as error:
        places = _Places.of(in_force.self_access)
        shown = tuple(each for each in error.violations if places.may_be_told(each))
        if len(shown) == len(error.violations):
            raise
        hidden = Violation(_PROFILE_FIELD, "rule", "breaks a rule of the account schema")
        message = "The account cannot change so: a rule of the account schema forbids it."
        raise type(error)(error.reason, message, {}, (*shown, hidden)) from error


@dataclass(frozen=True, slots=True)
class _Places:
    """The fields of all properties as violations name them, and what of them the user knows."""

    all: frozenset[str]
    known: frozenset[str]
    hidden_names: frozenset[str]

    @classmethod
    def of(cls, access: SelfAccess) -> "_Places":
        known = frozenset(access.known)
        hidden = access.rights.keys() - known
        return cls(
            frozenset(map(_field_of, access.rights)),
            frozenset(map(_field_of, known)),
            frozenset(path[-1] for path in hidden) - {path[-1] for path in known},
        )

    def may_be_told(self, violation: Violation) -> bool:
        """Returns whether the violation tells of nothing that is hidden."""
        if any(_is_said(name, violation.description) for name in self.hidden_names):
            return False
        name = violation.field
        if not name.startswith(f"{_PROFILE_FIELD}."):
            return True
        around = (
            each for each in self.all if name == each or name.startswith((f"{each}.", f"{each}["))
        )
        return max(around, key=len, default="") in self.known


def _is_said(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _field_of(path: PropertyPath) -> str:
    return f"{_PROFILE_FIELD}.{dotted(path)}"
