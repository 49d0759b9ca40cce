"""What the operator says of what the service tells of itself: metrics, traces, the audit log."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, ValidationInfo

from ownid_grpc.config.words import Words, folder_of

Address: TypeAlias = Annotated[str, Field(pattern=r"^(\[[0-9a-fA-F:.]+\]|[^:\[\]/]+):\d{1,5}$")]

_OTLP_VARIABLES = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
)


class Metrics(Words):
    """Where Prometheus fetches metrics, over plain HTTP; not for the outside."""

    listen: Address = "127.0.0.1:9464"
    """Host and port; port 0 takes a free one."""


class Otlp(Words):
    """What goes to a collector of OpenTelemetry by OTLP, over gRPC."""

    endpoint: Annotated[str, Field(pattern="^https?://[^ ]+$")] | None = None
    """The collector, as http://127.0.0.1:4317; what the environment says unless said here."""
    traces: bool = True
    """Whether traces go there."""
    metrics: bool = True
    """Whether metrics go there."""
    ratio: float = Field(default=1, ge=0, le=1)
    """Which part of the calls is traced whose callers have not decided it."""


def _audit_file(path: Path, info: ValidationInfo) -> Path:
    return path if path == Path("-") else folder_of(info) / path


class Audit(Words):
    """Where it is written who has changed what, a line of JSON for each."""

    file: Annotated[Path, AfterValidator(_audit_file)]
    """The file; `-` is standard output."""
    sync: bool = False
    """Whether each line is on the disk before its call is answered, and not just in the system."""


def otlp_of(environment: Mapping[str, str]) -> Otlp | None:
    """Returns what the variables of OpenTelemetry say, None where they want nothing sent."""
    is_off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if is_off or not any(environment.get(name) for name in _OTLP_VARIABLES):
        return None
    return Otlp(
        traces=environment.get("OTEL_TRACES_EXPORTER") != "none",
        metrics=environment.get("OTEL_METRICS_EXPORTER") != "none",
        ratio=_ratio_of(environment),
    )


def _ratio_of(environment: Mapping[str, str]) -> float:
    sampler = environment.get("OTEL_TRACES_SAMPLER", "always_on")
    if sampler.endswith("always_off"):
        return 0
    try:
        ratio = float(environment.get("OTEL_TRACES_SAMPLER_ARG", "1"))
    except ValueError:
        return 1
    return min(max(ratio, 0), 1) if sampler.endswith("traceidratio") else 1
