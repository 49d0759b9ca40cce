"""A real MariaDB for the tests, from Debian's package."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql
import pytest

_START_SECONDS = 60
_STEP_SECONDS = 0.1


@contextmanager
def mariadb_database() -> Iterator[str]:
    """Gives the URL of a new database on a server of its own; both are gone afterwards."""
    program = shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("MariaDB is not installed: apt-get install mariadb-server.")
        pytest.skip("MariaDB is not installed: apt-get install mariadb-server.")
    with tempfile.TemporaryDirectory(prefix="ownid-my-") as directory:
        port = _free_port()
        server = _started(program, Path(directory), port)
        try:
            _create_database(server, port)
            yield f"mariadb+pymysql://root@127.0.0.1:{port}/accounts"
        finally:
            server.terminate()
            server.wait(timeout=_START_SECONDS)


def _started(program: str, directory: Path, port: int) -> subprocess.Popen[bytes]:
    where = [f"--datadir={directory / 'data'}", "--user=root"]
    subprocess.run(
        [
            shutil.which("mariadb-install-db") or "",
            "--no-defaults",
            *where,
            "--auth-root-authentication-method=normal",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=_START_SECONDS,
    )
    listen = [f"--socket={directory / 'socket'}", f"--port={port}", "--bind-address=127.0.0.1"]
    # A server that starts clears the temporary tables that it finds, even those of another.
    (directory / "tmp").mkdir()
    listen.append(f"--tmpdir={directory / 'tmp'}")
    quiet = ["--innodb-flush-log-at-trx-commit=0", f"--log-error={directory / 'log'}"]
    return subprocess.Popen([program, "--no-defaults", *where, *listen, *quiet])


def _create_database(server: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            connection = pymysql.connect(host="127.0.0.1", port=port, user="root")
        except pymysql.OperationalError:
            if server.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(_STEP_SECONDS)
        else:
            break
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE accounts CHARACTER SET utf8mb4")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
