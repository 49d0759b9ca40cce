"""Who is signed in where, in SQL; whatever tells who that is lies sealed."""

import base64
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    Select,
    Update,
    and_,
    case,
    or_,
    select,
)

from ownid_grpc.domain.account import AccountKey, Profile
from ownid_grpc.domain.sealing import Digests, Sealer
from ownid_grpc.domain.session import KEPT_AFTER_END, Session, SessionId
from ownid_grpc.state.base import SessionPosition
from ownid_grpc.state.connections import Connections
from ownid_grpc.state.tables import SESSIONS
from ownid_grpc.state.times import from_micros, to_micros

_TABLE = SESSIONS
_MICROSECOND = timedelta(microseconds=1)
_NAMES = tuple(column.name for column in _TABLE.columns)
_ONE = f"SELECT {', '.join(_NAMES)} FROM {_TABLE.name} WHERE app = ? AND session_id = ?"  # noqa: S608 - constants
_CHANGED_AT_ONCE = 500
"""So that no statement locks much, or for long."""


class SqlSessions:
    """The sessions of all apps.

    `end_time` is when a session ends unless it is used again, and when it was
    revoked. Every change asks in its own condition whether it holds still, so
    that of two that meet the second changes nothing. What changes or removes
    several names them by id: rows found by another index are locked there
    too, and two statements that lock two indexes may wait for each other.
    """

    def __init__(self, connections: Connections, secret: bytes) -> None:
        self._connections = connections
        self._sealer = Sealer(secret, "session")
        self._digests = Digests(secret, "session account")

    def add(self, session: Session, ticket_digest: str, ticket_expire_time: datetime) -> None:
        """Keeps a new session and its ticket."""
        row = {
            "app": session.app,
            "session_id": session.id,
            "account_digest": self._digest(session.app, session.account),
            "sealed": self._sealed(session, _identity(session), "identity"),
            "payload": self._sealed(session, session.payload, "payload"),
            "create_time": to_micros(session.create_time),
            "last_active_time": to_micros(session.last_active_time),
            "expire_time": to_micros(session.expire_time),
            "idle_timeout": session.idle_timeout // _MICROSECOND,
            "end_time": to_micros(session.end_time),
            "generation": session.generation,
            "ticket_digest": ticket_digest,
            "ticket_expire_time": to_micros(ticket_expire_time),
        }
        self._connections.write(lambda connection: connection.execute(_TABLE.insert(), row))

    def get_many(self, app: str, session_ids: Collection[SessionId]) -> list[Session]:
        """Returns those of the sessions that exist."""
        if len(session_ids) == 1:  # as with each call of a signed-in user
            row = self._connections.first_row(_ONE, app, *session_ids)
            return [] if row is None else self._opened_rows([dict(zip(_NAMES, row, strict=True))])
        query = select(_TABLE).where(_TABLE.c.app == app, _TABLE.c.session_id.in_(session_ids))
        return self._found(query)

    def newest(
        self, app: str, account: AccountKey | None, *, after: SessionPosition | None, limit: int
    ) -> Sequence[Session]:
        """Returns sessions, newest first."""
        query, index = select(_TABLE).where(_TABLE.c.app == app), "ownid_sessions_app"
        if account is not None:
            query = query.where(_TABLE.c.account_digest == self._digest(app, account))
            index = "ownid_sessions_account"
        if after is not None:
            query = query.where(_is_after(after))
        for dialect in ("mariadb", "mysql"):
            # Left to itself it reads the index from the newest on, to wherever the page begins.
            query = query.with_hint(_TABLE, f"FORCE INDEX ({index})", dialect)
        query = query.order_by(_TABLE.c.create_time.desc(), _TABLE.c.session_id.desc()).limit(limit)
        return self._found(query)

    def touch(self, session: Session, now: datetime) -> None:
        """Notes that an active session is used."""
        if now - session.last_active_time < session.last_active_step:
            return
        before = to_micros(now - session.last_active_step)
        self._change(session, now, _used(now), _TABLE.c.last_active_time <= before)

    def set_payload(self, session: Session, payload: Profile, now: datetime) -> bool:
        """Replaces the payload of an active session."""
        return self._change(session, now, {"payload": self._sealed(session, payload, "payload")})

    def rotate(self, session: Session, now: datetime) -> bool:
        """Counts the generation on and notes the use."""
        changes = {"generation": session.generation + 1, "rotate_time": to_micros(now)}
        is_same = _TABLE.c.generation == session.generation
        return self._change(session, now, changes | _used(now), is_same)

    def redeem_ticket(self, app: str, session_id: SessionId, digest: str, now: datetime) -> bool:
        """Returns True the first time, while the ticket and its session hold."""
        condition = and_(
            _TABLE.c.app == app,
            _TABLE.c.session_id == session_id,
            _TABLE.c.ticket_digest == digest,
            _TABLE.c.ticket_expire_time > to_micros(now),
        )
        return self._update(condition, now, {"ticket_digest": None}) > 0

    def revoke(self, app: str, session_id: SessionId, reason: str, now: datetime) -> None:
        """Ends a session that is active."""
        condition = and_(_TABLE.c.app == app, _TABLE.c.session_id == session_id)
        self._update(condition, now, self._revoked(app, reason, now))

    def revoke_all(self, app: str, account: AccountKey, reason: str, now: datetime) -> int:
        """Ends all the active sessions of an account."""
        own = and_(_TABLE.c.app == app, _TABLE.c.account_digest == self._digest(app, account))
        ids = self._ids(select(_TABLE.c.session_id).where(own, _is_active(now)))
        changes, count = self._revoked(app, reason, now), 0
        for start in range(0, len(ids), _CHANGED_AT_ONCE):
            batch = ids[start : start + _CHANGED_AT_ONCE]
            count += self._update(_TABLE.c.session_id.in_(batch), now, changes)
        return count

    def sweep(self, now: datetime) -> int:
        """Removes some of the sessions that ended more than a week ago."""
        ended = _TABLE.c.end_time <= to_micros(now - KEPT_AFTER_END)
        query = select(_TABLE.c.session_id).where(ended).order_by(_TABLE.c.end_time)
        while ids := self._ids(query.limit(_CHANGED_AT_ONCE)):
            statement = _TABLE.delete().where(_TABLE.c.session_id.in_(ids))
            if count := self._written(statement):
                return count
            # Another replica was first with all of these.
        return 0

    def _ids(self, query: Select[Any]) -> list[str]:
        return sorted(self._connections.read(lambda connection: connection.scalars(query).all()))

    def _found(self, query: Select[Any]) -> list[Session]:
        rows = self._connections.read(lambda connection: connection.execute(query).mappings().all())
        return self._opened_rows(rows)

    def _opened_rows(self, rows: Iterable[Mapping[Any, Any]]) -> list[Session]:
        found = []
        for row in rows:
            with suppress(ValueError):  # sealed with another secret
                found.append(self._session(row))
        return found

    def _change(
        self,
        session: Session,
        now: datetime,
        changes: Mapping[str, Any],
        *conditions: ColumnElement[bool],
    ) -> bool:
        own = and_(_TABLE.c.app == session.app, _TABLE.c.session_id == session.id, *conditions)
        return self._update(own, now, changes) > 0

    def _update(
        self, condition: ColumnElement[bool], now: datetime, changes: Mapping[str, Any]
    ) -> int:
        """Changes the rows that are active still, and returns how many."""
        return self._written(
            _TABLE.update().where(condition, _is_active(now)).values(dict(changes))
        )

    def _written(self, statement: Update | Delete) -> int:
        return self._connections.write(lambda connection: connection.execute(statement).rowcount)

    def _revoked(self, app: str, reason: str, now: datetime) -> dict[str, Any]:
        # Sealed for the app, not for the session: one statement ends many of them.
        sealed = self._sealer.seal(reason.encode(), f"{app} reason".encode())
        micros = to_micros(now)
        return {"revoke_time": micros, "end_time": micros, "revoke_reason": _text_of(sealed)}

    def _session(self, row: Mapping[Any, Any]) -> Session:
        app, session_id = row["app"], SessionId(row["session_id"])
        identity = self._opened(app, session_id, row["sealed"], "identity")
        sealed_reason = row["revoke_reason"]
        reason = b""
        if sealed_reason is not None:
            reason = self._sealer.open(_bytes_of(sealed_reason), f"{app} reason".encode())
        return Session(
            app=app,
            id=session_id,
            account=tuple(identity["account"]),
            create_time=from_micros(row["create_time"]),
            last_active_time=from_micros(row["last_active_time"]),
            expire_time=from_micros(row["expire_time"]),
            idle_timeout=row["idle_timeout"] * _MICROSECOND,
            payload=self._opened(app, session_id, row["payload"], "payload"),
            user_agent=identity["user_agent"],
            ip_address=identity["ip_address"],
            revoke_time=_time(row["revoke_time"]),
            revoke_reason=reason.decode(),
            generation=row["generation"],
            rotate_time=_time(row["rotate_time"]),
            seed=bytes.fromhex(identity["seed"]),
        )

    def _sealed(self, session: Session, content: Mapping[str, Any], part: str) -> str:
        text = json.dumps(content, default=str).encode()
        return _text_of(self._sealer.seal(text, _context(session.app, session.id, part)))

    def _opened(self, app: str, session_id: SessionId, sealed: str, part: str) -> dict[str, Any]:
        content = self._sealer.open(_bytes_of(sealed), _context(app, session_id, part))
        opened: dict[str, Any] = json.loads(content)
        return opened

    def _digest(self, app: str, account: AccountKey) -> str:
        return self._digests.of(app, *account)


