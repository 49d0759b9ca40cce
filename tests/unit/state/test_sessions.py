"""Holds the store to what it promises of sessions, on every database."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ownid_grpc.domain.account import AccountKey
from ownid_grpc.domain.session import Session, SessionState, new_session_id
from ownid_grpc.state.base import SessionPosition
from ownid_grpc.state.sql import SqlStateStore
from tests.support.clock import Clock

from .stored_sessions import ADA, BEN, DIGEST, at_once, found, opened


def test_session_is_kept_as_it_was_given(store: SqlStateStore, clock: Clock) -> None:
    """Everything of a session comes back, composite keys and any text included."""
    words: dict[str, Any] = {
        "payload": {"theme": "dark", "ümlaut": ["ß", 1, None]},
        "user_agent": "Firefox 🦊",
        "ip_address": "2001:db8::1",
    }
    session = opened(store, clock, BEN, **words)

    assert found(store, session) == session


def test_session_of_another_app_is_not_found(store: SqlStateStore, clock: Clock) -> None:
    """The id of a session means nothing in another app, nor does one that never was."""
    session = opened(store, clock)

    assert store.sessions.get_many("club", [session.id]) == []
    assert store.sessions.get_many("shop", [new_session_id()]) == []
    assert store.sessions.get_many("shop", []) == []


def test_sessions_come_newest_first(store: SqlStateStore, clock: Clock) -> None:
    """Pages of an account's and of all sessions meet each once, also those of one moment."""
    made = []
    for number in range(6):
        clock.move(timedelta(seconds=number % 2))
        made.append(opened(store, clock, (ADA, BEN)[number % 3 == 0]))
    expected = sorted(made, key=lambda each: (each.create_time, each.id), reverse=True)

    def pages(account: AccountKey | None) -> list[Session]:
        seen: list[Session] = []
        after = None
        while page := store.sessions.newest("shop", account, after=after, limit=2):
            seen += page
            after = SessionPosition(page[-1].create_time, page[-1].id)
        return seen

    assert pages(None) == expected
    assert pages(BEN) == [each for each in expected if each.account == BEN]
    assert pages(("nobody",)) == []


def test_use_is_noted_once_a_minute(store: SqlStateStore, clock: Clock) -> None:
    """A use moves the last-active time, and the end with it, but not within the minute."""
    session = opened(store, clock)
    clock.move(timedelta(seconds=59))
    store.sessions.touch(session, clock())
    assert found(store, session) == session

    clock.move(timedelta(seconds=1))
    store.sessions.touch(session, clock())

    used = found(store, session)
    assert used.last_active_time == clock()
    assert used.end_time == clock() + timedelta(days=7)


def test_end_is_never_later_than_the_lifetime(store: SqlStateStore, clock: Clock) -> None:
    """A session that is used on its last day ends when it must all the same."""
    session = opened(store, clock, expire_time=clock() + timedelta(days=8))
    clock.move(timedelta(days=6))
    store.sessions.touch(session, clock())
    clock.move(timedelta(days=2))

    assert found(store, session).state_at(clock()) is SessionState.EXPIRED
    assert not store.sessions.rotate(found(store, session), clock())


def test_clock_that_is_slow_sets_nothing_back(store: SqlStateStore, clock: Clock) -> None:
    """A replica whose clock is behind does not make a session end earlier."""
    session = opened(store, clock)
    clock.move(timedelta(minutes=10))
    assert store.sessions.rotate(session, clock())
    before = found(store, session)
    clock.move(timedelta(minutes=-5))

    assert store.sessions.rotate(before, clock())

    assert found(store, session).last_active_time == before.last_active_time
    clock.move(before.end_time - clock() - timedelta(microseconds=1))
    assert store.sessions.rotate(found(store, session), clock())


def test_one_of_many_rotates(store: SqlStateStore, clock: Clock) -> None:
    """Of callers who refresh one generation at once, one gets it."""
    session = opened(store, clock)

    count = at_once(lambda _: store.sessions.rotate(session, clock()))

    assert count == 1
    assert found(store, session).generation == 1
    assert found(store, session).rotate_time == clock()


def test_one_of_many_redeems_the_ticket(store: SqlStateStore, clock: Clock) -> None:
    """Of callers who send one ticket at once, one gets it."""
    session = opened(store, clock)
    redeem = store.sessions.redeem_ticket

    count = at_once(lambda _: redeem("shop", session.id, DIGEST, clock()))

    assert count == 1
    assert not redeem("shop", session.id, DIGEST, clock())
    assert not redeem("shop", session.id, "", clock())


