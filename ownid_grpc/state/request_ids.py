"""Request ids and what became of each request, in SQL."""

import secrets
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, RowMapping, and_, select
from sqlalchemy.exc import IntegrityError

from ownid_grpc.errors import Unavailable
from ownid_grpc.state.base import Clock, RequestDigest, RequestState, Reservation
from ownid_grpc.state.connections import Connections
from ownid_grpc.state.tables import REQUEST_IDS
from ownid_grpc.state.times import to_micros

_TABLE = REQUEST_IDS

_KEPT = timedelta(hours=24)
_LEASE = timedelta(minutes=1)
_SWEPT_EVERY = timedelta(minutes=5)


class SqlRequestIds:
    """Request ids, kept for 24 hours; who reserves new ones sweeps the old away.

    `owner` says whose the work is. Every step changes it or asks for it, so
    that of two who take the same step one comes too late.
    """

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock
        self._next_sweep = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def reserve(
        self, app: str, request_id: RequestDigest, fingerprint: RequestDigest
    ) -> Reservation:
        """Takes a request id for the caller, unless it is running or done or of another request."""
        self._sweep()
        owner = secrets.token_hex(16)
        ours = Reservation(app, request_id, RequestState.NEW, fingerprint, owner)
        if self._insert(ours):
            return ours
        query = select(_TABLE).where(_key(ours))
        row = self._connections.read(
            lambda connection: connection.execute(query).mappings().first()
        )
        if row is None:  # released just now
            return replace(ours, state=RequestState.RUNNING, owner="")
        return self._reserved(ours, row)

    def finish(self, reservation: Reservation, result: str) -> None:
        """Keeps the result of the work."""
        self._change(reservation, owner="", result=result)

    def release(self, reservation: Reservation) -> None:
        """Forgets a request id whose work has written nothing."""
        statement = _TABLE.delete().where(_key(reservation), _TABLE.c.owner == reservation.owner)
        self._connections.write(lambda connection: connection.execute(statement))

    def break_off(self, reservation: Reservation) -> None:
        """Says that the work ended without anybody knowing whether it has written."""
        self._change(reservation, lease_end_time=0)

    def _reserved(self, ours: Reservation, row: RowMapping) -> Reservation:
        theirs = replace(
            ours,
            state=RequestState.RUNNING if row["result"] is None else RequestState.DONE,
            fingerprint=RequestDigest(row["fingerprint"]),
            owner="",
            result=row["result"] or "",
        )
        now = to_micros(self._clock())
        if row["expire_time"] <= now:
            return self._taken_over(ours, row) or theirs
        is_broken = row["result"] is None and row["lease_end_time"] <= now
        if is_broken and theirs.fingerprint == ours.fingerprint:
            return self._taken_over(replace(ours, state=RequestState.BROKEN), row) or theirs
        return theirs

    def _insert(self, ours: Reservation) -> bool:
        row = {"app": ours.app, "request_id": ours.request_id} | self._leased(ours)
        try:
            self._connections.write(lambda connection: connection.execute(_TABLE.insert(), row))
        except IntegrityError:
            return False
        return True

    def _taken_over(self, ours: Reservation, row: RowMapping) -> Reservation | None:
        before = replace(ours, owner=row["owner"])
        return ours if self._change(before, **self._leased(ours)) else None

    def _leased(self, ours: Reservation) -> dict[str, str | int | None]:
        now = self._clock()
        return {
            "fingerprint": ours.fingerprint,
            "owner": ours.owner,
            "lease_end_time": to_micros(now + _LEASE),
            "expire_time": to_micros(now + _KEPT),
            "result": None,
        }

    def _change(self, reservation: Reservation, **values: str | int | None) -> bool:
        condition = and_(_key(reservation), _TABLE.c.owner == reservation.owner)
        statement = _TABLE.update().where(condition).values(values)
        return (
            self._connections.write(lambda connection: connection.execute(statement).rowcount) > 0
        )

    def _sweep(self) -> None:
        now = self._clock()
        with self._lock:
            if now < self._next_sweep:
                return
            self._next_sweep = now + _SWEPT_EVERY
        expired = _TABLE.delete().where(_TABLE.c.expire_time <= to_micros(now))
        # If the store is down, what follows says so; that sweepers got in each other's way, nobody
        # need know.
        with suppress(Unavailable):
            self._connections.write(lambda connection: connection.execute(expired))


def _key(reservation: Reservation) -> ColumnElement[bool]:
    return and_(_TABLE.c.app == reservation.app, _TABLE.c.request_id == reservation.request_id)
