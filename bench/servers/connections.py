"""A connection of psycopg for each thread: the fastest way to have one by hand."""

import os
import threading
from typing import Any

import psycopg

DSN_VARIABLE = "BENCH_DSN"

Row = tuple[Any, ...]

_local = threading.local()


def connection() -> psycopg.Connection[Row]:
    """Returns the calling thread's own, which commits each statement."""
    found: psycopg.Connection[Row] | None = getattr(_local, "connection", None)
    if found is None:
        found = _local.connection = psycopg.connect(os.environ[DSN_VARIABLE], autocommit=True)
    return found
