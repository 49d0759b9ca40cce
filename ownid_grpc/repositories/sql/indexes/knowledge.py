"""Keeps what is known of a database's indexes for a while, so that no call has to ask."""

import time
from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from ownid_grpc.repositories.sql.bound import BoundMapping
from ownid_grpc.repositories.sql.indexes.catalogue import indexed
from ownid_grpc.repositories.sql.indexes.index import Indexed
from ownid_grpc.repositories.sql.indexes.serving import Known

LASTS_SECONDS = 300.0
"""After how long an index that was made, and how a table has grown, is known of."""


class Knowledge:
    """The indexes of a mapping's tables, asked for now and then."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: Known | None = None
        self._asked = 0.0

    def known(self, mapping: BoundMapping, read: Callable[[], Mapping[str, Indexed]]) -> Known:
        """Returns what is known of a mapping's tables; `read` asks the database, when it is time.

        Calls that come at once may each ask, which is a few short queries.
        """
        known = self._known
        if known is None or self._clock() - self._asked >= LASTS_SECONDS:
            asked = self._clock()
            known = self._known = Known(mapping, read())
            self._asked = asked
        return known


def read_tables(connection: Connection, mapping: BoundMapping) -> dict[str, Indexed]:
    """Returns the indexes of each table of a mapping, by the name of the part that it plays."""
    tables = mapping.tables
    shapes = {each.clause.fullname: each.shape for each in tables}
    found = {name: indexed(connection, shape) for name, shape in shapes.items()}
    return {each.name: found[each.clause.fullname] for each in tables}
