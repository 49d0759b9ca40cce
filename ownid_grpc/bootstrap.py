"""Puts the service together from its configuration; the only module that imports adapters."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from pydantic import ValidationError

from ownid_grpc.config import AppLimits, Config
from ownid_grpc.domain.source import MappingFault
from ownid_grpc.repositories.base import AccountRepository, Pooled
from ownid_grpc.repositories.installed import installed_repository
from ownid_grpc.repositories.observed import ObservedRepository
from ownid_grpc.server.access import CONTRACT, access_of
from ownid_grpc.server.credentials import Credentials
from ownid_grpc.server.gate import Gate, SessionDoor
from ownid_grpc.server.rates import Rates
from ownid_grpc.server.readiness import (
    STATE,
    AppCheck,
    Outcome,
    Readiness,
    Target,
    statuses_of,
)
from ownid_grpc.server.runner import GrpcServer
from ownid_grpc.server.servicers import add_servicers
from ownid_grpc.services.key_sources import KeySets, key_sources, sources_of
from ownid_grpc.services.services import Services
from ownid_grpc.services.subject_tokens import Issuer
from ownid_grpc.state.base import StateStore
from ownid_grpc.state.sql import SqlStateStore
from ownid_grpc.telemetry.logs import Logger
from ownid_grpc.telemetry.meters import UNMETERED, Meter
from ownid_grpc.telemetry.sending import Sending
from ownid_grpc.telemetry.telemetry import Telemetry

Repositories: TypeAlias = Mapping[str, AccountRepository]

_POOL_SECONDS = 1.0
_ACCESS = access_of(CONTRACT)
_SERVICES = {path[1:].partition("/")[0] for path in _ACCESS}


class Application:
    """One server process: its store, the apps' repositories, the services, and the port."""

    def __init__(self, config: Config, telemetry: Telemetry, *, is_worker: bool = False) -> None:
        """Puts everything together and opens the store; the apps' databases may be down.

        A worker shares its port with others.
        Raises `ConfigError` for words that an adapter does not know, and
        `Unavailable` while the store does not answer.
        """
        self._config = config
        self._telemetry = telemetry
        self._log = log = telemetry.log
        self._is_worker = is_worker
        self._key_sets = KeySets(log)
        with ExitStack() as opened:
            secret = config.secret_bytes()
            state = opened.enter_context(open_state(config, secret))
            repositories = opened.enter_context(open_repositories(config))
            state.migrate()
            settings = {app: words.sessions for app, words in config.apps.items()}
            services = Services.over(
                _observed(repositories, telemetry),
                state,
                secret,
                settings=settings,
                searches={app: words.search for app, words in config.apps.items()},
                issuers=_issuers(config, self._key_sets, log),
                meter=telemetry.meter,
            )
            self._sessions = services.sessions
            self._credentials = _credentials(config, self._key_sets, log)
            self._rates = Rates(config.callers, _limits(config))
            gate = Gate(self._credentials, self._rates, SessionDoor.of(services.sessions))
            self._server = GrpcServer(
                config.server,
                _ACCESS,
                gate,
                partial(add_servicers, services=services),
                telemetry,
                concurrent_calls=config.concurrent_calls,
                is_shared=is_worker,
            )
            self._readiness = Readiness(self._targets(repositories, state), self._publish, log)
            self._pools = _Pools(repositories, telemetry.meter)
            self._opened = opened.pop_all()

    def start(self) -> str:
        """Takes calls, and returns the address where; raises `CannotListen`.

        A worker first looks at everything once: nobody is to be told that the
        service is down whenever one worker has just begun.
        """
        if self._is_worker:
            self._readiness.start()
            self._readiness.await_first()
            address = self._server.start()
        else:
            address = self._server.start()
            self._readiness.start()
        if self._telemetry.meter is not UNMETERED:
            self._pools.note()
            # A pool changes far too often to note each time.
            seeing = Sending("pools", _POOL_SECONDS, self._pools.note, self._log)
            self._opened.callback(seeing.close)
        self._sessions.sweep.start()
        self._log.info("serving", address=address, apps=sorted(self._config.apps))
        return address

    def reload(self, config: Config) -> None:
        """Takes the callers from another reading of the configuration, and nothing else."""
        sources = key_sources(config.callers, self._key_sets, self._log)
        self._credentials.replace(config.callers, sources)
        self._rates.replace(config.callers)
        self._log.info("reloaded", callers=sorted(caller.name for caller in config.callers))

    def leave(self, is_over: Callable[[], bool]) -> None:
        """Leaves the port to other workers; returns once all clients have gone, or it `is_over`."""
        self._log.info("leaving")
        self._server.leave(is_over)

    def close_port(self) -> None:
        """Takes no more connections, so that somebody else may have the port."""
        self._server.close_port()

    def drain(self) -> None:
        """Stops without losing a call, then gives back all connections."""
        self._log.info("draining")
        self._readiness.stop()
        self._sessions.sweep.stop()
        self._server.drain(let_go=self._sessions.watches.close)
        self._opened.close()
        self._log.info("stopped")

    def hurry(self) -> None:
        """Ends a drain that is under way, whatever becomes of its calls."""
        self._server.hurry()

    def _targets(self, repositories: Repositories, state: StateStore) -> Sequence[Target]:
        def check_state() -> Outcome:
            state.ping()
            return Outcome.ANSWERS

        apps = [
            Target(f"app/{app}", AppCheck(repository, partial(self._report, app)))
            for app, repository in repositories.items()
        ]
        return (Target(STATE, check_state), *apps)

    def _publish(self, outcomes: Mapping[str, Outcome]) -> None:
        for target, outcome in outcomes.items():
            self._telemetry.meter.checked(target, is_serving=outcome is Outcome.ANSWERS)
        self._server.health.publish(statuses_of(outcomes, _SERVICES))

    def _report(self, app: str, faults: Sequence[MappingFault]) -> None:
        for described in described_faults(self._config, app, faults):
            self._log.error("mapping.fault", app=app, fault=described)


