"""Measurements kept for Prometheus to fetch; imported only where somebody wants them."""

from collections.abc import Collection
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.metrics import MetricWrapperBase

from ownid_grpc.telemetry.instruments import (
    ACTIVE_CALLS,
    APP_SERVING,
    AUDIT_LINES,
    BUCKETS,
    CALLS,
    OPERATIONS,
    POOL_SIZE,
    POOL_USED,
    POOL_WAITING,
    SESSION_ENDS,
    STATE_SERVING,
    Instrument,
    prometheus_name_of,
)

Metric = TypeVar("Metric", bound=MetricWrapperBase)


class PrometheusMeter:
    """Keeps measurements; what has been measured before is found again by one look-up.

    Apps other than `apps` are counted together: a caller may make any name up.
    """

    def __init__(self, apps: Collection[str]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no types
        self.registry = CollectorRegistry()
        self._apps = frozenset(apps)
        self._calls = self._histogram(CALLS)
        self._active = self._gauge(ACTIVE_CALLS)
        self._operations = self._histogram(OPERATIONS)
        self._session_ends = self._histogram(SESSION_ENDS)
        self._apps_serving = self._gauge(APP_SERVING)
        self._state_serving = self._gauge(STATE_SERVING)
        self._audit_lines = self._counter(AUDIT_LINES)
        self._pools_used = self._gauge(POOL_USED)
        self._pool_sizes = self._gauge(POOL_SIZE)
        self._pools_waiting = self._gauge(POOL_WAITING)

    def call_began(self, method: str) -> None:
        """Notes that a call is under way."""
        self._active.child(method).inc()

    def call_ended(self, method: str, code: str, reason: str, app: str, seconds: float) -> None:
        """Notes how a call ended, and after how long."""
        self._active.child(method).dec()
        known = app if app in self._apps else ""
        self._calls.child(method, code, reason, known).observe(seconds)

    def operation_ended(self, app: str, operation: str, reason: str, seconds: float) -> None:
        """Notes how long an app's repository took for what it was asked."""
        self._operations.child(operation, reason, app).observe(seconds)

    def session_end_told(self, app: str, seconds: float) -> None:
        """Notes how long after a session's end its page was told."""
        self._session_ends.child(app).observe(seconds)

    def checked(self, target: str, *, is_serving: bool) -> None:
        """Notes whether the state store, or an app, is as it should be."""
        kind, _, app = target.partition("/")
        gauge = self._apps_serving.child(app) if kind == "app" else self._state_serving.child()
        gauge.set(is_serving)

    def audited(self, lines: int, *, is_lost: bool) -> None:
        """Notes how many lines were for the audit log, and whether they are in it."""
        self._audit_lines.child("lost" if is_lost else "written").inc(lines)

    def pool_seen(self, app: str, pool: str, *, size: int, used: int, waiting: int) -> None:
        """Notes how a pool of an app's connections is just now."""
        self._pool_sizes.child(app, pool).set(size)
        self._pools_used.child(app, pool).set(used)
        self._pools_waiting.child(app, pool).set(waiting)

    def _histogram(self, instrument: Instrument) -> "_Family[Histogram]":
        labels = tuple(map(prometheus_name_of, instrument.attributes))
        return _Family(
            Histogram(
                instrument.prometheus_name,
                instrument.description,
                labels,
                buckets=BUCKETS,
                registry=self.registry,
            )
        )

    def _counter(self, instrument: Instrument) -> "_Family[Counter]":
        labels = tuple(map(prometheus_name_of, instrument.attributes))
        name = instrument.prometheus_name
        return _Family(Counter(name, instrument.description, labels, registry=self.registry))

    def _gauge(self, instrument: Instrument) -> "_Family[Gauge]":
        labels = tuple(map(prometheus_name_of, instrument.attributes))
        return _Family(
            Gauge(
                instrument.prometheus_name,
                instrument.description,
                labels,
                multiprocess_mode=instrument.merged,
                registry=self.registry,
            )
        )


class _Family(Generic[Metric]):
    """A metric by its labels' values."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric
        self._children: dict[tuple[str, ...], Metric] = {}

    def child(self, *values: str) -> Metric:
        found = self._children.get(values)
        if found is None:
            found = self._children[values] = (
                self._metric.labels(*values) if values else self._metric
            )
        return found
