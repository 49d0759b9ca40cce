"""All that the service does, put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ownid_grpc.config import SearchSettings, SessionSettings
from ownid_grpc.domain.paging import TokenSealer
from ownid_grpc.repositories.base import AccountRepository
from ownid_grpc.services.accounts import Accounts
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.checking import SchemaChecks
from ownid_grpc.services.ending import SessionEnding
from ownid_grpc.services.importing import Imports
from ownid_grpc.services.in_force import SchemasInForce
from ownid_grpc.services.limits import Limits
from ownid_grpc.services.requests import Requests
from ownid_grpc.services.schemas import AccountSchemas
from ownid_grpc.services.search_policy import SearchPolicy
from ownid_grpc.services.searches import AccountSearches
from ownid_grpc.services.session_services import SessionServices
from ownid_grpc.services.subject_tokens import Issuer
from ownid_grpc.state.base import Clock, StateStore, utc_now
from ownid_grpc.telemetry.logs import new_logger
from ownid_grpc.telemetry.meters import UNMETERED, Meter


@dataclass(frozen=True, slots=True)
class Services:
    """What servicers call."""

    accounts: Accounts
    searches: AccountSearches
    imports: Imports
    schemas: AccountSchemas
    checks: SchemaChecks
    sessions: SessionServices
    limits: Limits

    @classmethod
    def over(  # noqa: PLR0913 - all that a service is made of
        cls,
        repositories: Mapping[str, AccountRepository],
        state: StateStore,
        secret: bytes,
        limits: Limits | None = None,
        *,
        settings: Mapping[str, SessionSettings] | None = None,
        searches: Mapping[str, SearchSettings] | None = None,
        issuers: Mapping[str, Sequence[Issuer]] | None = None,
        clock: Clock = utc_now,
        meter: Meter = UNMETERED,
    ) -> "Services":
        """Returns the services of the apps that `repositories` names.

        `secret`, the same on every replica, seals what travels through callers.
        `settings` say of each app how its sessions behave, `searches` what may be
        searched by, `issuers` whose tokens say who has signed in. `meter` is told
        how they do.
        """
        limits, sealer, apps = limits or Limits(), TokenSealer(secret), Apps(repositories)
        settings = settings or {app: SessionSettings() for app in repositories}
        schemas = SchemasInForce(apps, state.revisions)
        requests = Requests(state.request_ids, sealer, secret)
        sessions = SessionServices.over(
            apps,
            schemas,
            state,
            settings,
            secret=secret,
            limits=limits,
            clock=clock,
            issuers=issuers,
            meter=meter,
        )
        policy = SearchPolicy(apps, searches or {}, new_logger())
        ending = SessionEnding(state.sessions, clock)
        accounts = Accounts(apps, schemas, requests, ending, limits, policy=policy)
        return cls(
            accounts,
            AccountSearches(apps, schemas, sealer, limits, policy),
            Imports(apps, schemas, accounts),
            AccountSchemas(apps, state.revisions, sealer, limits),
            SchemaChecks(apps, schemas),
            sessions,
            limits,
        )
