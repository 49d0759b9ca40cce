"""Tells open pages what becomes of their session and account, all of them from one thread."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

from ownid_grpc.domain.account import DISABLED, ETAG, Account, AccountKey
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.session import Session, SessionId, SessionState
from ownid_grpc.errors import OwnIdError, Reason, ResourceExhausted
from ownid_grpc.services import ending
from ownid_grpc.services.apps import Apps
from ownid_grpc.state.base import Clock, Sessions

MOST_WATCHES = 10_000
HEARTBEAT_SECONDS = 15.0
STUCK_SECONDS = 10.0

_SENDERS = 4
_SESSIONS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """The account is not as it was."""

    etag: str


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The session holds no more; the last event of a watch."""

    reason: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Nothing happened."""


Event: TypeAlias = AccountChanged | SessionEnded | Heartbeat
Send: TypeAlias = Callable[[Event | None], None]
"""Sends an event to one page, and None to say that there will be no more; it may block."""


@dataclass(slots=True, eq=False)
class Watch:
    """One page that watches; `etag` is that of the account as the page last heard of it.

    `hang_up` ends the call of a page that has stopped listening, so that
    `send` no longer waits for it.
    """

    session: Session
    send: Send
    hang_up: Callable[[], object]
    etag: str | None = None
    told_at: float = 0.0
    _waiting: list[Event] = field(default_factory=list)
    _sending_since: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, event: Event, senders: ThreadPoolExecutor) -> None:
        """Has the event sent; a page that does not listen is told the newest when it does."""
        with self._lock:
            is_sending = self._sending_since is not None
            if isinstance(event, Heartbeat) and (self._waiting or is_sending):
                return
            self._waiting = [each for each in self._waiting if type(each) is not type(event)]
            self._waiting.append(event)
            if is_sending:
                return
            self._sending_since = time.monotonic()
        senders.submit(self._send_waiting)

    def is_stuck(self, now: float) -> bool:
        """Returns whether an event has waited too long for the page to take it."""
        since = self._sending_since
        return since is not None and now - since > STUCK_SECONDS

    def _send_waiting(self) -> None:
        while True:
            with self._lock:
                self._sending_since = time.monotonic() if self._waiting else None
                if not self._waiting:
                    return
                event = self._waiting.pop(0)
            self.send(event)
            if isinstance(event, SessionEnded):
                self.send(None)


class SessionWatches:
    """All the pages that watch through this process.

    Every so many seconds, as the app's `intervals` say, its watched sessions
    are looked up and its watched accounts read by one query: a change arrives
    whoever made it, through another replica or straight in the database. A
    store or a database that does not answer is nobody's end: what happened
    meanwhile is told when it is back.
    """

    def __init__(
        self, apps: Apps, sessions: Sessions, intervals: Mapping[str, float], clock: Clock
    ) -> None:
        self._apps = apps
        self._sessions = sessions
        self._clock = clock
        self._intervals = intervals
        self._watches: set[Watch] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._senders = ThreadPoolExecutor(_SENDERS, thread_name_prefix="session-watch-send")

    def add(self, session: Session, send: Send, hang_up: Callable[[], object]) -> Watch:
        """Begins to tell, of all that happens from now on.

        Raises `ResourceExhausted` where too many watch already.
        """
        found = self._found_accounts(session.app, {session.account}).get(session.account)
        etag = found.etag if found else None
        watch = Watch(session, send, hang_up, etag, told_at=time.monotonic())
        with self._lock:
            if len(self._watches) >= MOST_WATCHES or self._closed.is_set():
                raise ResourceExhausted(
                    Reason.LIMIT_EXCEEDED,
                    f"{MOST_WATCHES} pages watch through this server already; try again later.",
                    {"limit": "session_watches", "maximum": str(MOST_WATCHES)},
                )
            self._watches.add(watch)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="session-watch", daemon=True)
                self._thread.start()
        watch.tell(Heartbeat(), self._senders)
        return watch

    def remove(self, watch: Watch) -> None:
        """Ends a watch whose page is gone."""
        with self._lock:
            self._watches.discard(watch)

    def close(self) -> None:
        """Ends every watch, so that a server that stops need not wait for who looks on."""
        self._closed.set()
        with self._lock:
            watches, self._watches = self._watches, set()
        for watch in watches:
            self._senders.submit(watch.send, None)
        self._senders.shutdown(wait=False)

    def _run(self) -> None:
        due = dict.fromkeys(self._intervals, 0.0)
        while not self._closed.wait(min(self._intervals.values())):
            by_app: dict[str, list[Watch]] = defaultdict(list)
            with self._lock:
                for watch in self._watches:
                    by_app[watch.session.app].append(watch)
            for app, watches in by_app.items():
                if time.monotonic() >= due[app]:
                    due[app] = time.monotonic() + self._intervals[app]
                    # Whatever does not answer now is asked again in a moment.
                    with suppress(OwnIdError):
                        self._look(app, watches)
                self._keep_alive(watches)

    def _look(self, app: str, watches: Collection[Watch]) -> None:
        sessions = self._found_sessions(app, {watch.session.id for watch in watches})
        keys = {watch.session.account for watch in watches}
        accounts = self._found_accounts(app, keys)
        now = self._clock()
        for watch in watches:
            session = sessions.get(watch.session.id)
            account = accounts.get(watch.session.account)
            if session is None or session.state_at(now) is not SessionState.ACTIVE:
                self._end(watch, session.revoke_reason if session else "")
            elif account is None or account.disabled:
                reason = ending.DISABLED if account else ending.DELETED
                self._sessions.revoke_all(app, session.account, reason, now)
                self._end(watch, reason)
            else:
                self._compare(watch, account)

    def _compare(self, watch: Watch, account: Account) -> None:
        before, watch.etag = watch.etag, account.etag
        if before is not None and before != account.etag:
            self._tell(watch, AccountChanged(account.etag))

    def _end(self, watch: Watch, reason: str) -> None:
        self.remove(watch)
        self._tell(watch, SessionEnded(reason))

    def _keep_alive(self, watches: Iterable[Watch]) -> None:
        now = time.monotonic()
        for watch in watches:
            if watch.is_stuck(now):
                self.remove(watch)
                watch.hang_up()
            elif now - watch.told_at >= HEARTBEAT_SECONDS:
                self._tell(watch, Heartbeat())

    def _tell(self, watch: Watch, event: Event) -> None:
        watch.told_at = time.monotonic()
        with suppress(RuntimeError):  # closed meanwhile
            watch.tell(event, self._senders)

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