@dataclass(frozen=True, slots=True)
class _Pools:
    """The pools of all apps' repositories, as far as those have any."""

    repositories: Repositories
    meter: Meter

    def note(self) -> bool:
        """Has the meter know how they are."""
        for app, repository in self.repositories.items():
            for each in repository.pools() if isinstance(repository, Pooled) else ():
                self.meter.pool_seen(
                    app, each.name, size=each.size, used=each.used, waiting=each.waiting
                )
        return True


def _issuers(config: Config, sets: KeySets, log: Logger) -> Mapping[str, Sequence[Issuer]]:
    return {
        app: [
            Issuer(words, sources_of(words.keys, words.jwks_url, sets, log))
            for words in said.sessions.issuers
        ]
        for app, said in config.apps.items()
    }


def _credentials(config: Config, sets: KeySets, log: Logger) -> Credentials:
    scopes = {each.scope for each in _ACCESS.values()}
    sources = key_sources(config.callers, sets, log)
    return Credentials(config.callers, sources, scopes, time.time)


def _limits(config: Config) -> Mapping[str, AppLimits]:
    return {app: words.limits for app, words in config.apps.items()}


def _observed(repositories: Repositories, telemetry: Telemetry) -> Repositories:
    if not telemetry.is_observing:
        return repositories
    meter = telemetry.meter
    return {app: ObservedRepository(app, each, meter) for app, each in repositories.items()}


@contextmanager
def open_state(config: Config, secret: bytes) -> Iterator[SqlStateStore]:
    """Gives the store, which may be down; raises `ConfigError` for a URL of no known kind.

    `secret` opens what lies sealed in it.
    """
    try:
        state = SqlStateStore(config.state.url.get_secret_value(), secret)
    except ValueError as error:
        raise config.error_at(("state", "url"), str(error)) from None
    try:
        yield state
    finally:
        state.close()


@contextmanager
def open_repositories(config: Config) -> Iterator[Repositories]:
    """Gives the repository of each app; raises `ConfigError` for words that it does not know."""
    with ExitStack() as opened:
        repositories = {app: _open_repository(config, app) for app in config.apps}
        for repository in repositories.values():
            opened.callback(repository.close)
        yield repositories


def described_faults(config: Config, app: str, faults: Sequence[MappingFault]) -> list[str]:
    """Returns a line for each fault of an app's mapping, with its line of ownid.yaml."""
    return [
        config.describe(("apps", app, "repository", *fault.location), fault.message)
        for fault in faults
    ]


def _open_repository(config: Config, app: str) -> AccountRepository:
    path = ("apps", app, "repository")
    words = dict(config.apps[app].repository)
    try:
        open_repository = installed_repository(str(words.pop("type")))
    except LookupError as error:
        raise config.error_at((*path, "type"), str(error)) from error
    try:
        return open_repository(words, config.folder)
    except ValidationError as error:
        # What pydantic says holds values, so that it must not show up in a trace.
        raise config.error(path, error) from None
