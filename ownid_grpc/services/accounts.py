"""Reading, making, changing and deleting accounts."""

from collections.abc import Sequence
from contextlib import suppress

from ownid_grpc.domain.account import Account, AccountKey
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.masks import parse_read_mask
from ownid_grpc.errors import NotFound
from ownid_grpc.repositories.base import Fields
from ownid_grpc.repositories.refusals import account_not_found
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.creations import create_once
from ownid_grpc.services.ending import DELETED, DISABLED, SessionEnding
from ownid_grpc.services.in_force import SchemaInForce, SchemasInForce
from ownid_grpc.services.limits import Limits
from ownid_grpc.services.naming import naming
from ownid_grpc.services.rehearsals import rehearse_change, rehearse_creation
from ownid_grpc.services.requests import Requests, check_request_id
from ownid_grpc.services.search_policy import SearchPolicy
from ownid_grpc.services.showing import shown
from ownid_grpc.services.writing import AccountChange, NewAccount, changed, draft_of
from ownid_grpc.services.written import note_creation, noting_change


class Accounts:
    """The accounts of all apps, each in its app's own database.

    Every account that is returned is shown as the schema in force has it. A
    read mask names the fields to fill; an empty one is all of them.
    """

    def __init__(
        self,
        apps: Apps,
        schemas: SchemasInForce,
        requests: Requests,
        ending: SessionEnding,
        limits: Limits,
        *,
        policy: SearchPolicy,
    ) -> None:
        self._apps = apps
        self._schemas = schemas
        self._requests = requests
        self._ending = ending
        self._limits = limits
        self._policy = policy

    def get(self, call: Call, app: str, key: AccountKey, read_mask: Sequence[str] = ()) -> Account:
        """Returns the account of `key`. If there is none, raises `NotFound`."""
        in_force = self._schemas.for_reading(app)
        fields = _fields(in_force, read_mask)
        with naming(app, key):
            account = self._apps.repository(app).get(call, key, fields)
        return shown(in_force.schema, account)

    def look_up(
        self, call: Call, app: str, login_id: str, read_mask: Sequence[str] = ()
    ) -> Account:
        """Returns the account that signs in so. If there is none, raises `NotFound`."""
        in_force = self._schemas.for_reading(app)
        fields = _fields(in_force, read_mask)
        self._limits.check_login_id(login_id)
        login_ids = in_force.schema.login_ids
        self._policy.check_login_ids(call, app, login_ids)
        account = self._apps.repository(app).find(call, login_ids, login_id, fields)
        return shown(in_force.schema, account)

    def batch_get(
        self, call: Call, app: str, keys: Sequence[AccountKey], read_mask: Sequence[str] = ()
    ) -> list[Account]:
        """Returns the accounts of `keys`, in that order; all of them, or raises `NotFound`."""
        in_force = self._schemas.for_reading(app)
        fields = _fields(in_force, read_mask)
        self._limits.check_batch(len(keys))
        found = self._apps.repository(app).get_many(call, keys, fields)
        accounts = {each.key: shown(in_force.schema, each) for each in found}
        for key in keys:
            if key not in accounts:
                with naming(app, key):
                    raise account_not_found()
        return [accounts[key] for key in keys]

    def create(
        self,
        call: Call,
        app: str,
        new: NewAccount,
        *,
        request_id: str = "",
        validate_only: bool = False,
    ) -> Account:
        """Makes an account and returns what the database then holds.

        A retry with the same `request_id` within a day returns the account
        that the first call made, as it is now.
        """
        in_force = self._schemas.for_writing(app)
        repository = self._apps.repository(app)
        check_request_id(request_id)
        if validate_only:
            account = rehearse_creation(call, repository, in_force, new)
        elif request_id:
            account = create_once(
                call,
                repository,
                in_force,
                new,
                requests=self._requests,
                reservation=self._requests.reserve(app, request_id, new),
            )
        else:
            with call.step("validate"):
                draft = draft_of(in_force, new)
            account = repository.insert(call, draft, login_ids=in_force.schema.login_ids)
        note_creation(call, in_force, account.key, new)
        return shown(in_force.schema, account)

    def update(
        self,
        call: Call,
        app: str,
        key: AccountKey,
        change: AccountChange,
        *,
        validate_only: bool = False,
    ) -> Account:
        """Changes an account and returns it as it then is.

        Of two that change it at once, each sees the whole of what the other
        did, or its etag no longer holds and it raises `Aborted`. One that is
        disabled then has its sessions ended.
        """
        in_force = self._schemas.for_writing(app)
        repository = self._apps.repository(app)
        with naming(app, key):
            if validate_only:
                account = rehearse_change(call, repository, in_force, key, change)
            else:
                account = repository.update(
                    call,
                    key,
                    noting_change(call, in_force, lambda before: changed(in_force, before, change)),
                    login_ids=in_force.schema.login_ids,
                )
        if account.disabled and not validate_only:
            self._ending.end(app, key, DISABLED)
        return shown(in_force.schema, account)

    def delete(
        self,
        call: Call,
        app: str,
        key: AccountKey,
        *,
        etag: str = "",
        allow_missing: bool = False,
    ) -> None:
        """Deletes an account and ends its sessions.

        With an `etag` only while that is its own, else raises `Aborted`.
        """
        self._schemas.for_writing(app)
        with suppress(NotFound) if allow_missing else naming(app, key):
            self._apps.repository(app).delete(call, key, etag=etag)
            self._ending.end(app, key, DELETED)


def _fields(in_force: SchemaInForce, read_mask: Sequence[str]) -> Fields:
    return parse_read_mask(read_mask, in_force.schema.properties)
