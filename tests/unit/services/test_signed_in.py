"""Holds sessions in use to what is promised of idleness, outages and tickets."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ownid_grpc.config import SessionSettings
from ownid_grpc.domain.account import AccountDraft
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.session import Session
from ownid_grpc.errors import Unauthenticated, Unavailable
from ownid_grpc.repositories.memory import MemoryAccountRepository, MemoryStore
from ownid_grpc.services.services import Services
from ownid_grpc.services.session_services import SessionServices
from ownid_grpc.services.sessions import NewSession, OpenSession
from ownid_grpc.state.sql import SqlStateStore
from tests.support.shop import APP, DESCRIPTION, SECRET

CALL = Call()


class Place:
    """A service over a database that can be taken down, and its clock."""

    def __init__(self, state: SqlStateStore, idle_seconds: int) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.database = MemoryStore()
        repository = MemoryAccountRepository(DESCRIPTION, store=self.database)
        settings = {APP: SessionSettings(idle_seconds=idle_seconds)}
        services = Services.over(
            {APP: repository}, state, SECRET, settings=settings, clock=lambda: self.now
        )
        self.sessions: SessionServices = services.sessions
        self.key = repository.insert(CALL, AccountDraft({"email": "ada@example.com"})).key

    def open(self) -> OpenSession:
        """Signs somebody in."""
        return self.sessions.administration.create(CALL, APP, self.key, NewSession())

    def use(self, opened: OpenSession) -> Session:
        """Calls with the access token."""
        session = self.sessions.signed_in.admit(APP, opened.access_token.text)
        self.sessions.signed_in.use(session)
        return session


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Gives a service whose sessions end of idleness after the seconds that the test says."""
    state = SqlStateStore(f"sqlite:///{tmp_path / 'state.db'}", SECRET)
    state.migrate()
    place = Place(state, getattr(request, "param", 900))
    yield place
    place.sessions.watches.close()
    state.close()


@pytest.mark.parametrize("place", [60, 90, 240, 550], indirect=True)
def test_session_in_use_does_not_end_of_idleness(place: Place) -> None:
    """Who calls every 20 seconds stays signed in, however short the idle timeout is."""
    opened = place.open()
    for _ in range(29):
        place.now += timedelta(seconds=20)
        last = place.use(opened)

    assert last.id == opened.session.id


@pytest.mark.parametrize("place", [60, 90, 240, 550], indirect=True)
def test_session_that_is_not_used_ends_of_idleness(place: Place) -> None:
    """Who does not call for the idle timeout is signed out."""
    opened = place.open()
    idle = opened.session.idle_timeout
    place.now += timedelta(seconds=30)
    place.use(opened)

    place.now += idle
    with pytest.raises(Unauthenticated) as caught:
        place.use(opened)

    assert caught.value.reason == "SESSION_ENDED"


def test_use_is_noted_once_a_minute(place: Place) -> None:
    """However often a session is used, the store is written to once a minute."""
    opened = place.open()
    noted = set()
    for _ in range(300):
        place.now += timedelta(seconds=1)
        noted.add(place.use(opened).last_active_time)

    assert len(noted) == 5


def test_ticket_is_not_used_up_by_an_outage(place: Place) -> None:
    """A ticket that came while the database was down opens the session afterwards, once."""
    opened = place.open()
    place.database.is_down = True
    for _ in range(2):
        with pytest.raises(Unavailable):
            place.sessions.signed_in.exchange(CALL, APP, str(opened.ticket))
    place.database.is_down = False

    exchanged = place.sessions.signed_in.exchange(CALL, APP, str(opened.ticket))

    assert exchanged.session.id == opened.session.id
    with pytest.raises(Unauthenticated):
        place.sessions.signed_in.exchange(CALL, APP, str(opened.ticket))


@pytest.mark.parametrize("place", [86_400], indirect=True)
def test_refresh_token_is_not_used_up_by_an_outage(place: Place) -> None:
    """A refresh that failed while the database was down can be repeated hours later."""
    opened = place.open()
    place.database.is_down = True
    with pytest.raises(Unavailable):
        place.sessions.signed_in.refresh(CALL, APP, opened.refresh_token)
    place.database.is_down = False
    place.now += timedelta(hours=5)

    refreshed = place.sessions.signed_in.refresh(CALL, APP, opened.refresh_token)

    assert refreshed.session.generation == 1


@pytest.mark.parametrize("ticket", ["", "x", "A" * 64, "\ud800", "é" * 64, "A" * 100_000])
def test_text_that_is_no_ticket_opens_nothing(place: Place, ticket: str) -> None:
    """Any other text than a ticket is refused as one, and breaks nothing."""
    place.open()

    with pytest.raises(Unauthenticated) as caught:
        place.sessions.signed_in.exchange(CALL, APP, ticket)

    assert caught.value.reason == "TICKET_INVALID"
