"""What the operator wants of the workers."""

from dataclasses import dataclass

from ownid_grpc.config import ConfigFile


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """One reading of the configuration, and what it says of workers; none equals another."""

    file: ConfigFile
    count: int
    memory_ceiling: int | None
    """In bytes; None is any number."""
