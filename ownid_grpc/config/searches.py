"""What an app lets its callers search by."""

from typing import Literal

from pydantic import Field

from ownid_grpc.config.words import Words


class SearchSettings(Words):
    """What becomes of searches that no index serves.

    `unindexed` says whether they are answered, answered and logged, or
    refused. It holds for tables of more than `rows`.
    """

    unindexed: Literal["allow", "warn", "refuse"] = "allow"
    rows: int = Field(default=10_000, ge=0)
