"""Holds `ownid-grpc demo` to being understood within a minute, and to harming nobody's tables."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy
from ownid.v1.account_service_pb2 import GetAccountRequest

from ownid_grpc.cli.demo.client import UnexpectedAnswer, connected
from ownid_grpc.cli.demo.configuration import DemoFolder
from ownid_grpc.cli.demo.database import DemoError, server_database
from ownid_grpc.cli.demo.rows import make_rows
from ownid_grpc.cli.demo.screen import Screen, json_lines
from tests.support.keys import token
from tests.support.mariadb import mariadb_database
from tests.support.postgres import postgres_database
from tests.support.serving import ACCOUNT_NAME, config_of, serving

PROGRAM = str(Path(sys.executable).with_name("ownid-grpc"))
URL_VARIABLE = "OWNID_DEMO_DATABASE_URL"
SECONDS = 60
LAST_REFUSAL = "NOT_FOUND, ACCOUNT_NOT_FOUND"


def environment_of(url: str = "") -> dict[str, str]:
    """Returns what a demo is started with, of a user who has a database or none."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OWNID_")}
    return kept | ({URL_VARIABLE: url} if url else {})


def run_tour(folder: Path, url: str = "") -> subprocess.CompletedProcess[str]:
    """Runs the demo to the end of its tour."""
    return subprocess.run(
        [PROGRAM, "demo", "--folder", str(folder), "--tour-only"],
        env=environment_of(url),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@contextmanager
def running_demo(folder: Path) -> Iterator[tuple["subprocess.Popen[str]", list[str]]]:
    """Gives a demo that has come to the end of its tour, and the lines that it printed."""
    command = [PROGRAM, "demo", "--folder", "demo"]
    with subprocess.Popen(
        command, cwd=folder, env=environment_of(), stdout=subprocess.PIPE, text=True
    ) as demo:
        try:
            assert demo.stdout is not None
            lines = []
            for line in demo.stdout:
                lines.append(line.rstrip("\n"))
                if "with Ctrl-C" in line:
                    break
            yield demo, lines
        finally:
            demo.kill()


def next_commands(lines: list[str]) -> list[str]:
    """Returns the commands that are printed after the tour."""
    after = lines[lines.index("Now you") + 1 :]
    indented = [line for line in after if line.startswith("  ") and not line.startswith("  #")]
    return re.split(r"(?<!\\)\n", "\n".join(line[2:] for line in indented))


@pytest.fixture
def tables(request: pytest.FixtureRequest) -> Iterator[str]:
    """Gives the URL of an empty database: of none for SQLite, which makes its own."""
    match request.param:
        case "postgresql":
            with postgres_database() as url:
                yield url
        case "mariadb":
            with mariadb_database() as url:
                yield url
        case _:
            yield ""


SERVERS = (
    pytest.param("postgresql", marks=pytest.mark.postgresql),
    pytest.param("mariadb", marks=pytest.mark.mariadb),
)


@pytest.mark.parametrize("tables", ["sqlite", *SERVERS], indirect=True)
def test_tour_goes_well_each_time(tables: str, tmp_path: Path) -> None:
    """The tour goes to its end, plain in a pipe, and again over what it left behind."""
    first, second = run_tour(tmp_path, tables), run_tour(tmp_path, tables)

    for ran in (first, second):
        assert (ran.returncode, ran.stderr) == (0, "")
        assert LAST_REFUSAL in ran.stdout
        assert "\x1b" not in ran.stdout
        assert max(map(len, ran.stdout.splitlines())) <= 100


@pytest.mark.parametrize("tables", SERVERS, indirect=True)
def test_tables_of_others_are_left_alone(tables: str, tmp_path: Path) -> None:
    """Where a table of a name that it needs is there, the demo refuses, and touches nothing."""
    engine = sqlalchemy.create_engine(tables, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE ownid_demo_order (note VARCHAR(9))")
        connection.exec_driver_sql("INSERT INTO ownid_demo_order VALUES ('precious')")

    ran = run_tour(tmp_path, tables)

    assert ran.returncode == 1
    assert "ownid_demo_order. Nothing was touched" in ran.stderr
    with engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT note FROM ownid_demo_order").scalar_one()
        assert kept == "precious"
        assert sqlalchemy.inspect(connection).get_table_names() == ["ownid_demo_order"]


@pytest.mark.parametrize("tables", SERVERS, indirect=True)
def test_printed_statement_removes_every_table(tables: str, tmp_path: Path) -> None:
    """What a demo leaves in somebody's database can be removed as it says."""
    ran = run_tour(tmp_path, tables)
    (statement,) = re.findall(r"DROP TABLE .+;", ran.stdout)

    engine = sqlalchemy.create_engine(tables, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)

    assert sqlalchemy.inspect(engine).get_table_names() == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_next_commands_work_as_they_are_printed(tmp_path: Path) -> None:
    """Each command pasted into a shell does what the line above it says."""
    with running_demo(tmp_path) as (_, lines):
        source, *commands = next_commands(lines)

        outputs = [
            subprocess.run(
                ["/bin/bash", "-ec", f"{source}\n{command}"],
                cwd=tmp_path,
                env=environment_of() | {"BUF_CACHE_DIR": str(tmp_path)},
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=True,
            ).stdout
            for command in commands
        ]

    assert [command.split()[0] for command in commands[-2:]] == ["ownid-grpc", "buf"]
    assert len(outputs) == 7
    assert all("apps/shop/accounts/" in each for each in outputs[:5])
    assert '"city": "Valdoria"' in outputs[6]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_demo_that_is_told_to_stop_ends_well(number: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C and SIGTERM are how it ends, so that neither is an error."""
    with running_demo(tmp_path) as (demo, _):
        demo.send_signal(number)

        assert demo.wait(SECONDS) == 0


def tour_beside_another(folder: Path) -> "subprocess.CompletedProcess[str]":
    """Returns a tour for which the usual port was taken, by us or by the demo of another test.

    That one may let it go before the tour gets to it; then there is another tour.
    """
    while True:
        with ExitStack() as opened:
            try:
                opened.enter_context(socket.create_server(("127.0.0.1", 50051)))
                is_ours = True
            except OSError:
                is_ours = False
            ran = run_tour(folder)
        if is_ours or "is taken" in ran.stdout:
            return ran


def test_taken_port_is_left_to_whoever_has_it(tmp_path: Path) -> None:
    """Where the usual port is taken, the demo says so and takes another."""
    ran = tour_beside_another(tmp_path)

    assert ran.returncode == 0
    assert "Port 50051 is taken" in ran.stdout
    address = re.search(r"OWNID_ADDRESS=(\S+)", (tmp_path / "env").read_text())
    assert address is not None
    assert f"takes gRPC calls at {address[1]}" in ran.stdout


def test_terminal_is_shown_colour(tmp_path: Path) -> None:
    """Where somebody looks on, steps, calls and answers differ in colour."""
    ours, its = pty.openpty()
    command = [PROGRAM, "demo", "--folder", str(tmp_path), "--tour-only"]
    environment = environment_of() | {"TERM": "xterm-256color"}
    shown = b""
    with subprocess.Popen(command, env=environment, stdout=its) as demo:
        os.close(its)
        with suppress(OSError):  # how the end of a terminal is told
            while part := os.read(ours, 65536):
                shown += part
        os.close(ours)

    assert demo.returncode == 0
    assert b"\x1b[1;34m" in shown


def test_folder_of_others_is_left_alone(tmp_path: Path) -> None:
    """A folder that the demo did not make is not cleared."""
    (tmp_path / "shop.db").write_text("precious")

    ran = run_tour(tmp_path)

    assert ran.returncode == 1
    assert "holds other files" in ran.stderr
    assert (tmp_path / "shop.db").read_text() == "precious"


def test_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    """A second demo does not pull the database from under the first."""
    folder = DemoFolder(tmp_path)
    with folder.cleared():
        folder.database.write_text("precious")

        with pytest.raises(DemoError, match="is running in"), folder.cleared():
            pass

        assert folder.database.read_text() == "precious"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("oracle://scott:tiger@db/shop", "begins with postgresql://"),
        ("tiger", "begins with postgresql://"),
        ("mariadb://scott@db/shop?read_timeout=tiger", "begins with postgresql://"),
        ("postgresql://scott:tiger@127.0.0.1:1/shop", "does not answer"),
        ("mariadb://scott:tiger@127.0.0.1:1/shop", "does not answer"),
    ],
)
def test_url_that_is_no_good_is_explained(url: str, message: str) -> None:
    """A URL of no use ends the demo with what would help, and is not repeated."""
    with pytest.raises(DemoError, match=message) as raised:
        server_database(url)

    assert "tiger" not in str(raised.value)


def test_unexpected_answer_ends_the_tour(tmp_path: Path) -> None:
    """A call that should have been refused, and is not, is no success."""
    with (
        serving(config_of(tmp_path)) as server,
        connected(Screen(), server.address, token()) as client,
        pytest.raises(UnexpectedAnswer, match="ACCOUNT_NOT_FOUND"),
    ):
        client.refused(
            "AccountService.GetAccount", GetAccountRequest(name=ACCOUNT_NAME), "ACCOUNT_NOT_FOUND"
        )


def test_unexpected_refusal_ends_the_tour(tmp_path: Path) -> None:
    """A call that is refused, and should not have been, says how."""
    with (
        serving(config_of(tmp_path)) as server,
        connected(Screen(), server.address, "no token") as client,
        pytest.raises(UnexpectedAnswer, match="UNAUTHENTICATED"),
    ):
        client.show("AccountService.GetAccount", GetAccountRequest(name=ACCOUNT_NAME))


def test_people_of_the_shop_are_the_same_and_made_up() -> None:
    """Every run makes the same rows, and no address in them can be anybody's."""
    rows = make_rows()

    assert rows == make_rows()
    mails = [row["mail"] for row in rows.customers]
    assert len(set(map(str.lower, mails))) == len(mails) > 1_000
    assert all(re.fullmatch(r"till\d+|.+@example\.(com|net|org)", mail) for mail in mails)


@pytest.mark.parametrize("width", [20, 40, 79, 95])
def test_json_in_lines_is_the_same_json(width: int) -> None:
    """However narrow, what is shown can be pasted."""
    value = {"name": "a", "profile": {"address": {"city": "b" * 12}, "points": 3}, "etag": "c" * 9}

    lines = json_lines(value, width)

    assert json.loads("".join(lines)) == value
    assert width < 40 or max(map(len, lines)) <= width
