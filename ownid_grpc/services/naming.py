"""Names the account that is not found, which a repository knows by its key only."""

from collections.abc import Iterator
from contextlib import contextmanager

from ownid_grpc.domain.account import AccountKey
from ownid_grpc.domain.names import account_name
from ownid_grpc.errors import NotFound


@contextmanager
def naming(app: str, key: AccountKey) -> Iterator[None]:
    """Has a `NotFound` of the block say which account it is about."""
    try:
        yield
    except NotFound as error:
        error.resource_name = account_name(app, key)
        raise
