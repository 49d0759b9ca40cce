"""Sends events to the pages that watch; one that does not listen holds up no other."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeAlias

from ownid_grpc.errors import Reason, ResourceExhausted
from ownid_grpc.telemetry.logs import Logger

MOST_PAGES = 10_000
HEARTBEAT_SECONDS = 15.0
STUCK_SECONDS = 15.0
CROWDED_SECONDS = 1.0
"""How long a page may take to accept an event: alone, and while no page takes any and all wait."""

_SENDERS = 64
_STEP_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """The account is not as it was."""

    etag: str


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The session holds no more; the last event that a page is told."""

    reason: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Nothing happened."""


Event: TypeAlias = AccountChanged | SessionEnded | Heartbeat
Send: TypeAlias = Callable[[Event | None], None]
"""Sends an event to one page, and None to say that there will be no more; it may block."""


@dataclass(slots=True, eq=False)
class Page:
    """One page, told one event after the other; a slow one hears only the newest of each kind.

    `hang_up` ends the call of a page that has stopped listening, so that
    `send` no longer waits for it. `sending_since` is when it was handed an
    event that it has not taken yet.
    """

    send: Send
    hang_up: Callable[[], object]
    told_at: float = field(default_factory=time.monotonic)
    sending_since: float | None = None
    is_busy: bool = False
    _is_over: bool = False
    _waiting: list[Event | None] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, event: Event | None) -> bool:
        """Notes what the page is to be told; returns whether nobody is at sending yet."""
        with self._lock:
            is_idle, is_ending = not self.is_busy, event is None
            if self._is_over or (isinstance(event, Heartbeat) and not is_idle):
                return False
            self._waiting = [each for each in self._waiting if type(each) is not type(event)]
            self._waiting.append(event)
            if isinstance(event, SessionEnded):
                self._waiting.append(None)
                is_ending = True
            self._is_over, self.is_busy = is_ending, True
            return is_idle

    def send_waiting(self) -> None:
        """Sends all that waits."""
        while True:
            with self._lock:
                self.sending_since = time.monotonic() if self._waiting else None
                if not self._waiting:
                    self.is_busy = False
                    return
                event = self._waiting.pop(0)
            self.send(event)


class Pages:
    """The open pages of this process.

    What pages are told goes out by some threads, since gRPC waits for who does
    not read. Another thread says now and then that nothing happened, and hangs
    up on who has not taken an event for too long.
    """

    def __init__(self, log: Logger) -> None:
        self._log = log
        self._pages: set[Page] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._senders = ThreadPoolExecutor(_SENDERS, thread_name_prefix="session-watch-send")
        self._keeper: threading.Thread | None = None
        self._sent_at = time.monotonic()

    def open(self, send: Send, hang_up: Callable[[], object]) -> Page:
        """Returns a new page, which has been told nothing yet.

        Raises `ResourceExhausted` where too many are open already.
        """
        page = Page(send, hang_up)
        with self._lock:
            if self._closed.is_set():
                return page
            if len(self._pages) >= MOST_PAGES:
                raise ResourceExhausted(
                    Reason.LIMIT_EXCEEDED,
                    f"{MOST_PAGES} pages watch through this server already; try again later.",
                    {"limit": "session_watches", "maximum": str(MOST_PAGES)},
                )
            self._pages.add(page)
            if self._keeper is None:
                self._keeper = threading.Thread(
                    target=self._keep, name="session-watch-keeper", daemon=True
                )
                self._keeper.start()
        return page

    def tell(self, page: Page, event: Event | None) -> None:
        """Has the event sent, None being the end; once closed, the end is all that is told."""
        page.told_at = time.monotonic()
        if not page.put(None if self._closed.is_set() else event):
            return
        try:
            self._senders.submit(self._send, page)
        except RuntimeError:  # closed meanwhile
            page.send_waiting()

    def discard(self, page: Page) -> None:
        """Forgets a page that is gone."""
        with self._lock:
            self._pages.discard(page)

    def close(self) -> None:
        """Ends every page, so that a server that stops need not wait for who looks on."""
        with self._lock:
            self._closed.set()
            pages = [*self._pages]
        for page in pages:
            self.tell(page, None)
        self._senders.shutdown(wait=False)

    def _send(self, page: Page) -> None:
        try:
            page.send_waiting()
            self._sent_at = time.monotonic()
        except Exception as error:  # noqa: BLE001 - the thread has other pages to tell
            self._log.error("session_watch.fault", exc_info=error)
            self._hang_up(page)

    def _keep(self) -> None:
        while not self._closed.wait(_STEP_SECONDS):
            self._hang_up_on_stuck()
            self._send_heartbeats()
        while any(page.is_busy for page in self._opened()):
            time.sleep(_STEP_SECONDS)
            self._hang_up_on_stuck()

    def _hang_up_on_stuck(self) -> None:
        now = time.monotonic()
        waits = [(page, page.sending_since) for page in self._opened()]
        sending = [(page, now - since) for page, since in waits if since is not None]
        is_crowded = len(sending) >= _SENDERS or self._closed.is_set()
        # While some page takes its events it is the machine that is slow, not those who wait.
        is_held_up = is_crowded and now - self._sent_at > CROWDED_SECONDS
        most = CROWDED_SECONDS if is_held_up else STUCK_SECONDS
        for page, seconds in sending:
            if seconds > most:
                self._hang_up(page)

    def _hang_up(self, page: Page) -> None:
        self.discard(page)
        page.hang_up()

    def _send_heartbeats(self) -> None:
        now = time.monotonic()
        for page in self._opened():
            if now - page.told_at >= HEARTBEAT_SECONDS:
                self.tell(page, Heartbeat())

    def _opened(self) -> list[Page]:
        with self._lock:
            return [*self._pages]
