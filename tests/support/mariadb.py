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
_MISSING = "MariaDB is not installed: apt-get install mariadb-server."


class MariadbServer:
    """A server with its data in `directory`, on a socket and a port of loopback."""

    def __init__(self, program: str, directory: Path) -> None:
        self._program = program
        self._directory = directory
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._install()
        self.start()
        with self._connected() as connection, connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE accounts CHARACTER SET utf8mb4")

    @property
    def url(self) -> str:
        """Where the database is."""
        return f"mariadb+pymysql://root@127.0.0.1:{self._port}/accounts"

    @property
    def pid(self) -> int:
        """The only process."""
        if self._process is None:
            pytest.fail("MariaDB was stopped.")
        return self._process.pid

    def start(self) -> None:
        """Starts it and waits until it answers."""
        directory = self._directory
        listen = [
            f"--socket={directory / 'socket'}",
            f"--port={self._port}",
            "--bind-address=127.0.0.1",
        ]
        quiet = ["--innodb-flush-log-at-trx-commit=0", f"--log-error={directory / 'log'}"]
        command = [self._program, "--no-defaults", *self._where(), *listen, *quiet]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self._connected().close()

    def stop(self) -> None:
        """Ends it, connections included."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=_START_SECONDS)
            self._process = None

    def _where(self) -> list[str]:
        # A server that starts clears the temporary tables that it finds, even another's.
        temporary = f"--tmpdir={self._directory / 'tmp'}"
        return [f"--datadir={self._directory / 'data'}", temporary, "--user=root"]

    def _install(self) -> None:
        (self._directory / "tmp").mkdir()
        subprocess.run(
            [
                shutil.which("mariadb-install-db") or "",
                "--no-defaults",
                *self._where(),
                "--auth-root-authentication-method=normal",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=_START_SECONDS,
        )

    def _connected(self) -> "pymysql.Connection[pymysql.cursors.Cursor]":
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                return pymysql.connect(host="127.0.0.1", port=self._port, user="root")
            except pymysql.OperationalError:
                has_ended = self._process is None or self._process.poll() is not None
                if has_ended or time.monotonic() > end:
                    raise
                time.sleep(_STEP_SECONDS)


@contextmanager
def mariadb_server() -> Iterator[MariadbServer]:
    """Gives a server with an empty database; both are gone afterwards.

    Where MariaDB is not installed the test is skipped; with CI set it fails.
    """
    program = shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None and os.environ.get("CI"):
        pytest.fail(_MISSING)
    if program is None:
        pytest.skip(_MISSING)
    with tempfile.TemporaryDirectory(prefix="ownid-my-") as directory:
        server = MariadbServer(program, Path(directory))
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def mariadb_database() -> Iterator[str]:
    """Gives the URL of a new database on a server of its own; both are gone afterwards."""
    with mariadb_server() as server:
        yield server.url


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
