"""All that the service does with sessions, put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ownid_grpc.config import SessionSettings
from ownid_grpc.domain.paging import TokenSealer
from ownid_grpc.domain.session_tokens import RefreshTokens
from ownid_grpc.services.access_tokens import AccessTokens, TokenWords
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.in_force import SchemasInForce
from ownid_grpc.services.limits import Limits
from ownid_grpc.services.own_accounts import OwnAccounts
from ownid_grpc.services.sessions import AccountSessions, SessionWords
from ownid_grpc.services.signed_in import SignedIn
from ownid_grpc.services.signing import SigningRing
from ownid_grpc.services.subject_tokens import Issuer, SubjectTokens
from ownid_grpc.services.sweeping import SessionSweep
from ownid_grpc.services.watching import SessionWatches
from ownid_grpc.state.base import Clock, StateStore


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
    def over(
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
    ) -> "SessionServices":
        """Returns the services of the apps that `settings` names, with the issuers of each."""
        ring = SigningRing(
            state.signing_keys,
            {app: timedelta(days=each.key_days) for app, each in settings.items()},
            clock,
        )
        access_tokens = AccessTokens(ring, _token_words(settings), clock)
        refresh_tokens = RefreshTokens(secret)
        administration = AccountSessions(
            apps,
            state.sessions,
            _session_words(settings),
            access_tokens=access_tokens,
            refresh_tokens=refresh_tokens,
            sealer=TokenSealer(secret),
            limits=limits,
            clock=clock,
        )
        signed_in = SignedIn(
            apps,
            state.sessions,
            administration,
            access_tokens=access_tokens,
            refresh_tokens=refresh_tokens,
            clock=clock,
        )
        intervals = {app: each.watch_seconds for app, each in settings.items()}
        return cls(
            apps,
            administration,
            SubjectTokens(apps, schemas, issuers or {}, clock),
            signed_in,
            OwnAccounts(apps, schemas, signed_in),
            SessionWatches(apps, state.sessions, intervals, clock),
            SessionSweep(state.sessions, clock),
            ring,
            settings,
            limits,
            clock,
        )


def _token_words(settings: Mapping[str, SessionSettings]) -> dict[str, TokenWords]:
    return {
        app: TokenWords(each.issuer, timedelta(seconds=each.access_token_seconds))
        for app, each in settings.items()
    }


def _session_words(settings: Mapping[str, SessionSettings]) -> dict[str, SessionWords]:
    return {
        app: SessionWords(
            timedelta(seconds=each.idle_seconds), timedelta(seconds=each.lifetime_seconds)
        )
        for app, each in settings.items()
    }
