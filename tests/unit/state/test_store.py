"""Holds the store to what it promises as a whole: starting, failing, coming back."""

import os
import signal
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from ownid_grpc.errors import Reason, Unavailable
from ownid_grpc.state.migrate import config
from ownid_grpc.state.sql import SqlStateStore
from ownid_grpc.state.tables import HEAD, METADATA, VERSION_TABLE
from tests.support.shop import SECRET

MIGRATE = """
import sys
from ownid_grpc.state.sql import SqlStateStore
print("ready", flush=True)
sys.stdin.readline()
store = SqlStateStore(sys.argv[1], b"")
store.migrate()
store.close()
"""


@contextmanager
def starting(url: str) -> Iterator["Popen[str]"]:
    """Gives a process that migrates the store once it reads a line; it ends with the block."""
    command = [sys.executable, "-c", MIGRATE, url]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_processes_that_start_at_once_all_come_up(url: str) -> None:
    """Of processes that start on an empty store at the same moment, none fails."""
    with ExitStack() as stack:
        processes = [stack.enter_context(starting(url)) for _ in range(4)]
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()

        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in processes:
            process.communicate(timeout=60)

    assert [process.returncode for process in processes] == [0] * 4


def test_migrations_make_the_tables(store: SqlStateStore) -> None:
    """What the migrations make is what the code takes for granted."""

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        return list(compare_metadata(context, METADATA))

    assert store._connections.read(differences) == []


def test_head_is_the_newest_migration() -> None:
    """The version that a start takes for up to date is that of the newest migration."""
    assert ScriptDirectory.from_config(config()).get_current_head() == HEAD


def test_migrating_again_keeps_what_is_there(url: str, store: SqlStateStore) -> None:
    """A store that is up to date is left as it is by the next start."""
    revision = store.revisions.append("shop", "{}", after=None)
    second = SqlStateStore(url, SECRET)

    second.migrate()

    assert second.revisions.current("shop") == revision
    second.close()


def test_sqlite_file_is_its_owners(tmp_path: Path) -> None:
    """An SQLite file is made where there is none, folders too, for nobody else to read."""
    path = tmp_path / "new" / "state.db"

    store = SqlStateStore(f"sqlite:///{path}", SECRET)
    store.migrate()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    store.close()


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ],
    indirect=True,
)
def test_connections_that_went_stale_are_replaced(url: str, store: SqlStateStore) -> None:
    """After the server has closed every connection, the next call goes through all the same."""
    store.ping()
    close_connections(url)

    revision = store.revisions.append("shop", "{}", after=None)

    assert store.revisions.current_id("shop") == revision.id


@pytest.mark.parametrize("scheme", ["postgresql", "mariadb"])
def test_server_that_is_down_is_unavailable(scheme: str) -> None:
    """While nothing listens, every use of the store says that it is unavailable, and no host."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        port = taken.getsockname()[1]
        store = SqlStateStore(f"{scheme}://ownid:hidden@127.0.0.1:{port}/ownid", SECRET)

        uses: list[Callable[[], object]] = [
            store.ping,
            store.migrate,
            lambda: store.revisions.current_id("shop"),
        ]
        for use in uses:
            with pytest.raises(Unavailable) as caught:
                use()

            assert caught.value.reason is Reason.DATABASE_UNAVAILABLE
            assert "127.0.0.1" not in str(caught.value)


def test_file_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    """A file that is no database is told as unavailable, without its path."""
    path = tmp_path / "state.db"
    path.write_text("this is no database, by any means\n" * 100)
    store = SqlStateStore(f"sqlite:///{path}", SECRET)

    with pytest.raises(Unavailable) as caught:
        store.migrate()

    assert str(tmp_path) not in str(caught.value)
    store.close()


def test_locked_file_is_unavailable(tmp_path: Path) -> None:
    """A write that cannot get the lock of the file says so in time."""
    url = f"sqlite:///{tmp_path / 'state.db'}"
    store = SqlStateStore(url, SECRET, wait_seconds=0)
    store.migrate()
    other = create_engine(url, poolclass=NullPool)

    with other.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            store.revisions.append("shop", "{}", after=None)

    assert store.revisions.append("shop", "{}", after=None).number == 1
    store.close()


@pytest.mark.postgresql
def test_frozen_postgresql_is_unavailable(postgresql_url: str) -> None:
    """A PostgreSQL that no longer answers is told as unavailable, and used again once it does."""
    store = SqlStateStore(postgresql_url, SECRET, wait_seconds=1)
    backend = store._connections.read(lambda c: c.scalar(text("SELECT pg_backend_pid()")))

    with frozen(int(str(backend))), pytest.raises(Unavailable):
        store.ping()

    store.ping()
    store.close()


@pytest.mark.mariadb
def test_frozen_mariadb_is_unavailable(mariadb_url: str) -> None:
    """A MariaDB that no longer answers is told as unavailable, and used again once it does."""
    store = SqlStateStore(mariadb_url, SECRET, wait_seconds=1)
    file = store._connections.read(lambda c: c.scalar(text("SELECT @@pid_file")))
    directory = store._connections.read(lambda c: c.scalar(text("SELECT @@datadir")))
    server = int((Path(str(directory)) / str(file)).read_text())

    with frozen(server), pytest.raises(Unavailable):
        store.ping()

    store.ping()
    store.close()


@contextmanager
def frozen(process: int) -> Iterator[None]:
    """Stops a process for as long as the block."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def close_connections(url: str) -> None:
    """Has the server close every connection but the one that asks for it."""
    others = {
        "postgresql": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database()",
        "mariadb": "SELECT id FROM information_schema.processlist"
        " WHERE id <> connection_id() AND db = database()",
    }
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        for (number,) in connection.exec_driver_sql(others[engine.dialect.name]).all():
            if engine.dialect.name == "mariadb":
                connection.exec_driver_sql(f"KILL {number}")
