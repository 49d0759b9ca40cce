"""The log of servers that run within the tests, of which a process has only one."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from ownid_grpc.telemetry.logs import configure_logs


@contextmanager
def captured_logs() -> Iterator[io.StringIO]:
    """Gives what is logged within the block, and leaves the log as it was before."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    before = structlog.get_config()
    lines = io.StringIO()
    configure_logs(stream=lines, delay_seconds=0)
    try:
        yield lines
    finally:
        structlog.configure(**before)
        root.handlers[:] = handlers
        root.setLevel(level)
