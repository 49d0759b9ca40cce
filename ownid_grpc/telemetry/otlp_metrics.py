"""Makes what is kept for Prometheus into metrics of OpenTelemetry, by the names that those have."""

import time
from collections.abc import Iterable, Iterator, Mapping

import prometheus_client
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    Sum,
)
from prometheus_client.samples import Sample

from ownid_grpc.telemetry.instruments import (
    BUCKETS,
    INSTRUMENTS,
    Instrument,
    Kind,
    prometheus_name_of,
)

_STARTED = time.time_ns()
_CUMULATIVE = AggregationTemporality.CUMULATIVE


def metrics_of(registry: prometheus_client.CollectorRegistry) -> Iterator[Metric]:
    """Yields the metrics of a registry, as they are now."""
    found = {family.name: family.samples for family in registry.collect()}
    now = time.time_ns()
    for instrument in INSTRUMENTS:
        samples = found.get(instrument.prometheus_name, [])
        yield Metric(
            instrument.name,
            instrument.description,
            instrument.unit,
            _data(instrument, samples, now),
        )


def _data(instrument: Instrument, samples: Iterable[Sample], now: int) -> Sum | Gauge | Histogram:
    if instrument.kind is Kind.HISTOGRAM:
        return Histogram([*_distributions(instrument, samples, now)], _CUMULATIVE)
    points = [
        NumberDataPoint(_attributes(instrument, sample.labels), _STARTED, now, sample.value)
        for sample in samples
        if not sample.name.endswith("_created")
    ]
    if instrument.kind is Kind.COUNTER:
        return Sum(points, _CUMULATIVE, is_monotonic=True)
    return Gauge(points)


def _distributions(
    instrument: Instrument, samples: Iterable[Sample], now: int
) -> Iterator[HistogramDataPoint]:
    of_labels: dict[tuple[tuple[str, str], ...], list[Sample]] = {}
    for sample in samples:
        labels = tuple((name, value) for name, value in sample.labels.items() if name != "le")
        of_labels.setdefault(labels, []).append(sample)
    for labels, parts in of_labels.items():
        # Prometheus counts what is within each bound and all below it, OpenTelemetry within alone.
        within = [int(part.value) for part in parts if part.name.endswith("_bucket")]
        counts = [upper - lower for lower, upper in zip([0, *within], within, strict=False)]
        total = next(part.value for part in parts if part.name.endswith("_sum"))
        attributes = _attributes(instrument, dict(labels))
        yield HistogramDataPoint(
            attributes, _STARTED, now, within[-1], total, counts, BUCKETS, *_EXTREMES
        )


_EXTREMES = (float("inf"), float("-inf"))
"""What the least and the most are where nobody has kept them."""


def _attributes(instrument: Instrument, labels: Mapping[str, str]) -> dict[str, str]:
    names = {prometheus_name_of(name): name for name in instrument.attributes}
    return {names[label]: value for label, value in labels.items() if value}
