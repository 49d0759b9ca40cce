"""Sends traces and metrics to a collector by OTLP; imported only where somebody wants them.

What it takes to get in there the variables `OTEL_EXPORTER_OTLP_…` say, and who
we are `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`.
"""

import uuid

from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import (
    MetricExportResult,
    MetricsData,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from ownid_grpc.telemetry.metrics import PrometheusMeter
from ownid_grpc.telemetry.otlp_metrics import metrics_of
from ownid_grpc.telemetry.traces import Span, Spans

SCOPE = InstrumentationScope("ownid_grpc")

_AT_ONCE = 512
_NAMESPACE = "ownid-grpc"


def resource() -> Resource:
    """Returns who we are: one process of the service, as the environment calls it."""
    made = Resource.create({"service.instance.id": str(uuid.uuid4())})
    is_named = not str(made.attributes["service.name"]).startswith("unknown_service")
    return made if is_named else made.merge(Resource({"service.name": _NAMESPACE}))


class SpanSender:
    """Sends the spans that wait."""

    def __init__(self, spans: Spans, endpoint: str | None, sent_by: Resource) -> None:
        self._spans = spans
        self._resource = sent_by
        self._exporter = OTLPSpanExporter(endpoint)

    def send(self) -> bool:
        """Sends what waits, and returns whether it arrived; what did not is lost."""
        made = [_readable(span, self._resource) for span in self._spans.take()]
        batches = [made[start : start + _AT_ONCE] for start in range(0, len(made), _AT_ONCE)]
        results = [self._exporter.export(batch) for batch in batches]
        return all(result is SpanExportResult.SUCCESS for result in results)

    def close(self) -> None:
        """Closes the connection."""
        self._exporter.shutdown()


class MetricSender:
    """Sends what a meter has measured, as it is now."""

    def __init__(self, meter: PrometheusMeter, endpoint: str | None, sent_by: Resource) -> None:
        self._meter = meter
        self._resource = sent_by
        self._exporter = OTLPMetricExporter(endpoint)

    def send(self) -> bool:
        """Sends it, and returns whether it arrived."""
        scoped = ScopeMetrics(SCOPE, [*metrics_of(self._meter.registry)], "")
        measured = MetricsData([ResourceMetrics(self._resource, [scoped], "")])
        return self._exporter.export(measured) is MetricExportResult.SUCCESS

    def close(self) -> None:
        """Closes the connection."""
        self._exporter.shutdown()


def _readable(span: Span, sent_by: Resource) -> ReadableSpan:
    parent = _context(span.trace_id, span.parent_id, is_remote=span.is_call)
    return ReadableSpan(
        span.name,
        _context(span.trace_id, span.span_id),
        parent if span.parent_id else None,
        sent_by,
        {name: value for name, value in span.attributes.items() if value}
        | ({"error.type": span.error} if span.error else {}),
        kind=SpanKind.SERVER if span.is_call else SpanKind.INTERNAL,
        status=Status(StatusCode.ERROR if span.error else StatusCode.UNSET),
        start_time=span.began,
        end_time=span.ended,
        instrumentation_scope=SCOPE,
    )


def _context(trace_id: int, span_id: int, *, is_remote: bool = False) -> SpanContext:
    return SpanContext(trace_id, span_id, is_remote, TraceFlags(TraceFlags.SAMPLED))
