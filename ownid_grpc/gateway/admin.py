"""Talks to a running Envoy by its admin interface, which is a unix socket."""

import json
import socket
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from ownid_grpc.gateway.listener import LISTENER
from ownid_grpc.gateway.upstream import CLUSTER

_TIMEOUT_SECONDS = 5


class NoAnswer(Exception):
    """Envoy is not there, or not yet."""


@dataclass(frozen=True, slots=True)
class Admin:
    """What is asked of Envoy; each raises `NoAnswer`."""

    path: Path

    def await_nothing_new(self) -> None:
        """Has balancers before it send nothing more, and clients leave after their next answer."""
        self._ask("POST", "/healthcheck/fail")
        self._ask("POST", "/drain_listeners?graceful&skip_exit")

    def address(self) -> str:
        """Returns the address on which it takes calls."""
        self._ask("GET", "/ready")
        listeners = json.loads(self._ask("GET", "/listeners?format=json"))["listener_statuses"]
        found = next(each for each in listeners if each["name"] == LISTENER)
        place = found["local_address"]["socket_address"]
        host = f"[{place['address']}]" if ":" in place["address"] else place["address"]
        return f"{host}:{place['port_value']}"

    def call_count(self) -> int:
        """Returns how many calls it has passed on."""
        name = f"cluster.{CLUSTER}.upstream_rq_total"
        found = json.loads(self._ask("GET", f"/stats?format=json&filter=^{name}$"))["stats"]
        return sum(int(each["value"]) for each in found)

    def _ask(self, method: str, path: str) -> bytes:
        connection = HTTPConnection("envoy", timeout=_TIMEOUT_SECONDS)
        with closing(connection), socket.socket(socket.AF_UNIX) as plug:
            plug.settimeout(_TIMEOUT_SECONDS)
            connection.sock = plug
            try:
                plug.connect(str(self.path))
                connection.request(method, path)
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, HTTPException) as error:
                raise NoAnswer from error
        if answer.status != 200:  # noqa: PLR2004 - OK
            raise NoAnswer
        return content
