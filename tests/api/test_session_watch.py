"""Holds WatchSession to telling every open page what happens, and to costing next to nothing."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from ownid.v1.session_service_pb2 import WatchSessionRequest
from ownid.v1.session_service_pb2_grpc import SessionServiceStub

from tests.support.serving import error_info_in
from tests.support.sessions import APP, Shop, User, session_shop

SECONDS = 5.0


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Gives a shop of its own."""
    with session_shop(tmp_path) as shop:
        yield shop


class Page:
    """An open page: the events that it was told, as they come."""

    def __init__(self, user: User, sessions: Any = None) -> None:  # noqa: ANN401 - generated
        stub = sessions or user.sessions
        self._call = stub.WatchSession(WatchSessionRequest(parent=APP), metadata=user.bearer())
        self._events: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def next(self) -> str:
        """Returns the next event that is no heartbeat, `end` when the stream has ended."""
        event = self._events.get(timeout=SECONDS)
        return self.next() if event == "heartbeat" else event

    def await_open(self) -> None:
        """Returns once the page is being told."""
        assert self._events.get(timeout=SECONDS) == "heartbeat"

    def close(self) -> None:
        """Leaves the page."""
        self._call.cancel()

    def _listen(self) -> None:
        try:
            for message in self._call:
                event = message.WhichOneof("event")
                detail = message.session_ended.reason if event == "session_ended" else ""
                self._events.put(f"{event} {detail}".strip())
            self._events.put("end")
        except grpc.RpcError as error:
            cancelled = error.code() is grpc.StatusCode.CANCELLED
            self._events.put("cancelled" if cancelled else error_info_in(error).reason)


@contextmanager
def opened(user: User) -> Iterator[Page]:
    """Gives a page that is being told."""
    page = Page(user)
    try:
        page.await_open()
        yield page
    finally:
        page.close()


def test_page_hears_of_a_change_through_the_service(shop: Shop) -> None:
    """What another tab changes reaches the page."""
    user = shop.sign_in()
    with opened(user) as page:
        user.call("UpdateSessionAccount", account={"profile": {"given_name": "Augusta"}})

        assert page.next() == "account_changed"


def test_page_hears_of_a_change_straight_in_the_database(shop: Shop) -> None:
    """What somebody changes by SQL, also in a joined table, reaches the page."""
    user = shop.sign_in()
    with opened(user) as page:
        shop.execute("UPDATE customers SET note = 'changed' WHERE id = 1")
        assert page.next() == "account_changed"

        shop.execute("INSERT INTO addresses VALUES (1, 'Ockham', NULL)")
        assert page.next() == "account_changed"


def test_page_hears_of_its_own_account_only(shop: Shop) -> None:
    """What happens to others is not told."""
    user, other = shop.sign_in(), shop.sign_in("2")
    with opened(user) as page, opened(other) as others:
        shop.execute("UPDATE customers SET note = 'changed' WHERE id = 2")
        assert others.next() == "account_changed"

        shop.execute("UPDATE customers SET note = 'changed' WHERE id = 1")
        assert page.next() == "account_changed"


@pytest.mark.parametrize(
    ("end", "event"),
    [
        ("revoke", "session_ended stolen"),
        ("delete", "session_ended account deleted"),
        ("disable", "session_ended account disabled"),
        ("sign out", "session_ended signed out"),
        ("expire", "session_ended"),
    ],
)
def test_page_is_told_the_end_and_let_go(shop: Shop, end: str, event: str) -> None:
    """However a session ends, its pages hear it as the last event, and the stream is over."""
    user = shop.sign_in()
    name = user.call("GetCurrentSession").name
    ways: dict[str, Callable[[], object]] = {
        "revoke": lambda: shop.admin_call("RevokeSession", name=name, reason="stolen"),
        "delete": lambda: shop.execute("DELETE FROM customers WHERE id = 1"),
        "disable": lambda: shop.execute("UPDATE customers SET blocked = 1 WHERE id = 1"),
        "sign out": lambda: user.call("RevokeCurrentSession"),
        "expire": lambda: shop.clock.move(days=8),
    }
    with opened(user) as page:
        ways[end]()

        assert page.next() == event
        assert page.next() == "end"


def test_other_sessions_of_the_account_watch_on(shop: Shop) -> None:
    """The end of one session is no end of another of the same account."""
    ended, kept = shop.sign_in(), shop.sign_in()
    with opened(kept) as page:
        ended.call("RevokeCurrentSession")
        shop.execute("UPDATE customers SET note = 'changed' WHERE id = 1")

        assert page.next() == "account_changed"


def test_watching_is_no_use(shop: Shop) -> None:
    """A page that only watches does not keep its session from ending of idleness."""
    user = shop.sign_in()
    before = user.call("GetCurrentSession").last_active_time
    name = user.call("GetCurrentSession").name
    shop.clock.move(minutes=5)
    with opened(user):
        assert shop.admin_call("GetSession", name=name).last_active_time == before


def test_session_that_has_ended_cannot_be_watched(shop: Shop) -> None:
    """Watching needs a session that holds, as every call does."""
    user = shop.sign_in()
    user.call("RevokeCurrentSession")

    assert Page(user).next() == "SESSION_ENDED"


@pytest.mark.slow
def test_thousand_pages_leave_the_others_their_calls(shop: Shop) -> None:
    """With 1,000 pages watching, calls go on as before, and each page hears of its end."""
    users = [shop.sign_in(str(1 + number % 2)) for number in range(10)]
    address = shop.address
    options = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.insecure_channel(address, options=options) for _ in range(4)]
    stubs = [SessionServiceStub(channel) for channel in channels]
    pages = [Page(users[number % 10], stubs[number % 4]) for number in range(1000)]
    for page in pages:
        page._events.get(timeout=30)

    started = time.monotonic()
    for _ in range(100):
        users[0].call("GetSessionAccount")
    took = time.monotonic() - started
    shop.admin_call("RevokeAllSessions", parent=f"{APP}/accounts/1")
    shop.admin_call("RevokeAllSessions", parent=f"{APP}/accounts/2")
    ends = [page.next() for page in pages]

    assert took < 10, "100 calls must not wait for those who watch"
    assert set(ends) == {"session_ended"}
    for channel in channels:
        channel.close()
