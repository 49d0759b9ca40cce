"""What is measured, by the names of OpenTelemetry's semantic conventions where they have one."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal


class Kind(Enum):
    """What a measurement is: a distribution, something that grows, or how it is just now."""

    HISTOGRAM = auto()
    COUNTER = auto()
    GAUGE = auto()


@dataclass(frozen=True, slots=True)
class Instrument:
    """One thing that is measured; `merged` is how workers' gauges become one."""

    name: str
    description: str
    attributes: tuple[str, ...] = ()
    kind: Kind = Kind.HISTOGRAM
    unit: str = ""
    merged: Literal["livesum", "livemin", "livemax"] = "livesum"

    @property
    def prometheus_name(self) -> str:
        """The name as OpenTelemetry translates it for Prometheus."""
        suffix = "_seconds" if self.unit == "s" else ""
        return prometheus_name_of(self.name) + suffix


def prometheus_name_of(name: str) -> str:
    """Returns `rpc_method` for `rpc.method`."""
    return name.replace(".", "_")


APP = "ownid.app"

CALLS = Instrument(
    "rpc.server.call.duration",
    "How long calls took, from their arrival to their answer.",
    ("rpc.method", "rpc.response.status_code", "error.type", APP),
    unit="s",
)
ACTIVE_CALLS = Instrument(
    "ownid.calls.active",
    "How many calls are under way: streams, and pages that watch, among them.",
    ("rpc.method",),
    Kind.GAUGE,
)
OPERATIONS = Instrument(
    "db.client.operation.duration",
    "How long an app's repository took, waiting for a connection included.",
    ("db.operation.name", "error.type", APP),
    unit="s",
)
SESSION_ENDS = Instrument(
    "ownid.session.end.delay",
    "How long after a session ended the pages that watch it were told.",
    (APP,),
    unit="s",
)
APP_SERVING = Instrument(
    "ownid.app.serving", "Whether an app is served.", (APP,), Kind.GAUGE, merged="livemin"
)
STATE_SERVING = Instrument(
    "ownid.state.serving", "Whether the state store answers.", (), Kind.GAUGE, merged="livemin"
)

POOL_USED = Instrument(
    "db.client.connection.count",
    "How many connections of a pool are in use.",
    (APP, "db.client.connection.pool.name"),
    Kind.GAUGE,
)
POOL_SIZE = Instrument(
    "db.client.connection.max",
    "How many connections a pool can have.",
    (APP, "db.client.connection.pool.name"),
    Kind.GAUGE,
)
POOL_WAITING = Instrument(
    "db.client.connection.pending_requests",
    "How many calls wait for a connection of a pool.",
    (APP, "db.client.connection.pool.name"),
    Kind.GAUGE,
)
AUDIT_LINES = Instrument(
    "ownid.audit.lines",
    "How many lines were for the audit log, written or lost.",
    ("ownid.outcome",),
    Kind.COUNTER,
)

INSTRUMENTS = (
    CALLS,
    ACTIVE_CALLS,
    OPERATIONS,
    SESSION_ENDS,
    APP_SERVING,
    STATE_SERVING,
    AUDIT_LINES,
    POOL_USED,
    POOL_SIZE,
    POOL_WAITING,
)

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Bounds in seconds; the last is the longest that a statement may take unless said otherwise."""
