"""Watching the health, where a server that stops meets a watcher who comes."""

import threading
from typing import Any

from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from ownid_grpc.server.health import NOT_SERVING, SERVING, HealthService

SECONDS = 10


class Listener:
    """What a watcher hears; stands in for the context too, which it never leaves."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def add_callback(self, _: object) -> bool:
        """Says that the call is still there."""
        return True

    def watch(self, health: HealthService) -> None:
        """Begins to watch."""
        health.Watch(HealthCheckRequest(service=""), self, self.heard.append)  # type: ignore[arg-type]  # of a context it has what is used


class ClosesFirst(dict[int, Any]):
    """Watchers of a server that stops at the very moment when one comes."""

    def __init__(self, health: HealthService) -> None:
        super().__init__()
        self._health = health

    def __setitem__(self, key: int, watcher: object) -> None:
        """Has the server stop, as far as it can by then, and takes the watcher in."""
        self.closing = threading.Thread(target=self._health.close)
        self.closing.start()
        self._health._herald.join(0.2)
        super().__setitem__(key, watcher)


def test_watcher_who_comes_while_the_server_stops_is_let_go() -> None:
    """However late somebody comes to watch, they are told the health and that it is the end."""
    health, listener = HealthService(), Listener()
    health._watchers = watchers = ClosesFirst(health)

    listener.watch(health)

    watchers.closing.join(SECONDS)
    health._herald.join(SECONDS)
    assert not watchers.closing.is_alive()
    assert listener.heard == [HealthCheckResponse(status=NOT_SERVING), None]


def test_service_is_not_served_once_withdrawn() -> None:
    """Who comes to watch after the end hears of nothing that is served."""
    health, listener = HealthService(), Listener()
    health.publish({"": SERVING})
    health.withdraw()
    health.close()
    health._herald.join(SECONDS)

    listener.watch(health)

    assert listener.heard == [HealthCheckResponse(status=NOT_SERVING), None]
