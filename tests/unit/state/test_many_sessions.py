"""Holds the store to its promises where sessions are many, and where many change them at once."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from sqlalchemy import event, func, select

from ownid_grpc.domain.session import new_session_id
from ownid_grpc.state.base import SessionPosition
from ownid_grpc.state.sql import SqlStateStore
from ownid_grpc.state.tables import SESSIONS
from tests.support.clock import Clock

from .stored_sessions import ADA, BEN, DIGEST, analyze, at_once, fill, found, opened

READS_TOO_MUCH = {
    "sqlite": "SCAN ownid_sessions|TEMP B-TREE",
    "postgresql": "Seq Scan|Sort",
    "mariadb": "'(ALL|index)'|filesort",
}
"""What a plan says that runs through a table or an index, or sorts."""

BEGINS_AT_THE_PAGE = {
    "sqlite": r"app=\? AND create_time<\?",
    "postgresql": "Index Cond: .*create_time <=",
    "mariadb": "'range'",
}

Statement = tuple[str, Any]


def together(*works: Callable[[], object]) -> None:
    """Does several things at once; raises what any of them raised."""
    with ThreadPoolExecutor(len(works)) as pool:
        for each in [pool.submit(work) for work in works]:
            each.result()


def count_of(store: SqlStateStore) -> int:
    """Returns how many sessions lie in the store, also such as cannot be opened."""
    query = select(func.count()).select_from(SESSIONS)
    return int(store._connections.read(lambda connection: connection.scalar(query)) or 0)


def statements_of(store: SqlStateStore) -> list[Statement]:
    """Returns a list that every statement is added to which the store runs from now on."""
    seen: list[Statement] = []
    for engine in (store._connections._reader, store._connections._writer):
        event.listen(engine, "before_cursor_execute", lambda *said: seen.append((said[2], said[3])))
    return seen


def plan_of(store: SqlStateStore, statement: Statement) -> str:
    """Returns how the database would run a statement, in its own words."""
    words = "EXPLAIN QUERY PLAN" if store._connections.name == "sqlite" else "EXPLAIN"

    def explain(connection: Any) -> str:  # noqa: ANN401 - of SQLAlchemy
        text, parameters = statement
        return str(connection.exec_driver_sql(f"{words} {text}", parameters).all())

    return store._connections.read(explain)


def test_many_sessions_are_found_by_index(store: SqlStateStore, clock: Clock) -> None:
    """With 50,000 sessions no statement of the store runs through a table or index, or sorts."""
    session = fill(store, clock, 50_000)
    opened(store, clock, BEN)
    analyze(store)
    seen = statements_of(store)
    now, sessions = clock() + timedelta(minutes=2), store.sessions
    after = SessionPosition(clock() - timedelta(milliseconds=20), session.id)

    sessions.newest("shop", None, after=None, limit=50)
    sessions.newest("shop", None, after=after, limit=50)
    sessions.newest("shop", ADA, after=after, limit=50)
    sessions.get_many("shop", [session.id, new_session_id()])
    sessions.touch(session, now)
    sessions.set_payload(session, {}, now)
    sessions.rotate(session, now)
    sessions.redeem_ticket("shop", session.id, DIGEST, clock())
    sessions.revoke_all("shop", BEN, "", now)
    sessions.revoke("shop", session.id, "", now)
    sessions.sweep(now + timedelta(days=14))

    bad = re.compile(READS_TOO_MUCH[store._connections.name])
    statements = [each for each in seen if each[0].startswith(("SELECT", "UPDATE", "DELETE"))]
    assert len(statements) == 13
    assert [each[0] for each in statements if bad.search(plan_of(store, each))] == []


def test_page_far_down_is_gone_to_straight(store: SqlStateStore, clock: Clock) -> None:
    """A page of an app's sessions does not cost the reading of those before it."""
    session = fill(store, clock, 20_000)
    analyze(store)
    seen = statements_of(store)

    after = SessionPosition(clock() - timedelta(milliseconds=15), session.id)
    store.sessions.newest("shop", None, after=after, limit=50)

    assert re.search(BEGINS_AT_THE_PAGE[store._connections.name], plan_of(store, seen[-1]))


def test_replicas_sweep_at_once(store: SqlStateStore, clock: Clock) -> None:
    """Several who sweep at the same time remove everything, and each counts what it removed."""
    fill(store, clock, 3000)
    clock.move(timedelta(days=60))

    def sweep(_: int) -> int:
        removed = 0
        while count := store.sessions.sweep(clock()):
            removed += count
        return removed

    with ThreadPoolExecutor(4) as pool:
        removed = sum(pool.map(sweep, range(4)))

    assert removed == 3001
    assert count_of(store) == 0


def test_account_with_very_many_sessions_is_signed_out(store: SqlStateStore, clock: Clock) -> None:
    """Of several who end all sessions of an account at once, each session is ended by one."""
    made = [opened(store, clock) for _ in range(1100)]

    with ThreadPoolExecutor(4) as pool:
        counts = pool.map(
            lambda _: store.sessions.revoke_all("shop", ADA, "stolen", clock()), range(4)
        )

    assert sum(counts) == len(made)
    kept = store.sessions.newest("shop", ADA, after=None, limit=2000)
    assert [each.revoke_reason for each in kept] == ["stolen"] * len(made)


def test_signing_out_and_sweeping_do_not_block_each_other(
    store: SqlStateStore, clock: Clock
) -> None:
    """Ending an account's sessions goes through while those that ended long ago are removed."""
    for _ in range(1000):
        opened(store, clock, expire_time=clock() + timedelta(seconds=1))
    clock.move(timedelta(days=8))
    fill(store, clock, 10_000)
    analyze(store)  # so that a database goes by its index to so few of them
    is_swept = threading.Event()

    def sweep() -> None:
        try:
            while store.sessions.sweep(clock()):
                pass
        finally:
            is_swept.set()

    def sign_out() -> None:
        while not is_swept.is_set():
            store.sessions.revoke_all("shop", ADA, "", clock())

    together(sweep, sign_out, sign_out, sign_out)

    assert count_of(store) == 10_001


def test_session_that_is_revoked_meanwhile_is_not_rotated(
    store: SqlStateStore, clock: Clock
) -> None:
    """Of a refresh and a revocation at once, the session ends in any case, with one reason."""
    for _ in range(10):
        session = opened(store, clock)

        def change(number: int) -> bool:
            if number % 2:
                return store.sessions.rotate(session, clock())  # noqa: B023 - used within the loop
            store.sessions.revoke("shop", session.id, str(number), clock())  # noqa: B023 - as above
            return False

        rotated = at_once(change, 12)

        ended = found(store, session)
        assert ended.revoke_time == clock()
        assert ended.revoke_reason in {"0", "2", "4", "6", "8", "10"}
        assert ended.generation == rotated
        assert not store.sessions.rotate(ended, clock())
