"""Opens what the service tells of itself through, as its configuration says."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from ownid_grpc.config import Config, ConfigError
from ownid_grpc.server.ports import CannotListen
from ownid_grpc.telemetry.audit import AuditLog
from ownid_grpc.telemetry.logs import Logger
from ownid_grpc.telemetry.meters import UNMETERED
from ownid_grpc.telemetry.pseudonyms import Pseudonyms
from ownid_grpc.telemetry.sending import Sending
from ownid_grpc.telemetry.telemetry import Telemetry
from ownid_grpc.telemetry.traces import Spans, Tracer

# What these import is only there where it is wanted, or takes its time.
if TYPE_CHECKING:
    from ownid_grpc.telemetry.metrics import PrometheusMeter

_SPAN_SECONDS = 2.0
_METRIC_SECONDS = 30.0


@contextmanager
def open_telemetry(config: Config, log: Logger, *, is_worker: bool = False) -> Iterator[Telemetry]:
    """Gives what the service reports to; the metrics of a worker are its parent's to show.

    Raises `CannotListen` where the address for the metrics is taken, and
    `ConfigError` for an audit log that cannot be written, and for what is not
    installed.
    """
    with ExitStack() as opened:
        meter = _open_meter(config, log, opened, is_worker=is_worker)
        tracer = _open_otlp(config, log, meter, opened)
        audit = _open_audit(config, log, opened, meter)
        yield Telemetry(log, meter or UNMETERED, audit, tracer)


def show_metrics_of_workers(config: Config, opened: ExitStack) -> None:
    """Shows for as long as `opened` what the workers measure that are started from now on.

    Raises `CannotListen` where the address for the metrics is taken.
    """
    words = config.server.metrics
    if words is not None:
        from ownid_grpc.telemetry.exposition import exposed_of_workers  # noqa: PLC0415 - as above

        with _listening_on(words.listen):
            opened.enter_context(exposed_of_workers(words.listen))


def _open_meter(
    config: Config, log: Logger, opened: ExitStack, *, is_worker: bool
) -> "PrometheusMeter | None":
    words = config.server.metrics
    if words is None and not (config.otlp and config.otlp.metrics):
        return None
    from ownid_grpc.telemetry.exposition import exposed  # noqa: PLC0415 - as above
    from ownid_grpc.telemetry.metrics import PrometheusMeter  # noqa: PLC0415 - as above

    meter = PrometheusMeter(config.apps)
    if words is not None and not is_worker:
        with _listening_on(words.listen):
            address = opened.enter_context(exposed(meter.registry, words.listen))
        log.info("metrics", address=address)
    return meter


def _open_otlp(
    config: Config, log: Logger, meter: "PrometheusMeter | None", opened: ExitStack
) -> Tracer | None:
    words = config.otlp
    if words is None:
        return None
    try:
        from ownid_grpc.telemetry import otlp  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        message = "its packages are not installed; install ownid-grpc[telemetry]"
        raise config.error_at(("otlp",), message) from error
    sent_by, spans = otlp.resource(), Spans()
    if words.metrics and meter is not None:
        metric_sender = otlp.MetricSender(meter, words.endpoint, sent_by)
        opened.callback(metric_sender.close)
        sending = Sending("otlp-metrics", _METRIC_SECONDS, metric_sender.send, log)
        opened.callback(sending.close)
    if not words.traces:
        return None
    span_sender = otlp.SpanSender(spans, words.endpoint, sent_by)
    opened.callback(span_sender.close)
    opened.callback(Sending("otlp-traces", _SPAN_SECONDS, span_sender.send, log).close)
    return Tracer(spans, words.ratio)


def _open_audit(
    config: Config, log: Logger, opened: ExitStack, meter: "PrometheusMeter | None"
) -> AuditLog | None:
    words = config.audit
    if words is None:
        return None
    names = Pseudonyms.of_service(config.secret_bytes())
    try:
        audit = AuditLog(words.file, names, log, meter or UNMETERED, is_synchronous=words.sync)
    except OSError as error:
        raise _cannot_be_written(config, error) from error
    opened.callback(audit.close)
    return audit


def _cannot_be_written(config: Config, error: OSError) -> ConfigError:
    return config.error_at(("audit", "file"), f"the file cannot be written: {error.strerror}")


@contextmanager
def _listening_on(address: str) -> Iterator[None]:
    try:
        yield
    except (OSError, OverflowError) as error:
        raise CannotListen(f"Cannot listen on {address} for metrics.") from error