def test_ticket_is_that_of_its_session_and_time(store: SqlStateStore, clock: Clock) -> None:
    """Another digest, another app and another minute open nothing."""
    session = opened(store, clock)
    redeem = store.sessions.redeem_ticket

    assert not redeem("shop", session.id, "e2" * 32, clock())
    assert not redeem("club", session.id, DIGEST, clock())
    clock.move(timedelta(seconds=60))
    assert not redeem("shop", session.id, DIGEST, clock())


def test_revoked_session_says_when_and_why(store: SqlStateStore, clock: Clock) -> None:
    """The end of a session is kept with its time and reason."""
    session = opened(store, clock)
    clock.move(timedelta(hours=1))

    store.sessions.revoke("shop", session.id, "MARKED reason ß", clock())

    ended = found(store, session)
    assert (ended.revoke_time, ended.revoke_reason) == (clock(), "MARKED reason ß")
    assert ended.end_time == clock()


@pytest.mark.parametrize("way", ["revoked", "expired"])
def test_ended_session_never_changes(store: SqlStateStore, clock: Clock, way: str) -> None:
    """What has ended is used, rotated, redeemed, written and revoked no more."""
    session = opened(store, clock)
    if way == "revoked":
        store.sessions.revoke("shop", session.id, "first", clock())
    clock.move(timedelta(days=7))
    before = found(store, session)

    store.sessions.touch(session, clock())
    store.sessions.revoke("shop", session.id, "second", clock())
    outcomes = [
        store.sessions.rotate(session, clock()),
        store.sessions.set_payload(session, {"late": True}, clock()),
        store.sessions.redeem_ticket("shop", session.id, DIGEST, clock()),
        store.sessions.revoke_all("shop", ADA, "third", clock()) > 0,
    ]

    assert outcomes == [False] * 4
    assert found(store, session) == before


def test_clock_that_is_slow_revives_nothing(store: SqlStateStore, clock: Clock) -> None:
    """A session that was revoked by a clock ahead has ended for one that is behind, too."""
    session = opened(store, clock)
    store.sessions.revoke("shop", session.id, "first", clock())
    before = found(store, session)
    clock.move(timedelta(seconds=-2))

    store.sessions.revoke("shop", session.id, "second", clock())
    outcomes = [
        store.sessions.rotate(session, clock()),
        store.sessions.set_payload(session, {"late": True}, clock()),
        store.sessions.redeem_ticket("shop", session.id, DIGEST, clock()),
        store.sessions.revoke_all("shop", ADA, "third", clock()) > 0,
    ]

    assert outcomes == [False] * 4
    assert found(store, session) == before


def test_all_of_an_account_are_revoked_together(store: SqlStateStore, clock: Clock) -> None:
    """Every active session of the account ends, with one reason, and nobody else's."""
    mine, other = [opened(store, clock) for _ in range(3)], opened(store, clock, BEN)
    store.sessions.revoke("shop", mine[0].id, "before", clock())

    assert store.sessions.revoke_all("shop", ADA, "password changed", clock()) == 2

    reasons = [found(store, each).revoke_reason for each in mine]
    assert reasons == ["before", "password changed", "password changed"]
    assert found(store, other) == other


def test_payload_is_replaced(store: SqlStateStore, clock: Clock) -> None:
    """The payload of an active session is what was written last."""
    session = opened(store, clock, payload={"a": 1})

    assert store.sessions.set_payload(session, {"b": [2]}, clock())

    assert found(store, session) == replace(session, payload={"b": [2]})


def test_sweep_keeps_what_ended_within_a_week(store: SqlStateStore, clock: Clock) -> None:
    """Only sessions that ended more than a week ago are removed, revoked or expired."""
    revoked, expired = opened(store, clock), opened(store, clock)
    store.sessions.revoke("shop", revoked.id, "", clock())
    clock.move(timedelta(days=7, microseconds=-1))
    kept = opened(store, clock)

    assert store.sessions.sweep(clock()) == 0
    clock.move(timedelta(microseconds=1))
    assert store.sessions.sweep(clock()) == 1
    assert store.sessions.get_many("shop", [revoked.id]) == []
    assert found(store, expired) == expired
    clock.move(timedelta(days=7))
    assert store.sessions.sweep(clock()) == 1
    assert store.sessions.sweep(clock()) == 0
    assert found(store, kept) == kept
