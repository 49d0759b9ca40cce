"""A store whose server hangs: told as unavailable once, not waited for twice."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing

import pytest

from ownid_grpc.errors import Unavailable
from ownid_grpc.state.sql import SqlStateStore
from tests.support.mariadb import mariadb_server
from tests.support.postgres import postgres_server
from tests.support.servers import DatabaseServer, frozen

WAIT_SECONDS = 5


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(postgres_server, marks=pytest.mark.postgresql, id="postgresql"),
        pytest.param(mariadb_server, marks=pytest.mark.mariadb, id="mariadb"),
    ],
)
def test_server_that_hangs_is_waited_for_once(
    start: Callable[[], AbstractContextManager[DatabaseServer]],
) -> None:
    """What every call asks of the store fails in the time that was given, and works again after."""
    with start() as server:
        store = SqlStateStore(server.url, b"", wait_seconds=WAIT_SECONDS)
        with closing(store):
            store.migrate()
            assert store.revisions.current_id("shop") is None

            with frozen(server):
                started = time.monotonic()
                with pytest.raises(Unavailable):
                    store.revisions.current_id("shop")
                waited = time.monotonic() - started

            assert WAIT_SECONDS * 0.8 < waited < WAIT_SECONDS * 1.8
            assert store.revisions.current_id("shop") is None
