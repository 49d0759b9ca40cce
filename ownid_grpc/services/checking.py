"""Holding a schema against the accounts that exist, without changing or showing any."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ownid_grpc.domain.account import PROFILE, JsonValue
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.filters import bind_filter
from ownid_grpc.domain.names import account_name
from ownid_grpc.domain.predicates import Predicate, Query
from ownid_grpc.domain.source import Capability
from ownid_grpc.repositories.base import AccountRepository, Page
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.in_force import SchemaInForce, SchemasInForce
from ownid_grpc.services.schemas import parse_fitting
from ownid_grpc.state.base import RevisionId

_PAGE_SIZE = 1000
_SECONDS_BETWEEN = 1.0
_MOST_SAMPLES = 10
_MOST_FAULTS = 500
"""A schema that refers to itself has places without end; what is beyond is not told apart."""


@dataclass(slots=True)
class FaultCount:
    """One rule that accounts break at one place, a JSON Pointer, and the names of a few of them."""

    path: str
    rule: str
    count: int = 0
    sample_names: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CheckProgress:
    """What a check has found so far, the most frequent faults first."""

    accounts_checked: int
    accounts_total: int
    accounts_failed: int
    faults: Sequence[FaultCount]
    is_done: bool


class SchemaChecks:
    """Checks of the accounts of all apps."""

    def __init__(
        self,
        apps: Apps,
        schemas: SchemasInForce,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._apps = apps
        self._schemas = schemas
        self._monotonic = monotonic

    def check(
        self, call: Call, app: str, document: Mapping[str, JsonValue] | None, filter_text: str = ""
    ) -> Iterator[CheckProgress]:
        """Yields how far it is about every second, and once all is checked with `is_done`.

        Without a `document` the schema in force is held against the accounts;
        the filter speaks of the properties of the one that is. Everything
        that is wrong with the request is raised before the first is yielded.
        """
        repository = self._apps.repository(app)
        held = self._held(app, repository, document)
        predicate = bind_filter(filter_text, held.fields)
        total = _count(call, repository, held, predicate)
        tally = _Tally(app, held, total)
        due = self._monotonic()
        for page in _pages(call, repository, held, predicate):
            call.check()
            tally.add(page)
            if page.next is not None and self._monotonic() >= due:
                yield tally.progress()
                due = self._monotonic() + _SECONDS_BETWEEN
        yield tally.progress(is_done=True)

    def _held(
        self, app: str, repository: AccountRepository, document: Mapping[str, JsonValue] | None
    ) -> SchemaInForce:
        if document is None:
            return self._schemas.for_writing(app)
        source = repository.describe()
        return SchemaInForce.of(RevisionId(""), parse_fitting(document, source), source)


class _Tally:
    """The counts so far; it grows with the schema, not with the accounts."""

    def __init__(self, app: str, held: SchemaInForce, total: int) -> None:
        self._app = app
        self._schema = held.schema
        self._total = total
        self._checked = 0
        self._failed = 0
        self._faults: dict[tuple[str, str], FaultCount] = {}

    def add(self, page: Page) -> None:
        """Counts the faults of some more accounts."""
        for account in page.accounts:
            broken = self._schema.broken_rules(account.profile)
            self._failed += bool(broken)
            for path, rule in broken:
                fault = self._fault(path, rule)
                fault.count += 1
                if len(fault.sample_names) < _MOST_SAMPLES:
                    fault.sample_names.append(account_name(self._app, account.key))
        self._checked += len(page.accounts)

    def progress(self, *, is_done: bool = False) -> CheckProgress:
        """Returns the counts as they are."""
        faults = sorted(self._faults.values(), key=lambda each: (-each.count, each.path, each.rule))
        return CheckProgress(self._checked, self._total, self._failed, faults, is_done)

    def _fault(self, path: str, rule: str) -> FaultCount:
        known = self._faults.get((path, rule))
        if known is None:
            known = FaultCount(path, rule)
            if len(self._faults) < _MOST_FAULTS:
                self._faults[path, rule] = known
        return known


def _count(
    call: Call, repository: AccountRepository, held: SchemaInForce, predicate: Predicate
) -> int:
    can_count = Capability.COUNT in held.source.capabilities
    return repository.count(call, predicate) if can_count else 0


def _pages(
    call: Call, repository: AccountRepository, held: SchemaInForce, predicate: Predicate
) -> Iterator[Page]:
    # What the schema does not have is none of its business, and the etag would cost a hash each.
    fields = frozenset((PROFILE, *path) for path in held.schema.properties)
    return repository.scan(call, Query(predicate), after=None, size=_PAGE_SIZE, fields=fields)
