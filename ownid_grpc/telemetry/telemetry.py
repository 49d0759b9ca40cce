"""All that one process says about itself, in one hand."""

from dataclasses import dataclass

from ownid_grpc.telemetry.audit import AuditLog
from ownid_grpc.telemetry.logs import Logger
from ownid_grpc.telemetry.meters import UNMETERED, Meter
from ownid_grpc.telemetry.traces import Tracer


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What a part of the service reports to; all but the log is off unless asked for."""

    log: Logger
    meter: Meter = UNMETERED
    audit: AuditLog | None = None
    tracer: Tracer | None = None

    @property
    def is_observing(self) -> bool:
        """Whether somebody wants to know how long things take."""
        return self.meter is not UNMETERED or self.tracer is not None
