"""A collector of OpenTelemetry as small as can be: it keeps what it is sent by OTLP."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import (
    MetricsServiceServicer,
    add_MetricsServiceServicer_to_server,
)
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)


@dataclass
class Collected(TraceServiceServicer, MetricsServiceServicer):
    """What was sent, as it came; `metrics` is what was sent last."""

    endpoint: str = ""
    requests: list[Any] = field(default_factory=list)

    def Export(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, ARG002, N802 - of the protocol
        """Keeps what is sent."""
        self.requests.append(request)
        if isinstance(request, trace_service_pb2.ExportTraceServiceRequest):
            return trace_service_pb2.ExportTraceServiceResponse()
        return metrics_service_pb2.ExportMetricsServiceResponse()

    @property
    def spans(self) -> list[Any]:
        """All spans."""
        return [
            span
            for request in self.requests
            for resource in getattr(request, "resource_spans", ())
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def metrics(self) -> dict[str, Any]:
        """The metrics that came last, by their names."""
        sent = [request for request in self.requests if hasattr(request, "resource_metrics")]
        return {
            metric.name: metric
            for resource in sent[-1].resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


@contextmanager
def collecting() -> Iterator[Collected]:
    """Gives a collector for as long as the block."""
    collected = Collected()
    server = grpc.server(ThreadPoolExecutor(2))
    add_TraceServiceServicer_to_server(collected, server)
    add_MetricsServiceServicer_to_server(collected, server)
    collected.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield collected
    finally:
        server.stop(None).wait()


def attributes_of(span: Any) -> dict[str, str]:  # noqa: ANN401 - generated without types
    """Returns the attributes of a span or of a point of a metric."""
    return {each.key: each.value.string_value for each in span.attributes}
