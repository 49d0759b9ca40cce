"""Importing accounts: many at a time, each with a result of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ownid_grpc.domain.account import Account, AccountDraft, AccountKey, FieldPath, dotted, value_at
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.names import parse_account_name_within
from ownid_grpc.domain.schema.numbers import is_same
from ownid_grpc.domain.source import Capability
from ownid_grpc.errors import AlreadyExists, InvalidArgument, OwnIdError, Reason
from ownid_grpc.repositories.base import AccountRepository, Outcome
from ownid_grpc.repositories.outcomes import is_own
from ownid_grpc.repositories.refusals import value_taken
from ownid_grpc.services.accounts import Accounts
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.in_force import SchemaInForce, SchemasInForce
from ownid_grpc.services.rehearsals import rehearse_creation
from ownid_grpc.services.writing import AccountChange, NewAccount, changed, draft_of
from ownid_grpc.services.written import note_creation

_NAME = "account.name"


@dataclass(frozen=True, slots=True)
class ImportSettings:
    """How an import works, as its caller has said."""

    app: str
    upsert: bool = False
    validate_only: bool = False


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One account to import, as it was sent; its name counts where the caller chooses keys."""

    change: AccountChange
    name: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one record; without a key where it failed or nothing was written."""

    key: AccountKey = ()
    is_created: bool = False
    error: OwnIdError | None = None


class Imports:
    """Imports into the accounts of all apps."""

    def __init__(self, apps: Apps, schemas: SchemasInForce, accounts: Accounts) -> None:
        self._apps = apps
        self._schemas = schemas
        self._accounts = accounts

    def check(self, settings: ImportSettings) -> None:
        """Raises what would keep every record of such an import from being taken."""
        self._schemas.for_writing(settings.app)

    def run(
        self, call: Call, settings: ImportSettings, records: Sequence[ImportRecord | OwnIdError]
    ) -> list[Imported]:
        """Returns what became of each record, in order; an error among them is its own result.

        What is new is made in one transaction, as far as it can be. Raises
        only what concerns them all, such as a database that is down.
        """
        in_force = self._schemas.for_writing(settings.app)
        repository = self._apps.repository(settings.app)
        batch = _Batch(call, settings, in_force, repository, self._accounts)
        for number, record in enumerate(records):
            batch.take(number, record)
        batch.run()
        return [batch.results[number] for number in range(len(records))]


@dataclass(frozen=True, slots=True)
class _Taken:
    """A record that may be imported; `key` where its caller has chosen one."""

    new: NewAccount
    change: AccountChange
    key: AccountKey | None


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some records, by number, on their way to accounts that exist or to new ones."""

    call: Call
    settings: ImportSettings
    in_force: SchemaInForce
    repository: AccountRepository
    accounts: Accounts
    taken: dict[int, _Taken] = field(default_factory=dict)
    results: dict[int, Imported] = field(default_factory=dict)

    def take(self, number: int, record: ImportRecord | OwnIdError) -> None:
        """Takes a record in; where it is no good its result is there at once."""
        if isinstance(record, OwnIdError):
            self._fail(number, record)
            return
        try:
            key = _chosen_key(self.settings.app, self.in_force, record.name)
        except InvalidArgument as error:
            self._fail(number, error)
            return
        account_id = "" if key is None else record.name.rpartition("/")[2]
        new = NewAccount(record.change.profile, record.change.disabled, account_id)
        self.taken[number] = _Taken(new, record.change, key)

    def run(self) -> None:
        """Gives every record its result."""
        if self.settings.upsert:
            self._update_known(list(self.taken))
        new = [number for number in self.taken if number not in self.results]
        if self.settings.validate_only:
            self._rehearse(new)
        else:
            self._make(new)

    def _rehearse(self, numbers: Iterable[int]) -> None:
        for number, holders in self._holders(numbers).items():
            new, is_free = self.taken[number].new, not holders
            try:
                rehearse_creation(self.call, self.repository, self.in_force, new, is_free=is_free)
            except OwnIdError as error:
                self._fail(number, error)
            else:
                self.results[number] = Imported(is_created=True)

    def _make(self, numbers: Iterable[int]) -> None:
        drafts: dict[int, AccountDraft] = {}
        for number in numbers:
            try:
                drafts[number] = draft_of(self.in_force, self.taken[number].new)
            except InvalidArgument as error:
                self._fail(number, error)
        login_ids = self.in_force.schema.login_ids
        made = self.repository.insert_many(self.call, list(drafts.values()), login_ids=login_ids)
        outcomes = dict(zip(drafts, made, strict=True))
        for number, outcome in outcomes.items():
            if not isinstance(outcome, OwnIdError):
                note_creation(self.call, self.in_force, outcome, self.taken[number].new)
        self.results.update({number: _imported(each) for number, each in outcomes.items()})
        if self.settings.upsert:
            # Somebody, or a record before it, has made the account since it was looked for.
            self._update_known([n for n, each in outcomes.items() if _is_taken(each)])

    def _update_known(self, numbers: Iterable[int]) -> None:
        """Updates the accounts that exist of those that records are about."""
        known: dict[int, AccountKey] = {}
        for number, holders in self._holders(numbers).items():
            if len(holders) > 1:
                self._fail(number, _held_by_several(self.in_force, self.taken[number].new))
            elif holders:
                (known[number],) = holders
        current = {each.key: each for each in self._existing(known.values(), is_whole=True)}
        for number, key in known.items():
            # Another record of the batch may be about the same account.
            before = current.pop(key, None)
            try:
                self._update(number, key, before)
            except OwnIdError as error:
                self._fail(number, error)

    def _update(self, number: int, key: AccountKey, before: Account | None) -> None:
        change, is_rehearsal = self.taken[number].change, self.settings.validate_only
        if before is None or _differ(before, changed(self.in_force, before, change)):
            app = self.settings.app
            self.accounts.update(self.call, app, key, change, validate_only=is_rehearsal)
        self.results[number] = Imported() if is_rehearsal else Imported(key)

    def _holders(self, numbers: Iterable[int]) -> dict[int, set[AccountKey]]:
        """Returns the accounts that have the key or a login id of each record."""
        profiles = {}
        for number in numbers:
            try:
                sent = self.taken[number].new.profile
                profiles[number] = self.in_force.schema.profile_from_wire(sent)
            except InvalidArgument as error:
                self._fail(number, error)
        login_ids = self.in_force.schema.login_ids
        found = self.repository.find_holders(self.call, login_ids, list(profiles.values()))
        chosen = {n: key for n in profiles if (key := self.taken[n].key) is not None}
        there = {each.key for each in self._existing(chosen.values(), is_whole=False)}
        holders = dict(zip(profiles, found, strict=True))
        return {n: keys | ({chosen.get(n, ())} & there) for n, keys in holders.items()}

    def _existing(self, keys: Iterable[AccountKey], *, is_whole: bool) -> list[Account]:
        wanted, fields = list(dict.fromkeys(keys)), None if is_whole else frozenset[FieldPath]()
        return self.repository.get_many(self.call, wanted, fields) if wanted else []

    def _fail(self, number: int, error: OwnIdError) -> None:
        if not is_own(error):
            raise error
        self.results[number] = Imported(error=error)


def _chosen_key(app: str, in_force: SchemaInForce, name: str) -> AccountKey | None:
    """Returns the key that a record's name gives its account, None where the database does."""
    if Capability.CHOOSE_KEY not in in_force.source.capabilities:
        return None
    if not name:
        description = "The caller chooses the ids of this app's accounts; send the account's name."
        raise InvalidArgument.at(
            Reason.ARGUMENT_INVALID, _NAME, "required", description, field=_NAME
        )
    return parse_account_name_within(app, name, _NAME)


def _imported(outcome: Outcome) -> Imported:
    if isinstance(outcome, OwnIdError):
        return Imported(error=outcome)
    return Imported(outcome, is_created=True)


def _is_taken(outcome: Outcome) -> bool:
    return isinstance(outcome, AlreadyExists) and outcome.reason is Reason.VALUE_TAKEN


def _differ(before: Account, after: Account) -> bool:
    return before.disabled != after.disabled or not is_same(before.profile, after.profile)


def _held_by_several(in_force: SchemaInForce, new: NewAccount) -> AlreadyExists:
    paths = [each.path for each in in_force.schema.login_ids]
    return value_taken(dotted(path) for path in paths if value_at(new.profile, path) is not None)
