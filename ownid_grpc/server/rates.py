"""How often admin callers and signed-in accounts may call, in this process."""

import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import timedelta

from ownid_grpc.config import AppLimits, Caller
from ownid_grpc.domain.session import Session
from ownid_grpc.errors import Reason, ResourceExhausted

_REMEMBERED = 100_000
_ROUNDING = 1e-6
"""What sums of floating-point numbers may be off by, in seconds."""


class Buckets:
    """A token bucket for each key: `burst` tokens, and `per_second` more as time passes.

    Of a bucket only the time is kept at which it is full (the generic cell
    rate algorithm), and of the buckets those that were used last: whoever
    comes back after very many others finds a full one.
    """

    def __init__(
        self,
        limit: str,
        per_second: float,
        burst: int | None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Makes full buckets; a `burst` of None is a second's worth."""
        self._limit = limit
        self._per_second = per_second
        self._interval = 1 / per_second
        self._slack = (max(1, int(per_second)) if burst is None else burst) * self._interval
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._full_at: dict[Hashable, float] = {}

    def take(self, key: Hashable) -> None:
        """Takes a token; raises `ResourceExhausted` where there is none."""
        with self._lock:
            now = self._monotonic()
            full_at = max(self._full_at.pop(key, now), now)
            short = full_at + self._interval - now - self._slack
            is_refused = short > _ROUNDING
            self._full_at[key] = full_at if is_refused else full_at + self._interval
            if len(self._full_at) > _REMEMBERED:
                del self._full_at[next(iter(self._full_at))]
        if is_refused:
            raise self._refusal(short)

    def _refusal(self, seconds: float) -> ResourceExhausted:
        maximum = f"{self._per_second:g}"
        return ResourceExhausted(
            Reason.LIMIT_EXCEEDED,
            f"More calls than the {maximum} a second that are allowed; try again later.",
            {"limit": self._limit, "maximum": maximum},
            retry_delay=timedelta(seconds=seconds),
        )


class Rates:
    """The buckets of all admin callers and of all apps' accounts, as far as those have a limit."""

    def __init__(self, callers: Iterable[Caller], apps: Mapping[str, AppLimits]) -> None:
        self._accounts = {
            app: Buckets("account_requests_per_second", rate, limits.account_burst)
            for app, limits in apps.items()
            if (rate := limits.account_requests_per_second) is not None
        }
        self.replace(callers)

    def replace(self, callers: Iterable[Caller]) -> None:
        """Makes these the callers from now on, each with a full bucket."""
        self._callers = {
            caller.name: Buckets("caller_requests_per_second", rate, caller.burst)
            for caller in callers
            if (rate := caller.requests_per_second) is not None
        }

    def count_caller(self, caller: str) -> None:
        """Counts a call of an admin caller; raises `ResourceExhausted` for one too many."""
        buckets = self._callers.get(caller)
        if buckets is not None:
            buckets.take(caller)

    def count_account(self, session: Session) -> None:
        """Counts a call of a signed-in account; raises `ResourceExhausted` for one too many."""
        buckets = self._accounts.get(session.app)
        if buckets is not None:
            buckets.take(session.account)
