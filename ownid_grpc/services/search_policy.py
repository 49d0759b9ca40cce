"""What becomes of searches that no index of the database serves: the operator's choice."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ownid_grpc.config import SearchSettings
from ownid_grpc.domain.account import LoginId
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.predicates import EVERYTHING, Query
from ownid_grpc.domain.serving import Gap
from ownid_grpc.errors import FailedPrecondition, Reason, Violation
from ownid_grpc.services.apps import Apps
from ownid_grpc.telemetry.logs import Logger

WARNED_SECONDS = 3600.0
"""After how long the log warns again of a search of the same shape."""

_KNOWN_SECONDS = 60.0
_MOST_SHAPES = 1000


@dataclass(slots=True)
class SearchPolicy:
    """Lets searches through, with a warning or without, or refuses them.

    Nothing is asked of a repository whose app allows everything.
    """

    apps: Apps
    settings: Mapping[str, SearchSettings]
    log: Logger
    clock: Callable[[], float] = time.monotonic
    _warned: dict[tuple[object, ...], float] = field(default_factory=dict)
    _login_ids: dict[tuple[object, ...], tuple[float, Sequence[Gap]]] = field(default_factory=dict)

    def check_query(self, call: Call, app: str, query: Query) -> None:
        """Raises `FailedPrecondition` where the app refuses what no index serves."""
        if not self._is_held(app):
            return
        gaps = self.apps.repository(app).unserved(call, query)
        self._judge(app, gaps, "filter" if query.predicate != EVERYTHING else "order_by")

    def check_login_ids(self, call: Call, app: str, login_ids: Sequence[LoginId]) -> None:
        """Raises the same for login ids, of which each lookup asks the same."""
        if not self._is_held(app):
            return
        key = (app, *login_ids)
        asked, gaps = self._login_ids.get(key, (0.0, None))
        if gaps is None or self.clock() - asked >= _KNOWN_SECONDS:
            asked = self.clock()
            gaps = self.apps.repository(app).unserved_login_ids(call, login_ids)
            self._login_ids[key] = asked, gaps
        self._judge(app, gaps, "login_id")

    def _is_held(self, app: str) -> bool:
        return self._settings(app).unindexed != "allow"

    def _settings(self, app: str) -> SearchSettings:
        return self.settings.get(app, SearchSettings())

    def _judge(self, app: str, gaps: Sequence[Gap], argument: str) -> None:
        settings = self._settings(app)
        large = [gap for gap in gaps if gap.rows is not None and gap.rows > settings.rows]
        if not large:
            return
        if settings.unindexed == "refuse":
            raise _index_missing(large, argument)
        self._warn(app, large, argument)

    def _warn(self, app: str, gaps: Sequence[Gap], argument: str) -> None:
        """Logs a search once for each shape; with what values it came is nobody's business."""
        shape = [f"{gap.name} by {gap.use}" for gap in gaps]
        key, now = (app, argument, *shape), self.clock()
        last = self._warned.get(key)
        if last is not None and now - last < WARNED_SECONDS:
            return
        if len(self._warned) >= _MOST_SHAPES:
            self._warned.clear()
        self._warned[key] = now
        rows = max(gap.rows or 0 for gap in gaps)
        self.log.warning("search.unindexed", app=app, argument=argument, fields=shape, rows=rows)


def _index_missing(gaps: Sequence[Gap], argument: str) -> FailedPrecondition:
    names = ", ".join(dict.fromkeys(gap.name for gap in gaps))
    message = (
        f"No index of the database serves this {argument}, which would read a whole table: "
        f"{names}. Ask for something else beside it, or have the operator run 'ownid-grpc check', "
        "which says what index it takes."
    )
    violations = tuple(
        Violation(gap.name, "index", f"No index serves it by {gap.use}.")
        for gap in dict.fromkeys(gaps)
    )
    metadata = {"argument": argument, "fields": names}
    return FailedPrecondition(Reason.INDEX_MISSING, message, metadata, violations)
