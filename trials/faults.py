"""What can befall a database and the line to it, each for as long as a block."""

import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from tests.support.proxy import Line
from tests.support.servers import stopped
from trials.databases import USER, Distant

Fault = Callable[[Distant], AbstractContextManager[None]]

_STEP_SECONDS = 0.05
_TABLES = ("people", "homes")
_DISK_BYTES = 4 * 1024**2


def _on(line: Line) -> Fault:
    return lambda distant: distant.proxy.carrying(line)


def restarted(distant: Distant) -> AbstractContextManager[None]:
    """Has the server end, and start anew when the block ends."""
    return stopped(distant.server)


@contextmanager
def read_only(distant: Distant) -> Iterator[None]:
    """Has the server take no writes, as one does that a fail-over has left behind."""
    set_to = {
        "postgresql": "ALTER ROLE {user} SET default_transaction_read_only = {value}",
        "mariadb": "SET GLOBAL read_only = {value}",
    }[distant.kind]
    distant.people.execute(set_to.format(user=USER, value="on"))
    end_connections(distant)
    try:
        yield
    finally:
        distant.people.execute(set_to.format(user=USER, value="off"))
        end_connections(distant)


@contextmanager
def without_connections(distant: Distant) -> Iterator[None]:
    """Has another client hold every connection that the server gives."""
    with ExitStack() as opened:
        # Or else the service, which is quick, would have back what it loses.
        with distant.proxy.carrying(Line(is_cut=True)), suppress(DBAPIError):
            while True:
                opened.enter_context(distant.people.engine.connect())
        yield


@contextmanager
def locked(distant: Distant) -> Iterator[None]:
    """Has another client hold a lock on every account."""
    with distant.people.engine.begin() as connection:
        connection.exec_driver_sql("SELECT * FROM people FOR UPDATE")
        yield


@contextmanager
def deadlocked(distant: Distant) -> Iterator[None]:
    """Has another client lock again and again what the service does, the other way round."""
    ended = threading.Event()
    thread = threading.Thread(target=_lock_backwards, args=(distant, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _lock_backwards(distant: Distant, ended: threading.Event) -> None:
    while not ended.is_set():
        with suppress(DBAPIError), distant.people.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE homes SET city = city")
            ended.wait(_STEP_SECONDS)
            connection.exec_driver_sql("UPDATE people SET score = score")


@contextmanager
def disk_full(distant: Distant) -> Iterator[None]:
    """Has the tables on a disk of some megabytes, without a byte left."""
    with tempfile.TemporaryDirectory(prefix="ownid-disk-") as name, _disk(Path(name)) as disk:
        _own(disk, distant.server.pid)
        with _tables_on(distant, disk / "tables"):
            _fill(disk)
            _fill_pages(distant)
            try:
                yield
            finally:
                (disk / "filler").unlink()
                distant.people.execute("DELETE FROM homes WHERE person_id < 0")


@contextmanager
def _disk(place: Path) -> Iterator[Path]:
    subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "tmpfs", place], check=True
    )
    try:
        yield place
    finally:
        subprocess.run(["/bin/umount", "--lazy", place], check=True)


def _own(disk: Path, pid: int) -> None:
    owner = Path(f"/proc/{pid}").stat()
    (disk / "tables").mkdir()
    disk.parent.chmod(0o755)
    for each in (disk, disk / "tables"):
        os.chown(each, owner.st_uid, owner.st_gid)


@contextmanager
def _tables_on(distant: Distant, folder: Path) -> Iterator[None]:
    if distant.kind == "mariadb":
        _move_in_mariadb(distant, f" DATA DIRECTORY='{folder}'")
    else:
        _autocommit(distant, f"CREATE TABLESPACE small LOCATION '{folder}'")
        _move_in_postgresql(distant, "small")
    try:
        yield
    finally:
        if distant.kind == "mariadb":
            _move_in_mariadb(distant, "")
        else:
            _move_in_postgresql(distant, "pg_default")
            _autocommit(distant, "DROP TABLESPACE small")


def _move_in_postgresql(distant: Distant, place: str) -> None:
    for table in _TABLES:
        distant.people.execute(f"ALTER TABLE {table} SET TABLESPACE {place}")
        distant.people.execute(f"ALTER INDEX {table}_pkey SET TABLESPACE {place}")


def _move_in_mariadb(distant: Distant, place: str) -> None:
    """Makes the tables anew, while nobody else writes what would then be lost."""
    people = distant.people
    with read_only(distant):
        for table in _TABLES:
            made = str(people.rows(f"SHOW CREATE TABLE {table}")[0][1])
            made = made.partition(" DATA DIRECTORY")[0].replace(table, f"{table}_moved", 1)
            people.execute(made + place)
            people.execute(f"INSERT INTO {table}_moved SELECT * FROM {table}")
            people.execute(f"RENAME TABLE {table} TO {table}_old, {table}_moved TO {table}")
            people.execute(f"DROP TABLE {table}_old")


def _autocommit(distant: Distant, statement: str) -> None:
    with distant.people.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as each:
        each.exec_driver_sql(statement)


def _fill(disk: Path) -> None:
    with suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))


def _fill_pages(distant: Distant) -> None:
    """Leaves no room in the pages that the tables have."""
    insert = "INSERT INTO homes (person_id, city) VALUES ({}, '{}')"
    key = -1
    with suppress(DBAPIError):
        while True:
            distant.people.execute(insert.format(key, "x" * 40))
            key -= 1


def end_connections(distant: Distant) -> None:
    """Ends every connection of the service, as an administrator would."""
    listed, end = {
        "postgresql": (
            f"SELECT pid FROM pg_stat_activity WHERE usename = '{USER}'",
            "SELECT pg_terminate_backend({})",
        ),
        "mariadb": (
            f"SELECT id FROM information_schema.processlist WHERE user = '{USER}'",
            "KILL {}",
        ),
    }[distant.kind]
    with distant.people.engine.connect() as connection:
        for (number,) in connection.exec_driver_sql(listed).all():
            with suppress(DBAPIError):  # some have ended by themselves meanwhile
                connection.exec_driver_sql(end.format(number))


FAULTS: Mapping[str, Fault] = {
    "cut": _on(Line(is_cut=True)),
    "half-open": _on(Line(is_silent=True)),
    "2 s latency": _on(Line(delay_seconds=2)),
    "2 kB/s": _on(Line(bytes_per_second=2_000)),
    "every 40th answer a reset": _on(Line(reset_every=40)),
    "stopped and started": restarted,
    "disk full": disk_full,
    "read-only": read_only,
    "no free connection": without_connections,
    "lock held": locked,
    "deadlocks": deadlocked,
}
