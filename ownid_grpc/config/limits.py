"""How much of the service an app and its users may take."""

from typing import Annotated, Self, TypeAlias

from pydantic import Field, model_validator

from ownid_grpc.config.words import Words

PerSecond: TypeAlias = Annotated[float, Field(gt=0, le=1_000_000)]
Burst: TypeAlias = Annotated[int, Field(ge=1, le=1_000_000)]


class AppLimits(Words):
    """What one app may take of each process, so that enough is left to the others.

    `account_requests_per_second` is for each signed-in account by itself;
    `account_burst` may come at once after a pause, a second's worth unless
    said otherwise.
    """

    concurrent_calls: int | None = Field(default=None, ge=1)
    """How many calls may be under way; three quarters of the threads where there are others."""
    account_requests_per_second: PerSecond | None = None
    account_burst: Burst | None = None

    @model_validator(mode="after")
    def _has_a_rate_for_a_burst(self) -> Self:
        check_burst(self.account_requests_per_second, self.account_burst)
        return self


def check_burst(per_second: float | None, burst: int | None) -> None:
    """Raises `ValueError` for a burst that is one of no rate."""
    if burst is not None and per_second is None:
        raise ValueError("a burst says nothing without the requests_per_second it is of")