def _identity(session: Session) -> dict[str, Any]:
    return {
        "account": session.account,
        "user_agent": session.user_agent,
        "ip_address": session.ip_address,
        "seed": session.seed.hex(),
    }


def _used(now: datetime) -> dict[str, Any]:
    """Returns what a use at `now` changes; two replicas' clocks never set it back."""
    micros = to_micros(now)
    idle_end = _TABLE.c.idle_timeout + micros
    return {
        "last_active_time": case(
            (_TABLE.c.last_active_time > micros, _TABLE.c.last_active_time), else_=micros
        ),
        "end_time": case(
            (_TABLE.c.last_active_time > micros, _TABLE.c.end_time),
            (idle_end > _TABLE.c.expire_time, _TABLE.c.expire_time),
            else_=idle_end,
        ),
    }


def _is_active(now: datetime) -> ColumnElement[bool]:
    # A replica whose clock is ahead may have revoked it at a time that has not come here.
    return and_(_TABLE.c.revoke_time.is_(None), _TABLE.c.end_time > to_micros(now))


def _is_after(position: SessionPosition) -> ColumnElement[bool]:
    micros = to_micros(position.create_time)
    created = _TABLE.c.create_time
    # Said twice, since no database makes a range of an index out of the second half alone.
    return and_(
        created <= micros,
        or_(created < micros, _TABLE.c.session_id < position.id),
    )


def _context(app: str, session_id: SessionId, part: str) -> bytes:
    return f"{app} {session_id} {part}".encode()


def _time(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def _text_of(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _bytes_of(text: str) -> bytes:
    return base64.b64decode(text)
