"""The database goes away in mid-traffic and comes back; nobody is told anything untrue."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path

import grpc
import pytest
from sqlalchemy.exc import DBAPIError

from tests.load.conftest import SERVERS, SQLITE, Load, Loaded, code_of, loaded_service
from tests.load.traffic import Traffic
from tests.support.people import SCHEMA, Place
from tests.support.servers import DatabaseServer, frozen, stopped
from tests.support.service import NOT_SERVING, SERVING, running_service, write_config
from tests.support.serving import error_info_in

FAULTS = [pytest.param(stopped, id="stopped"), pytest.param(frozen, id="frozen")]
HONEST = {
    grpc.StatusCode.OK,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
}

Fault = Callable[[DatabaseServer], AbstractContextManager[None]]


def server_of(loaded: Loaded) -> DatabaseServer:
    """Returns the server of the people's database."""
    assert loaded.people.server is not None
    return loaded.people.server


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", SERVERS)
def test_outage_is_told_as_one_and_ends(load: Load, kind: str, fault: Fault) -> None:
    """Down, calls say UNAVAILABLE and health NOT_SERVING; back, all is well within 3 seconds."""
    loaded = load(kind, 1)
    traffic = Traffic(loaded)

    with traffic.flowing():
        traffic.await_code(grpc.StatusCode.OK)
        with fault(server_of(loaded)):
            loaded.client.await_health(NOT_SERVING)
            loaded.client.await_health(NOT_SERVING, "app/shop")
            traffic.await_code(grpc.StatusCode.UNAVAILABLE)
        assert loaded.client.await_health(SERVING) < 3
        traffic.await_code(grpc.StatusCode.OK)

    assert set(traffic.codes) <= HONEST
    assert traffic.lacking_retry == []
    assert_nothing_is_half_written(traffic)


def assert_nothing_is_half_written(traffic: Traffic) -> None:
    """Holds the database to what callers were told: all they were, and nothing in part."""
    rows = traffic.loaded.people.rows(
        "SELECT email, city FROM people LEFT JOIN homes ON person_id = id WHERE id > 1"
    )
    found = {email for email, _ in rows}
    assert found >= traffic.made
    # A commit may have been done although its answer was lost.
    assert found <= traffic.made | traffic.refused
    assert {city for _, city in rows} == {"London"}
    assert traffic.loaded.people.rows("SELECT COUNT(*) FROM homes") == [(len(rows),)]


@pytest.mark.parametrize("kind", SERVERS)
def test_calls_fail_at_once_while_the_database_is_down(load: Load, kind: str) -> None:
    """However many callers there are, none waits long to hear that the database is down."""
    loaded = load(kind, 1)

    def seconds_to_fail(_: int) -> float:
        started = time.monotonic()
        with pytest.raises(grpc.RpcError) as caught:
            loaded.get(1)
        assert code_of(caught.value) is grpc.StatusCode.UNAVAILABLE
        return time.monotonic() - started

    with stopped(server_of(loaded)), ThreadPoolExecutor(50) as callers:
        slowest = max(callers.map(seconds_to_fail, range(200)))

    assert slowest < 3


@pytest.mark.parametrize("kind", SERVERS)
def test_database_may_be_down_at_start(
    places: Callable[[str], Place], tmp_path: Path, kind: str
) -> None:
    """A service whose database is down starts, says so, and serves once that is up."""
    with ExitStack() as opened:
        people = opened.enter_context(places(kind).people())
        people.fill(1)
        with loaded_service(people, tmp_path) as before:
            config, server = before.config, server_of(before)
        with stopped(server):
            service = opened.enter_context(running_service(config))
            client = opened.enter_context(service.client())
            loaded = Loaded(people, service, client, config)
            with pytest.raises(grpc.RpcError) as caught:
                loaded.get(1)
            assert client.health("app/shop") == NOT_SERVING

        seconds = client.await_health(SERVING)

        assert error_info_in(caught.value).reason == "DATABASE_UNAVAILABLE"
        assert seconds < 3
        assert loaded.get(1).profile["email"] == "p1@example.com"


