"""Holds the sending of events to one order for each page, and to no page waiting for another."""

import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from ownid_grpc.services import telling
from ownid_grpc.services.telling import (
    AccountChanged,
    Event,
    Heartbeat,
    Page,
    Pages,
    SessionEnded,
)
from ownid_grpc.telemetry.logs import new_logger

SECONDS = 10.0
ENDED = SessionEnded("stolen")


@pytest.fixture
def log() -> Iterator[list[EventDict]]:
    """Gives what is logged meanwhile."""
    with capture_logs() as events:
        yield events


@pytest.fixture
def pages(log: list[EventDict]) -> Iterator[Pages]:
    """Gives pages of which none is open yet."""
    assert log == []
    pages = Pages(new_logger())
    yield pages
    pages.close()


@dataclass
class Listener:
    """What a page hears; while it is deaf, whoever sends to it waits."""

    heard: "queue.Queue[Event | None]" = field(default_factory=queue.Queue)
    is_listening: threading.Event = field(default_factory=threading.Event)
    is_sent_to: threading.Event = field(default_factory=threading.Event)
    is_hung_up: threading.Event = field(default_factory=threading.Event)

    def open(self, pages: Pages, *, is_deaf: bool = False) -> Page:
        """Opens the page."""
        if not is_deaf:
            self.is_listening.set()
        return pages.open(self._take, self._hang_up)

    def next(self) -> Event | None:
        """Returns what the page hears next."""
        return self.heard.get(timeout=SECONDS)

    def _take(self, event: Event | None) -> None:
        self.is_sent_to.set()
        assert self.is_listening.wait(SECONDS)
        if not self.is_hung_up.is_set():
            self.heard.put(event)

    def _hang_up(self) -> None:
        self.is_hung_up.set()
        self.is_listening.set()


def test_page_hears_events_in_order(pages: Pages) -> None:
    """What a page is told reaches it, one after the other."""
    listener = Listener()
    page = listener.open(pages)

    pages.tell(page, Heartbeat())
    assert listener.next() == Heartbeat()
    pages.tell(page, AccountChanged("a"))
    pages.tell(page, ENDED)

    assert [listener.next() for _ in range(3)] == [AccountChanged("a"), ENDED, None]


def test_slow_page_hears_only_the_newest_change(pages: Pages) -> None:
    """Of what happens while a page does not listen, it hears each kind once, and no heartbeat."""
    listener = Listener()
    page = listener.open(pages, is_deaf=True)
    pages.tell(page, Heartbeat())
    assert listener.is_sent_to.wait(SECONDS)

    for etag in "abc":
        pages.tell(page, AccountChanged(etag))
        pages.tell(page, Heartbeat())
    listener.is_listening.set()
    pages.tell(page, ENDED)

    heard = [listener.next(), listener.next(), listener.next(), listener.next()]
    assert heard == [Heartbeat(), AccountChanged("c"), ENDED, None]


def test_nothing_follows_an_end(pages: Pages) -> None:
    """Once a page was told an end, it is told nothing more."""
    listener = Listener()
    page = listener.open(pages)

    pages.tell(page, ENDED)
    pages.tell(page, AccountChanged("a"))
    pages.tell(page, SessionEnded("again"))
    pages.close()
    pages._senders.shutdown()

    assert [listener.next(), listener.next()] == [ENDED, None]
    assert listener.heard.empty()


def test_deaf_pages_hold_up_no_other(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where more are deaf than there are threads, another is told before long."""
    monkeypatch.setattr(telling, "CROWDED_SECONDS", 0.1)
    deaf = [Listener() for _ in range(telling._SENDERS + 1)]
    for each in deaf:
        pages.tell(each.open(pages, is_deaf=True), Heartbeat())
    listener = Listener()

    pages.tell(listener.open(pages), AccountChanged("a"))

    assert listener.next() == AccountChanged("a")
    assert sum(each.is_hung_up.is_set() for each in deaf) >= 1


def test_busy_machine_is_no_reason_to_hang_up(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While all threads are taken and events go out all the same, the slow are waited for."""
    monkeypatch.setattr(telling, "STUCK_SECONDS", 60.0)
    slow = [Listener() for _ in range(telling._SENDERS - 1)]
    for each in slow:
        pages.tell(each.open(pages, is_deaf=True), Heartbeat())
        assert each.is_sent_to.wait(SECONDS)
    taken: queue.Queue[object] = queue.Queue()

    def take(event: object) -> None:
        time.sleep(telling.CROWDED_SECONDS / 5)
        taken.put(event)

    page = pages.open(take, lambda: None)
    for _ in range(15):
        pages.tell(page, Heartbeat())
        assert taken.get(timeout=SECONDS) == Heartbeat()

    assert not any(each.is_hung_up.is_set() for each in slow)


def test_page_that_takes_nothing_for_too_long_is_hung_up_on(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page is given its seconds; then its call is ended."""
    monkeypatch.setattr(telling, "STUCK_SECONDS", 0.1)
    listener = Listener()

    pages.tell(listener.open(pages, is_deaf=True), Heartbeat())

    assert listener.is_hung_up.wait(SECONDS)


def test_closing_ends_every_page_and_waits_for_none(pages: Pages) -> None:
    """Who listens is told the end; who does not is hung up on."""
    listener, deaf = Listener(), Listener()
    pages.tell(listener.open(pages), Heartbeat())
    pages.tell(deaf.open(pages, is_deaf=True), Heartbeat())
    assert deaf.is_sent_to.wait(SECONDS)
    assert listener.next() == Heartbeat()

    pages.close()

    assert listener.next() is None
    assert deaf.is_hung_up.wait(SECONDS)


def test_page_that_comes_after_the_close_is_ended_at_once(pages: Pages) -> None:
    """A server that stops lets nobody begin to watch, and says so by an end."""
    pages.close()
    listener = Listener()

    pages.tell(listener.open(pages), Heartbeat())

    assert listener.next() is None


def test_fault_of_one_page_is_logged_and_spares_the_others(
    pages: Pages, log: list[EventDict]
) -> None:
    """A page that cannot be sent to is hung up on, and that is found in the log."""
    hung_up = threading.Event()

    def fail(_: object) -> None:
        raise RuntimeError("no")

    pages.tell(pages.open(fail, hung_up.set), Heartbeat())
    listener = Listener()
    pages.tell(listener.open(pages), Heartbeat())

    assert hung_up.wait(SECONDS)
    assert listener.next() == Heartbeat()
    assert [(line["event"], line["log_level"]) for line in log] == [
        ("session_watch.fault", "error")
    ]


def test_quiet_page_hears_a_heartbeat_now_and_then(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page to which nothing happens is told so, so that nobody takes it for dead."""
    monkeypatch.setattr(telling, "HEARTBEAT_SECONDS", 0.1)
    listener = Listener()

    listener.open(pages)

    assert [listener.next(), listener.next()] == [Heartbeat(), Heartbeat()]
