"""All that the service does with sessions, put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ownid_grpc.config import SessionSettings
from ownid_grpc.domain.paging import TokenSealer
from ownid_grpc.domain.session_tokens import RefreshTokens
from ownid_grpc.services.access_tokens import AccessTokens
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.in_force import SchemasInForce
from ownid_grpc.services.limits import Limits
from ownid_grpc.services.own_accounts import OwnAccounts
from ownid_grpc.services.sessions import AccountSessions, Tokens
from ownid_grpc.services.signed_in import SignedIn
from ownid_grpc.services.signing import SigningRing
from ownid_grpc.services.subject_tokens import Issuer, SubjectTokens, TokenUses
from ownid_grpc.services.sweeping import SessionSweep
from ownid_grpc.services.watching import SessionWatches
from ownid_grpc.state.base import Clock, StateStore
from ownid_grpc.telemetry.logs import new_logger
from ownid_grpc.telemetry.meters import UNMETERED, Meter


@dataclass(frozen=True, slots=True)
class SessionServices:
    """What the servicer of sessions calls, and the gate."""

    apps: Apps
    administration: AccountSessions
    subject_tokens: SubjectTokens
    signed_in: SignedIn
    own_accounts: OwnAccounts
    watches: SessionWatches
    sweep: SessionSweep
    ring: SigningRing
    settings: Mapping[str, SessionSettings]
    limits: Limits
    clock: Clock

    @classmethod
    def over(  # noqa: PLR0913 - likewise, of what concerns sessions
        cls,
        apps: Apps,
        schemas: SchemasInForce,
        state: StateStore,
        settings: Mapping[str, SessionSettings],
        *,
        secret: bytes,
        limits: Limits,
        clock: Clock,
        issuers: Mapping[str, Sequence[Issuer]] | None = None,
        meter: Meter = UNMETERED,
    ) -> "SessionServices":
        """Returns the services of the apps that `settings` names, with the issuers of each."""
        rotations = {app: each.key_rotation for app, each in settings.items()}
        intervals = {app: each.watch_seconds for app, each in settings.items()}
        ring = SigningRing(state.signing_keys, rotations, clock)
        tokens = Tokens(AccessTokens(ring, settings, clock), RefreshTokens(secret))
        sealer, log = TokenSealer(secret), new_logger()
        administration = AccountSessions(
            apps, state.sessions, settings, tokens=tokens, sealer=sealer, limits=limits, clock=clock
        )
        signed_in = SignedIn(apps, state.sessions, administration, tokens, clock)
        return cls(
            apps,
            administration,
            SubjectTokens(
                apps, schemas, issuers or {}, TokenUses(state.request_ids, secret), clock
            ),
            signed_in,
            OwnAccounts(apps, schemas, signed_in),
            SessionWatches(apps, state.sessions, intervals, clock, log, meter=meter),
            SessionSweep(state.sessions, clock, log),
            ring,
            settings,
            limits,
            clock,
        )
