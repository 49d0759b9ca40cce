"""Answers `grpc.health.v1`: from memory, and without ever waiting for anybody."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthServicer

from ownid_grpc.errors import Reason, ResourceExhausted

Status: TypeAlias = int
Send: TypeAlias = Callable[[HealthCheckResponse | None], None]

MAX_WATCHERS = 1000

SERVING = HealthCheckResponse.SERVING
NOT_SERVING = HealthCheckResponse.NOT_SERVING


@dataclass(slots=True)
class _Watcher:
    """Somebody who wants to hear of a service, and what they were told last."""

    service: str
    send: Send
    told: Status | None = None


class HealthService(HealthServicer):
    """What is known of each service, and who watches it.

    Unlike grpcio's own servicer, this one holds no lock while it tells a
    watcher: one that does not listen, or goes away just then, can stop neither
    `Check` nor the thread on which every call arrives.
    """

    def __init__(self) -> None:
        self._statuses: Mapping[str, Status] = {"": NOT_SERVING}
        self._watchers: dict[int, _Watcher] = {}
        self._arriving = threading.Lock()
        self._news = threading.Event()
        self._is_closed = False
        self._is_over = False
        self._herald = threading.Thread(target=self._tell, name="health-herald", daemon=True)
        self._herald.start()

    def publish(self, statuses: Mapping[str, Status]) -> None:
        """Makes these the statuses of all the services that there are."""
        self._statuses = dict(statuses)
        self._news.set()

    def withdraw(self) -> None:
        """Says of every service that it is not served."""
        self.publish(dict.fromkeys(self._statuses, NOT_SERVING))

    def close(self) -> None:
        """Ends every watch, so that a server that stops need not wait for who looks on."""
        self._is_closed = True
        self._news.set()
        self._herald.join(timeout=1)

    def Check(self, request: HealthCheckRequest, context: grpc.ServicerContext) -> object:
        """Returns the status of a service, NOT_FOUND for one that there is not."""
        status = self._statuses.get(request.service)
        if status is None:
            context.set_code(grpc.StatusCode.NOT_FOUND)
            return HealthCheckResponse()
        return HealthCheckResponse(status=status)

    def Watch(
        self,
        request: HealthCheckRequest,
        context: grpc.ServicerContext,
        send_response_callback: Send | None = None,
    ) -> None:
        """Has the status of a service sent now and whenever it changes."""
        if len(self._watchers) >= MAX_WATCHERS or send_response_callback is None:
            raise ResourceExhausted(
                Reason.LIMIT_EXCEEDED,
                f"{MAX_WATCHERS} callers watch the health of services already; ask with Check.",
                {"limit": "health_watchers", "maximum": str(MAX_WATCHERS)},
            )
        watcher = _Watcher(request.service, send_response_callback)
        with self._arriving:
            is_late = self._is_over
            if not is_late:
                self._watchers[id(watcher)] = watcher
        if is_late:
            self._end(watcher)
            return
        if not context.add_callback(lambda: self._forget(watcher)):
            self._forget(watcher)
        self._news.set()

    # What makes grpcio call `Watch` with a callback, instead of keeping a thread for each watcher.
    Watch.experimental_non_blocking = True  # type: ignore[attr-defined]  # functions take any

    def _forget(self, watcher: _Watcher) -> None:
        self._watchers.pop(id(watcher), None)

    def _tell(self) -> None:
        is_closed = False
        while not is_closed:
            self._news.wait()
            self._news.clear()
            # Looked at before anybody is told, so that the last news gets to everybody.
            is_closed = self._is_closed
            for watcher in list(self._watchers.values()):
                self._tell_one(watcher)
        with self._arriving:
            self._is_over = True
        for watcher in list(self._watchers.values()):
            self._end(watcher)

    def _end(self, watcher: _Watcher) -> None:
        self._tell_one(watcher)
        watcher.send(None)

    def _tell_one(self, watcher: _Watcher) -> None:
        status = self._statuses.get(watcher.service, HealthCheckResponse.SERVICE_UNKNOWN)
        if status != watcher.told:
            watcher.told = status
            watcher.send(HealthCheckResponse(status=status))
