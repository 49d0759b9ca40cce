"""The stores of an ownid.yaml, as commands open them that read and write nothing."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ownid_grpc.bootstrap import Repositories, open_repositories, open_state
from ownid_grpc.cli.operator import stop_on
from ownid_grpc.config import Config, ConfigError
from ownid_grpc.state.base import StateStore

_NO_SECRET = b""
"""Nothing of what is read lies sealed, and no file is to be made."""


@contextmanager
def opened_stores(config: Config) -> Iterator[tuple[StateStore, Repositories]]:
    """Gives the service's own store and the apps' repositories.

    Ends the command where they are not as the file says.
    """
    with ExitStack() as opened:
        try:
            state = opened.enter_context(open_state(config, _NO_SECRET))
            repositories = opened.enter_context(open_repositories(config))
        except ConfigError as error:
            raise stop_on(error) from None
        yield state, repositories
