"""Sessions that a store keeps, one or very many."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from ownid_grpc.domain.account import AccountKey
from ownid_grpc.domain.session import Session, new_session_id
from ownid_grpc.domain.session_tokens import new_seed
from ownid_grpc.state.sql import SqlStateStore
from ownid_grpc.state.tables import SESSIONS
from tests.support.clock import Clock

DIGEST = "d1" * 32
ADA: AccountKey = ("MARKED-ada@example.com",)
BEN: AccountKey = ("eu", "7")


def opened(store: SqlStateStore, clock: Clock, key: AccountKey = ADA, **words: Any) -> Session:  # noqa: ANN401 - of a session
    """Returns a session that the store keeps."""
    now = clock()
    session = Session(
        app="shop",
        id=new_session_id(),
        account=key,
        create_time=now,
        last_active_time=now,
        expire_time=now + timedelta(days=30),
        idle_timeout=timedelta(days=7),
        seed=new_seed(),
    )
    session = replace(session, **words)
    store.sessions.add(session, DIGEST, now + timedelta(seconds=60))
    return session


def found(store: SqlStateStore, session: Session) -> Session:
    """Returns a session as the store has it."""
    (kept,) = store.sessions.get_many(session.app, [session.id])
    return kept


def at_once(work: Callable[[int], bool], count: int = 20) -> int:
    """Returns how many of several threads that do the same at once are told that they did it."""
    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(work, range(count)))


def fill(store: SqlStateStore, clock: Clock, count: int) -> Session:
    """Makes many sessions of a thousand accounts at once, and returns one of them."""
    session = opened(store, clock)

    def rows(connection: Any) -> None:  # noqa: ANN401 - of SQLAlchemy
        query = select(SESSIONS).where(SESSIONS.c.session_id == session.id)
        row = dict(connection.execute(query).mappings().one())
        for start in range(0, count, 5000):
            batch = [
                row
                | {
                    "session_id": new_session_id(),
                    "account_digest": f"{number % 1000:064x}",
                    "create_time": row["create_time"] - number,
                    "end_time": row["end_time"] + number,
                }
                for number in range(start, min(start + 5000, count))
            ]
            connection.execute(insert(SESSIONS), batch)

    store._connections.write(rows)
    return session


def analyze(store: SqlStateStore) -> None:
    """Has the database know how many sessions there are."""
    name = store._connections.name
    statement = "ANALYZE TABLE ownid_sessions" if name == "mariadb" else "ANALYZE ownid_sessions"
    store._connections.read(lambda connection: connection.exec_driver_sql(statement))
