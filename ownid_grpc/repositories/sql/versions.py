"""The version column: another value with every write."""

import uuid
from datetime import datetime, timedelta

from ownid_grpc.repositories.sql.assignments import Rules, step_of, uuid_for
from ownid_grpc.repositories.sql.codecs import Stored
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_NUMBERS = {Storage.INTEGER, Storage.DECIMAL, Storage.FLOAT}
_TIMES = {Storage.TIMESTAMP, Storage.TIMESTAMP_TZ}


def renewed_version(rules: Rules, current: Stored) -> dict[str, Stored]:
    """Returns the version column with a new value; nothing where the database renews it itself."""
    words = rules.mapping.words.version
    if words is None:
        return {}
    shape = rules.mapping.table.shape.columns[words.column]
    if shape.is_generated:
        return {}
    if words.renew == "now" or (words.renew is None and shape.storage in _TIMES):
        return {shape.name: _later(rules, shape, current)}
    if words.renew == "uuid4" or (words.renew is None and shape.storage not in _NUMBERS):
        return {shape.name: uuid_for(shape, uuid.uuid4())}
    return {shape.name: _next(shape, int(current or 0))}


def _next(shape: ColumnShape, current: int) -> int:
    """Returns the number that follows, from 0 again after the column's largest."""
    return 0 if current == shape.maximum else current + 1


def _later(rules: Rules, shape: ColumnShape, current: Stored) -> Stored:
    """Returns the present time, or later where two writes fall into one step of the column."""
    now = rules.now(rules.mapping.table, shape)
    if isinstance(now, datetime) and isinstance(current, datetime) and now <= current:
        return current + timedelta(microseconds=step_of(shape))
    if isinstance(now, int) and isinstance(current, int) and now <= current:
        return current + 1
    return now
