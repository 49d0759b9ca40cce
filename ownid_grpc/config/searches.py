"""What an app lets its callers search by."""

from pydantic import Field

from ownid_grpc.config.words import Words


class SearchSettings(Words):
    """How large a table may be, in rows, until searches of it need an index."""

    rows: int = Field(default=10_000, ge=0)