@pytest.mark.parametrize("kind", SERVERS)
def test_outage_of_the_state_store_ends_too(
    places: Callable[[str], Place], tmp_path: Path, kind: str
) -> None:
    """Without its own store the service says NOT_SERVING and UNAVAILABLE, and comes back."""
    store = places(kind)
    assert store.server is not None
    with ExitStack() as opened:
        people = opened.enter_context(places(SQLITE).people())
        people.fill(1)
        config = write_config(tmp_path, people.mapping(), state=store.url)
        service = opened.enter_context(running_service(config))
        client = opened.enter_context(service.client())
        client.await_health(SERVING)
        client.set_schema(SCHEMA)
        traffic = Traffic(Loaded(people, service, client, config))

        with traffic.flowing():
            traffic.await_code(grpc.StatusCode.OK)
            with stopped(store.server):
                client.await_health(NOT_SERVING)
                traffic.await_code(grpc.StatusCode.UNAVAILABLE)
            assert client.await_health(SERVING) < 3
            traffic.await_code(grpc.StatusCode.OK)

        assert set(traffic.codes) <= HONEST
        assert traffic.lacking_retry == []
        assert_nothing_is_half_written(traffic)


@pytest.mark.parametrize("kind", SERVERS)
def test_killed_connections_are_made_anew(load: Load, kind: str) -> None:
    """Connections that the database's administrator kills cost no read, and no truth."""
    loaded = load(kind, 1)
    traffic = Traffic(loaded)

    with traffic.flowing():
        for _ in range(20):
            traffic.await_code(grpc.StatusCode.OK, 10)
            kill_connections(loaded)
        traffic.await_code(grpc.StatusCode.OK)

    assert set(traffic.codes) <= HONEST
    assert loaded.client.await_health(SERVING) < 3
    assert_nothing_is_half_written(traffic)


def kill_connections(loaded: Loaded) -> None:
    """Ends every connection of the service, as an administrator would."""
    if loaded.people.kind == "postgresql":
        loaded.people.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'ownid-grpc'"
        )
        return
    connections = (
        "SELECT id FROM information_schema.processlist "
        "WHERE user = 'root' AND id <> CONNECTION_ID()"
    )
    for (number,) in loaded.people.rows(connections):
        with suppress(DBAPIError):  # some have ended by themselves meanwhile
            loaded.people.execute(f"KILL {number}")


@pytest.mark.parametrize("kind", SERVERS)
def test_waiting_for_a_row_has_an_end(load: Load, kind: str) -> None:
    """A row that somebody else has locked makes its writers wait some seconds, and nobody else."""
    loaded = load(kind, 2)
    name = loaded.get(1).name
    ended = threading.Event()

    def write() -> grpc.StatusCode:
        try:
            loaded.update(name, nickname="x")
        except grpc.RpcError as error:
            return code_of(error)
        finally:
            ended.set()
        return grpc.StatusCode.OK

    with (
        loaded.people.engine.begin() as connection,
        ThreadPoolExecutor(1) as callers,
    ):
        connection.exec_driver_sql("SELECT * FROM people WHERE id = 1 FOR UPDATE")
        writing = callers.submit(write)
        while not ended.is_set():
            assert loaded.get(2, timeout=2)
            assert loaded.client.health() == SERVING

    assert writing.result() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("kind", SERVERS)
def test_database_without_free_connections_is_told_as_such(load: Load, kind: str) -> None:
    """Where the database takes no more connections, calls say UNAVAILABLE until it does again."""
    loaded = load(kind, 1)

    def outcome(_: int) -> grpc.StatusCode:
        try:
            loaded.get(1)
        except grpc.RpcError as error:
            return code_of(error)
        return grpc.StatusCode.OK

    with ExitStack() as opened, ThreadPoolExecutor(50) as callers:
        with suppress(DBAPIError):
            while True:
                opened.enter_context(loaded.people.engine.connect())
        outcomes = set(callers.map(outcome, range(200)))

    assert outcomes <= {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
    loaded.client.await_health(SERVING)
    assert loaded.get(1)
