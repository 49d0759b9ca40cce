"""`ownid-grpc accounts search`: every account once, whatever happens to the stream on the way."""

import json
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any

import grpc
import pytest
from ownid.v1.account_service_pb2_grpc import add_AccountServiceServicer_to_server

from ownid_grpc.domain.account import Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.errors import InvalidArgument, OwnIdError, Reason, Unavailable
from ownid_grpc.server.accounts import AccountServicer
from ownid_grpc.server.servicers import add_servicers
from ownid_grpc.services.services import Services
from ownid_grpc.services.writing import NewAccount
from tests.cli.breaking import Breaking
from tests.cli.running import Commands, config_of
from tests.support.serving import serving_with
from tests.support.shop import APP, Shop

COUNT = 25
CHUNKED = ("accounts", "search", "--chunk-size", "2")
ALL = [str(number) for number in range(1, COUNT + 1)]
DOWN = Unavailable(Reason.DATABASE_UNAVAILABLE, "Down.", retry_delay=timedelta(milliseconds=1))


class Stalling(AccountServicer):
    """The real servicer, whose streams send one message and then wait until released."""

    def __init__(self, services: Services) -> None:
        super().__init__(services.accounts, services.searches, services.imports, services.limits)
        self.released = threading.Event()

    def SearchAccounts(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: ANN401, N802 - of the contract
        """Answers as the service does, but later."""
        messages = super().SearchAccounts(request, context)
        yield next(messages)
        self.released.wait(60)
        yield from messages


@pytest.fixture
def full(shop: Shop) -> Shop:
    """Returns the shop with some accounts."""
    for number in range(COUNT):
        profile: Profile = {"email": f"a{number}@example.com", "loyalty": number}
        shop.services.accounts.create(Call(), APP, NewAccount(profile))
    return shop


def names(stdout: str) -> list[str]:
    """Returns the ids of the accounts printed, in that order."""
    return [json.loads(line)["name"].rpartition("/")[2] for line in stdout.splitlines()]


def output_of(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    """Returns the pipe that a command prints into."""
    assert process.stdout is not None
    return process.stdout


def errors_of(process: "subprocess.Popen[bytes]") -> bytes:
    """Returns what a command that has ended said on stderr."""
    assert process.stderr is not None
    with process.stderr as errors:
        return errors.read()


def free_port() -> int:
    """Returns a port of loopback that nobody has."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def run_against(servicer: AccountServicer, folder: Path, *arguments: str) -> Any:  # noqa: ANN401 - a result of click
    """Runs a command against a service whose accounts `servicer` serves."""
    adding = partial(add_AccountServiceServicer_to_server, servicer)
    with serving_with(config_of(folder), adding) as running:
        return Commands(running.address).run(*arguments)


@pytest.mark.usefixtures("full")
def test_search_prints_every_account_as_it_comes(commands: Commands) -> None:
    """All accounts are printed, a JSON line each, in their order."""
    assert names(commands.printed(*CHUNKED)) == ALL


@pytest.mark.usefixtures("full")
def test_search_filters_orders_and_masks(commands: Commands) -> None:
    """The words of a list are those of a search."""
    words = ("--filter", "loyalty < 3", "--order-by", "loyalty desc", "--fields", "loyalty")

    found = commands.lines("accounts", "search", *words)

    assert [account["profile"] for account in found] == [{"loyalty": n} for n in (2, 1, 0)]


@pytest.mark.parametrize("error", [DOWN, None], ids=["unavailable", "cut short"])
def test_broken_search_goes_on_where_it_stopped(
    full: Shop, tmp_path: Path, error: OwnIdError | None
) -> None:
    """A stream that breaks three times gives every account once, and says that it went on."""
    servicer = Breaking(full.services, 3, error)

    result = run_against(servicer, tmp_path, *CHUNKED)

    assert result.exit_code == 0, result.stderr
    assert names(result.stdout) == ALL
    assert servicer.calls == 4
    assert result.stderr.count("goes on in") == 3


@pytest.mark.parametrize("error", [DOWN, None], ids=["unavailable", "cut short"])
def test_search_that_cannot_be_finished_says_so(
    full: Shop, tmp_path: Path, error: OwnIdError | None
) -> None:
    """With no retries left the code is not 0, and the token that leads to the rest is told."""
    breaking = run_against(Breaking(full.services, 99, error), tmp_path, *CHUNKED, "--retries", "0")
    token = breaking.stderr.rpartition("--resume-token ")[2].split()[0]
    rest = run_against(
        Breaking(full.services, 0, None), tmp_path, *CHUNKED, "--resume-token", token
    )

    assert breaking.exit_code == 3
    assert "not finished; it gave 2 accounts" in breaking.stderr
    assert names(breaking.stdout) + names(rest.stdout) == ALL


def test_retries_are_counted_anew_when_accounts_come(full: Shop, tmp_path: Path) -> None:
    """A search that gets on may break more often than --retries says."""
    result = run_against(Breaking(full.services, 2, DOWN), tmp_path, *CHUNKED, "--retries", "1")

    assert (result.exit_code, names(result.stdout)) == (0, ALL)


def test_search_that_is_refused_midway_is_not_resumed(full: Shop, tmp_path: Path) -> None:
    """What trying again does not help ends the search at once, unfinished."""
    refusal = InvalidArgument.at(Reason.PAGE_TOKEN_INVALID, "resume_token", "sealed", "No.")
    servicer = Breaking(full.services, 99, refusal)

    result = run_against(servicer, tmp_path, *CHUNKED)

    assert result.exit_code == 1
    assert "PAGE_TOKEN_INVALID" in result.stderr
    assert "not finished" in result.stderr
    assert servicer.calls == 1


def test_search_outlives_a_restart_of_the_service(full: Shop, tmp_path: Path) -> None:
    """A service that is stopped in the middle and started again gives the rest."""
    listen = f"127.0.0.1:{free_port()}"
    config = config_of(tmp_path, listen)
    stalling = Stalling(full.services)
    adding = partial(add_AccountServiceServicer_to_server, stalling)
    with serving_with(config, adding) as running:
        process = Commands(running.address).start(*CHUNKED)
        first = [output_of(process).readline() for _ in range(2)]
        running.server.hurry()
        running.server.drain()
        stalling.released.set()
    with serving_with(config, partial(add_servicers, services=full.services)):
        rest, stderr = process.communicate(timeout=60)

    assert process.returncode == 0, stderr.decode()
    assert names(b"".join([*first, rest]).decode()) == ALL


def test_reader_that_goes_away_ends_the_search_quietly(full: Shop, tmp_path: Path) -> None:
    """When nobody reads any more, the command ends without a word."""
    stalling = Stalling(full.services)
    adding = partial(add_AccountServiceServicer_to_server, stalling)
    with serving_with(config_of(tmp_path), adding) as running:
        process = Commands(running.address).start(*CHUNKED)
        reader = output_of(process)
        reader.readline()
        reader.close()
        stalling.released.set()
        code = process.wait(timeout=60)

    assert (code, errors_of(process)) == (141, b"")


def test_interrupted_search_ends_quietly(full: Shop, tmp_path: Path) -> None:
    """Ctrl-C ends a search without a word, with the code that shells know it by."""
    stalling = Stalling(full.services)
    adding = partial(add_AccountServiceServicer_to_server, stalling)
    with serving_with(config_of(tmp_path), adding) as running:
        process = Commands(running.address).start(*CHUNKED)
        output_of(process).readline()
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
        stalling.released.set()

    assert (process.returncode, stderr) == (130, b"")


def test_timeout_ends_a_search(full: Shop, tmp_path: Path) -> None:
    """--timeout is the time of the whole search, which is unfinished when it runs out."""
    stalling = Stalling(full.services)

    result = run_against(stalling, tmp_path, *CHUNKED, "--timeout", "0.5")
    stalling.released.set()

    assert result.exit_code == 3
    assert "No answer came" in result.stderr
    assert "not finished" in result.stderr
