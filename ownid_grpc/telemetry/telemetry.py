"""All that one process says about itself, in one hand."""

from dataclasses import dataclass

from ownid_grpc.telemetry.audit import AuditLog
from ownid_grpc.telemetry.logs import Logger
from ownid_grpc.telemetry.meters import UNMETERED, Meter


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What a part of the service reports to; all but the log is off unless asked for."""

    log: Logger
    meter: Meter = UNMETERED
    audit: AuditLog | None = None
