"""Looks at the sessions and accounts that pages watch, for all pages of an app together."""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from ownid_grpc.domain.account import DISABLED, ETAG, Account, AccountKey
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.session import Session, SessionId, SessionState
from ownid_grpc.errors import OwnIdError
from ownid_grpc.services import ending
from ownid_grpc.services.apps import Apps
from ownid_grpc.services.telling import (
    AccountChanged,
    Heartbeat,
    Page,
    Pages,
    Send,
    SessionEnded,
)
from ownid_grpc.state.base import Clock, Sessions
from ownid_grpc.telemetry.logs import Logger
from ownid_grpc.telemetry.meters import UNMETERED, Meter

_SESSIONS_AT_ONCE = 500
_LAST_LOOK_SECONDS = 1.0


@dataclass(slots=True, eq=False)
class Watch:
    """What one page watches; `etag` is that of the account as the page last heard of it."""

    session: Session
    page: Page
    etag: str


class SessionWatches:
    """All the pages that watch through this process.

    Every so many seconds, as the app's `intervals` say, a thread of each app
    looks up its watched sessions and reads its watched accounts by one query:
    a change arrives whoever made it, through another replica or straight in
    the database. A store or a database that does not answer is nobody's end,
    and holds up no other app: what happened meanwhile is told when it is back.
    """

    def __init__(
        self,
        apps: Apps,
        sessions: Sessions,
        intervals: Mapping[str, float],
        clock: Clock,
        log: Logger,
        *,
        meter: Meter = UNMETERED,
    ) -> None:
        self._apps = apps
        self._sessions = sessions
        self._intervals = intervals
        self._clock = clock
        self._log = log
        self._meter = meter
        self._ending = ending.SessionEnding(sessions, clock)
        self._pages = Pages(log)
        self._watches: dict[str, set[Watch]] = {}
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def add(self, session: Session, send: Send, hang_up: Callable[[], object]) -> Watch:
        """Begins to tell, of all that happens from now on; a heartbeat says that it has begun.

        Raises `ResourceExhausted` where too many watch already.
        """
        account = self._found_accounts(session.app, {session.account}).get(session.account)
        page = self._pages.open(send, hang_up)
        watch = Watch(session, page, account.etag if account else "")
        with self._lock:
            if session.app not in self._watches:
                self._watches[session.app] = set()
                self._start_looking(session.app)
            self._watches[session.app].add(watch)
        self._pages.tell(page, Heartbeat())
        return watch

    def remove(self, watch: Watch) -> None:
        """Ends a watch whose page is gone."""
        self._pages.discard(watch.page)
        with self._lock:
            self._watches[watch.session.app].discard(watch)

    def close(self) -> None:
        """Ends every watch, so that a server that stops need not wait for who looks on."""
        self._closed.set()
        self._pages.close()
        with self._lock:
            threads = [*self._threads]
        for thread in threads:
            thread.join(_LAST_LOOK_SECONDS)

    def _start_looking(self, app: str) -> None:
        thread = threading.Thread(
            target=self._keep_looking, args=(app,), name=f"session-watch-{app}", daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def _keep_looking(self, app: str) -> None:
        fault: Exception | None = None
        while not self._closed.wait(self._intervals[app]):
            before, fault = fault, self._fault_of_look(app)
            # The same fault is met at each look, many times a minute: it is logged once.
            if type(fault) is not type(before) and not self._closed.is_set():
                self._report(app, fault)

    def _fault_of_look(self, app: str) -> Exception | None:
        with self._lock:
            watches = [*self._watches[app]]
        try:
            if watches:
                self._look(app, watches)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next look may do better
            return error
        return None

    def _report(self, app: str, fault: Exception | None) -> None:
        if fault is None:
            self._log.info("session_watch.resumed", app=app)
        elif isinstance(fault, OwnIdError):
            self._log.warning("session_watch.waiting", app=app, reason=fault.reason)
        else:
            self._log.error("session_watch.fault", app=app, exc_info=fault)

    def _look(self, app: str, watches: Iterable[Watch]) -> None:
        holding = self._end_with_session(app, watches)
        accounts = self._found_accounts(app, {watch.session.account for watch in holding})
        gone: set[AccountKey] = set()
        for watch in holding:
            key = watch.session.account
            account = accounts.get(key)
            if account is not None and not account.disabled:
                self._compare(watch, account)
                continue
            reason = ending.DISABLED if account else ending.DELETED
            if key not in gone:
                gone.add(key)
                self._ending.end(app, key, reason)
            self._end(watch, reason)

    def _end_with_session(self, app: str, watches: Iterable[Watch]) -> list[Watch]:
        """Ends the watches whose session has ended, and returns the others."""
        watches = [*watches]
        sessions = self._found_sessions(app, {watch.session.id for watch in watches})
        now = self._clock()
        holding = []
        for watch in watches:
            session = sessions.get(watch.session.id)
            if session is not None and session.state_at(now) is SessionState.ACTIVE:
                holding.append(watch)
                continue
            self._end(watch, session.revoke_reason if session else "")
            if session is not None:
                delay = now - session.end_time
                self._meter.session_end_told(app, delay.total_seconds())
        return holding

    def _compare(self, watch: Watch, account: Account) -> None:
        before, watch.etag = watch.etag, account.etag
        if before != account.etag:
            self._pages.tell(watch.page, AccountChanged(account.etag))

    def _end(self, watch: Watch, reason: str) -> None:
        with self._lock:
            self._watches[watch.session.app].discard(watch)
        self._pages.tell(watch.page, SessionEnded(reason))

    def _found_sessions(
        self, app: str, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, Session]:
        wanted = list(session_ids)
        found: dict[SessionId, Session] = {}
        for start in range(0, len(wanted), _SESSIONS_AT_ONCE):
            batch = wanted[start : start + _SESSIONS_AT_ONCE]
            found |= {each.id: each for each in self._sessions.get_many(app, batch)}
        return found

    def _found_accounts(
        self, app: str, keys: Collection[AccountKey]
    ) -> Mapping[AccountKey, Account]:
        repository = self._apps.repository(app)
        fields = frozenset({ETAG, DISABLED})
        return {each.key: each for each in repository.get_many(Call(), [*keys], fields)}
