"""How much of the service an app and its users may take."""

from pydantic import Field

from ownid_grpc.config.words import Words


class AppLimits(Words):
    """What one app may take of each process, so that enough is left to the others.

    `account_requests_per_second` is for each signed-in account by itself;
    `account_burst` may come at once after a pause, a second's worth unless
    said otherwise.
    """

    concurrent_calls: int | None = Field(default=None, ge=1)
    """How many calls may be under way; three quarters of the threads where there are others."""
    account_requests_per_second: float | None = Field(default=None, gt=0, le=1_000_000)
    account_burst: int | None = Field(default=None, ge=1, le=1_000_000)
